/** Client.stream(), against servers that do what the test says. */
import { assertEquals, assertMatch, assertRejects, assertStrictEquals } from "@std/assert";
import { BadClientError, BadServerError, Client, ConnectionError } from "../../mod.ts";
import { inTime } from "../support/in_time.ts";
import { echo, freePort, say, Sockets } from "./_servers.ts";

const TYPE = { "content-type": "text/event-stream" };
const update = (text: string) => `event: update\ndata: ${JSON.stringify({ text })}\n\n`;
const END = `event: end\ndata: {"header":{"requestId":"r"},"parameters":{"a":1}}\n\n`;

/** A server that answers each request with these pieces, one after the other; with `open`, and then nothing. */
function streaming(pieces: readonly string[], { open = false, status = 200 } = {}) {
  const gone = Promise.withResolvers<void>();
  const server = echo(() => {
    const bytes = new TextEncoder();
    let at = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (at < pieces.length) return controller.enqueue(bytes.encode(pieces[at++]));
        if (open) return new Promise(() => {});
        controller.close();
      },
      cancel: () => gone.resolve(),
    }, { highWaterMark: 0 });
    return new Response(body, { status, headers: TYPE });
  });
  return { ...server, gone: inTime(gone.promise, "The end of a connection") };
}

async function textsOf(stream: AsyncIterable<{ text: string }>): Promise<string[]> {
  return (await Array.fromAsync(stream)).map(({ text }) => text);
}

Deno.test("Client.stream() reads events however they are cut and framed", async () => {
  const whole = `: a comment\n\n${update("a\nb ä")}event:update\r\ndata:{\r\ndata: "text": "c"}\r\n\r\n` +
    `event: update\rdata: {"text":"d"}\r\revent: other\ndata: {}\n\nretry: 5\nid\n\n${END}`;
  for (const size of [1, 2, 3, 7, 1000]) {
    const pieces = whole.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
    await using server = streaming(pieces);
    assertEquals(await textsOf(server.client.stream("/", { text: "x" })), ["a\nb ä", "c", "d"], `by ${size}`);
  }
});

Deno.test("Client.stream() sends all inputs in one request, with parameters and target", async () => {
  await using server = streaming([END]);
  const inputs = Array.from({ length: 250 }, (_, n) => ({ id: String(n) }));
  const stream = server.client.stream("/on", inputs, { parameters: { a: 1 }, targetExecutor: "t" });
  const { done, value } = await stream.next();
  assertEquals([done, value], [true, { parameters: { a: 1 }, requestId: "r" }] as const);
  const [{ data, execEndpoint, parameters, targetExecutor }, ...others] = server.bodies;
  assertEquals([data.length, execEndpoint, parameters, targetExecutor, others], [
    250,
    "/on",
    { a: 1 },
    "t",
    [],
  ]);
});

Deno.test("Client.stream() closes the connection when its loop is left", async () => {
  await using server = streaming([update("a")], { open: true });
  for await (const { text } of server.client.stream("/", { text: "x" })) {
    assertEquals(text, "a");
    break;
  }
  await server.gone;
});

Deno.test("Client.stream() throws the signal's reason at once, and closes the connection", async () => {
  await using server = streaming([update("a")], { open: true });
  const abort = new AbortController();
  const stream = server.client.stream("/", { text: "x" }, { signal: abort.signal });
  await stream.next();
  const reason = new Error("enough");
  const next = stream.next();
  abort.abort(reason);
  assertStrictEquals(await assertRejects(() => next, Error), reason);
  await server.gone;
  const early = server.client.stream("/", { text: "x" }, { signal: AbortSignal.abort(reason) });
  assertStrictEquals(await assertRejects(() => early.next(), Error), reason);
});

Deno.test("Client.stream() gives up when it waits longer than timeout for a document; the loop's time is its own", async () => {
  await using server = streaming([update("a"), update("b")], { open: true });
  const texts: string[] = [];
  const loop = async () => {
    for await (const { text } of server.client.stream("/", { text: "x" }, { timeout: 100 })) {
      texts.push(text);
      const from = performance.now();
      while (performance.now() - from < 150) await new Promise((resolve) => setTimeout(resolve, 0));
    }
  };
  const error = await assertRejects(loop, ConnectionError, "within 100 ms");
  assertEquals(texts, ["a", "b"]);
  assertEquals((error.cause as Error).name, "TimeoutError");
  await server.gone;
});

Deno.test("Client.stream() throws typed errors for refusals, failures, and failures in the middle", async () => {
  const failure = {
    header: { requestId: "r", status: { description: "Error: boom", exception: { executor: "Ex" } } },
  };
  const event = (status: number) => `event: error\ndata: ${JSON.stringify({ status, ...failure })}\n\n`;
  for (
    const [pieces, status, before] of [[[update("a"), event(504)], 504, 1], [[event(500)], 500, 0]] as const
  ) {
    await using server = streaming(pieces, { status: before === 0 ? status : 200 });
    const stream = server.client.stream("/", { text: "x" });
    for (let n = 0; n < before; n++) assertEquals((await stream.next()).done, false);
    const error = await assertRejects(() => stream.next(), BadServerError, "Error: boom");
    assertEquals([error.status, error.executor, error.requestId], [status, "Ex", "r"]);
  }
  await using refusing = echo(() => Response.json({ detail: "no such thing" }, { status: 404 }));
  const refused = await assertRejects(
    () => refusing.client.stream("/", {}).next(),
    BadClientError,
    "no such",
  );
  assertEquals(refused.status, 404);
  await using odd = streaming(['event: update\ndata: {"tags":5}\n\n']);
  await assertRejects(() => odd.client.stream("/", {}).next(), BadServerError, "Cannot read a document");
});

Deno.test("Client.stream() takes a whole answer for a stream that comes at once", async () => {
  await using server = echo();
  assertEquals(await textsOf(server.client.stream("/", [{ text: "a" }, { text: "b" }])), ["a", "b"]);
});

Deno.test("Client.stream() throws when a stream breaks off, and does not try again", async () => {
  await using server = streaming([update("a")]);
  const stream = server.client.stream("/", { text: "x" });
  assertEquals((await stream.next()).done, false);
  assertMatch(
    (await assertRejects(() => stream.next(), ConnectionError)).message,
    /Cannot read the whole answer from .*: the stream ended early/,
  );
  assertEquals(server.bodies.length, 1);
  await using sockets = new Sockets(async (connection) => {
    const head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 1000\r\n\r\n";
    await say(connection, `${head}${update("a")}`);
  });
  const cut = new Client({ port: sockets.port }).stream("/", { text: "x" });
  assertEquals((await cut.next()).done, false);
  await assertRejects(() => cut.next(), ConnectionError, "Cannot read the whole answer");
  assertEquals(sockets.count, 1);
});

Deno.test("Client.stream() tries again while nothing answers, and says so at last", async () => {
  const client = new Client({ port: freePort() });
  await assertRejects(() => client.stream("/", {}, { retries: 1 }).next(), ConnectionError, "is it running?");
});

Deno.test("Client.stream() refuses at once what cannot be meant", () => {
  const client = new Client();
  for (const options of [{ requestSize: 5 }, { timeout: 0 }, { retries: -1 }] as object[]) {
    let error: unknown;
    try {
      client.stream("/", {}, options);
    } catch (thrown) {
      error = thrown;
    }
    assertMatch(String(error), /Cannot/);
  }
});
