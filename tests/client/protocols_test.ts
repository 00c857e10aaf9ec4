/** The Client against a Flow, over each protocol. */
import { assert, assertEquals, assertMatch, assertRejects, assertStrictEquals } from "@std/assert";
import {
  type AddOptions,
  type Answer,
  BadClientError,
  BadServerError,
  Client,
  type ClientProtocol,
  ConnectionError,
  Document,
  type FlowOptions,
  ResponseError,
} from "../../mod.ts";
import { A, B, Ex, OnlyFoo } from "../flow/_executors.ts";
import { Served } from "../flow/_serve.ts";
import { Slow } from "../flow/_slow.ts";
import { Streams } from "../flow/_streams.ts";
import { inTime } from "../support/in_time.ts";
import { freePort, many } from "./_servers.ts";

/** A Flow, and a Client for it. */
type Started = AsyncDisposable & { readonly served: Served; readonly client: Client };
type Start = (adds: AddOptions | AddOptions[], options?: FlowOptions) => Promise<Started>;

/** Runs a test over each protocol. The clients keep their connections for a moment. */
function each(name: string, fn: (start: Start, protocol: ClientProtocol) => Promise<void>): void {
  for (const protocol of ["http", "grpc", "websocket"] as const) {
    const start: Start = async (adds, options) => {
      const served = await Served.start(adds, {
        protocol: protocol === "grpc" ? "grpc" : "http",
        ...options,
      });
      const client = new Client({ port: served.flow.port, protocol });
      return { served, client, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() };
    };
    Deno.test({
      name: `${protocol}: ${name}`,
      fn: () => fn(start, protocol),
      sanitizeResources: protocol === "http",
      sanitizeOps: protocol === "http",
    });
  }
}

each("Client.post() sends many documents in several requests, and keeps their order", async (start) => {
  await using flow = await start({ uses: A, replicas: 2 });
  const indices = new Set<number>();
  const docs = await flow.client.post("/", many(1_000), {
    requestSize: 7,
    concurrency: 8,
    onDone: (_, { index }) => indices.add(index),
  });
  assertEquals(docs.map(({ id }) => id), [...many(1_000)].map(({ id }) => id));
  assertEquals(new Set(docs.map(({ text }) => text)), new Set([">A"]));
  assertEquals(indices.size, 143);
  assertEquals((await flow.client.post("/")).length, 0);
});

each("Client.post() sends every field of a document, and gets it back", async (start, protocol) => {
  await using flow = await start({ uses: Ex });
  const full = new Document({
    text: "x",
    mimeType: "text/plain",
    uri: "https://example.com/",
    embedding: Float32Array.of(0.5, -1),
    tags: { a: [null, 1.5, { b: "c" }], t: true },
    weight: 0.5,
    scores: { cos: { value: 0.25, opName: "o", description: "d", refId: "r" } },
    location: [1, 2],
    chunks: [{ text: "chunk", tensor: [Float64Array.of(1, 2), Float64Array.of(3, 4)] }],
    matches: [{ id: "m", blob: Uint8Array.of(0, 255) }],
  });
  const [back] = await flow.client.post("/echo", full);
  const exact = protocol === "http" ? Float64Array : Float32Array;
  assertEquals(back.embedding, exact.of(0.5, -1));
  assertEquals(back.chunks[0].tensor, full.chunks[0].tensor);
  assertEquals(back.matches[0].blob, full.matches[0].blob);
  assertEquals(
    JSON.parse(JSON.stringify(back)),
    JSON.parse(JSON.stringify((await flow.client.post("/echo", full))[0])),
  );
  for (const name of ["id", "text", "mimeType", "uri", "tags", "weight", "scores", "location"] as const) {
    assertEquals(back[name], full[name], name);
  }
});

each("Client.post() sends parameters and targetExecutor, and gets results", async (start) => {
  await using flow = await start([{ uses: A, name: "a" }, { uses: B, name: "b" }]);
  const { client } = flow;
  assertEquals((await client.post("/", { text: "hi" }, { targetExecutor: "b" }))[0].text, "hi>B");
  const [doc] = await client.post("/tags", {}, { parameters: { x: 1, b__x: 2 }, targetExecutor: "b" });
  assertEquals(doc.text, '[["x",2]]');
  const answers: Answer[] = [];
  await client.post("/dict", {}, { parameters: { y: null }, onDone: (answer) => answers.push(answer) });
  const results = { "a/rep-0": { from: "A" }, "b/rep-0": { from: "B" } };
  assertEquals(answers.map(({ parameters }) => parameters), [{ y: null, __results__: results }]);
});

each("Client.post() throws typed errors", async (start, protocol) => {
  await using flow = await start({ uses: Ex });
  const raised = await assertRejects(() => flow.client.post("/raise"), BadServerError);
  assertEquals([raised.status, raised.executor, raised.message], [
    500,
    "Ex",
    "ValueError: boom from executor",
  ]);
  assertMatch(String(raised.requestId), /^[0-9a-f]{32}$/);
  await using other = await start({ uses: OnlyFoo }, { bodyLimit: 500 });
  const unbound = await assertRejects(() => other.client.post("/fooo"), BadClientError);
  assertEquals(unbound.status, 404);
  assertMatch(unbound.message, /did you mean "\/foo"\?/);
  const long = { text: "x".repeat(1_000) };
  const large = await assertRejects(() => other.client.post("/foo", long, { retries: 0 }), ResponseError);
  assertEquals(large.status, 413);
  await using late = await start({ uses: Slow }, { timeout: 100 });
  const { status } = await assertRejects(() => late.client.post("/wait"), BadServerError);
  // A message of a WebSocket has no status beside the error.
  assertEquals(status, protocol === "websocket" ? 500 : 504);
});

each("Client.post() tells onError which requests failed; the others continue", async (start) => {
  await using flow = await start({ uses: Ex });
  const failed = new Map<string, string | undefined>();
  const calls: string[] = [];
  const docs = await flow.client.post("/raise", many(3), {
    requestSize: 1,
    concurrency: 1,
    onError: (error, { requestId }) => (calls.push("error"), failed.set(requestId, error.requestId)),
    onAlways: ({ index }) => calls.push(`always ${index}`),
  });
  assertEquals([docs.length, failed.size], [0, 3]);
  assertEquals([...failed.keys()], [...failed.values()]);
  assertEquals(calls, ["error", "always 0", "error", "always 1", "error", "always 2"]);
});

each("Client.post() aborts the requests in flight, and their handlers are told", async (start) => {
  await using flow = await start({ uses: Slow });
  const { log } = flow.served;
  const abort = new AbortController();
  const posted = flow.client.post("/wait", many(9), { requestSize: 1, concurrency: 3, signal: abort.signal });
  let mark = 0;
  const waiting = new Set<string>();
  while (waiting.size < 3) {
    const { message } = await log.waitFor(/ waits$/, mark);
    waiting.add(message);
    mark = log.records.findIndex((record) => record.message === message) + 1;
  }
  const reason = new Error("enough");
  abort.abort(reason);
  assertStrictEquals(await posted.catch((error) => error), reason);
  for (const message of waiting) await log.waitFor(new RegExp(`${message.split(" ")[0]} was given up`));
});

each("Client.post() throws a ConnectionError after its timeout, and the handler is told", async (start) => {
  await using flow = await start({ uses: Slow });
  // Connected by now, so that the request is in the handler before its time is over.
  assertEquals(await flow.client.isFlowReady(), true);
  const error = await assertRejects(() => flow.client.post("/wait", {}, { timeout: 500 }), ConnectionError);
  assertMatch(error.message, /^Cannot get an answer from \S+:\d+ within 500 ms: .*`timeout`$/);
  assert(error.cause instanceof DOMException && error.cause.name === "TimeoutError");
  await flow.served.log.waitFor(new RegExp(`${error.requestId} was given up`));
});

each("Client.post() reaches a Flow that starts meanwhile", async (start, protocol) => {
  const port = freePort();
  const client = new Client({ port, protocol });
  assertEquals(await client.isFlowReady(), false);
  const posted = client.post("/", { text: "x" }, { retries: 100 });
  await using _flow = await start({ uses: Ex }, { port });
  assertEquals((await inTime(posted, "the answer"))[0].text, "default:x");
});

each("Client.isFlowReady() is false while a deployment is down", async (start) => {
  await using flow = await start({ uses: Ex });
  assertEquals(await flow.client.isFlowReady(), true);
  await using down = await start({ uses: "./no_such_executor.ts", reload: true });
  assertEquals(await down.client.isFlowReady(), false);
  const error = await assertRejects(() => down.client.post("/"), BadServerError);
  assertEquals(error.status, 503);
  assertMatch(error.message, /^executor0 is down: .*no_such_executor\.ts/);
});

each("Client.stream() yields the documents of a generator", async (start, protocol) => {
  await using flow = await start({ uses: Streams });
  const options = { parameters: { n: 10 } };
  const docs = await Array.fromAsync(flow.client.stream("/count", { text: "t" }, options));
  assertEquals(docs.map(({ text }) => text), Array.from({ length: 10 }, (_, n) => `t${n}\n`));
  assertEquals(await Array.fromAsync(flow.client.stream("/none", {})), []);
  const several = await Array.fromAsync(flow.client.stream("/sync", [{ text: "a" }, { text: "b" }]));
  assertEquals(several.map(({ text }) => text), ["a", "b", "last"]);
  if (protocol === "websocket") return;
  const stream = flow.client.stream("/endless", {});
  for (let n = 0; n < 100; n++) assertEquals((await stream.next()).done, false);
  await stream.return({ parameters: {}, requestId: "" });
  const broken = flow.client.stream("/throws", {});
  assertEquals((await broken.next()).done, false);
  const error = await assertRejects(() => broken.next(), BadServerError, "in the middle");
  assertEquals([error.status, error.executor], [500, "Streams"]);
});
