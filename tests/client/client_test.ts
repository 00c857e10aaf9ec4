import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import {
  BadClientError,
  BadServerError,
  Client,
  ConnectionError,
  Document,
  DocumentArray,
  type Inputs,
  ResponseError,
} from "../../mod.ts";
import { A, B, Ex, OnlyFoo } from "../flow/_executors.ts";
import { Served } from "../flow/_serve.ts";
import { Slow } from "../flow/_slow.ts";

/** A server that notes each body it gets, and answers with its documents or with what it is told. */
function echo(answer?: () => Response): AsyncDisposable & { client: Client; bodies: Body[] } {
  const bodies: Body[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const text = await request.text();
    if (text === "") return new Response("something else");
    bodies.push(JSON.parse(text));
    return answer?.() ?? Response.json({ data: bodies[bodies.length - 1].data });
  });
  const client = new Client({ port: server.addr.port });
  return { client, bodies, [Symbol.asyncDispose]: () => server.shutdown() };
}

interface Body {
  readonly data: readonly { readonly id: string }[];
  readonly execEndpoint: string;
  readonly targetExecutor: string;
  readonly parameters: object;
}

function* many(count: number) {
  for (let index = 0; index < count; index++) yield { id: String(index) };
}

Deno.test("Client.post() sends chunks of requestSize, 100 by default, in order", async () => {
  await using server = echo();
  const sizes = async (count: number, requestSize?: number) => {
    server.bodies.length = 0;
    const docs = await server.client.post("/", many(count), { ...(requestSize && { requestSize }) });
    assertEquals(docs.map(({ id }) => id), [...many(count)].map(({ id }) => id));
    return server.bodies.map(({ data }) => data.length);
  };
  assertEquals(await sizes(250), [100, 100, 50]);
  assertEquals(await sizes(100), [100]);
  assertEquals(await sizes(5, 2), [2, 2, 1]);
  assertEquals(await sizes(0), [0], "no documents are one request all the same");
});

Deno.test("Client.post() throws when requestSize is no whole number from 1 up", async () => {
  for (const requestSize of [0, -1, 1.5, NaN]) {
    await assertRejects(
      () => new Client().post("/", [], { requestSize }),
      RangeError,
      `Cannot send ${requestSize}`,
    );
  }
});

Deno.test("Client.post() takes one document, arrays, and every kind of iterable", async () => {
  await using server = echo();
  async function* later() {
    yield* many(2);
    await Promise.resolve();
    yield new Document({ id: "2" });
  }
  const inputs: [Inputs, string[]][] = [
    [{ id: "a" }, ["a"]],
    [new Document({ id: "a" }), ["a"]],
    [DocumentArray.from([{ id: "a" }, { id: "b" }]), ["a", "b"]],
    [new Set([{ id: "a" }]), ["a"]],
    [many(3), ["0", "1", "2"]],
    [later(), ["0", "1", "2"]],
    [[], []],
  ];
  for (const [input, ids] of inputs) {
    const docs = await server.client.post("/", input);
    assert(docs instanceof DocumentArray);
    assertEquals(docs.map(({ id }) => id), ids);
  }
  assertEquals((await server.client.post("/")).length, 0);
});

Deno.test("Client.post() sends the first chunk of an async iterable before the rest is there", async () => {
  await using server = echo();
  let sentBefore = -1;
  async function* slowly() {
    yield* many(2);
    sentBefore = server.bodies.length;
    yield { id: "2" };
    await Promise.resolve();
  }
  await server.client.post("/", slowly(), { requestSize: 2 });
  assertEquals(sentBefore, 1);
});

Deno.test("Client.post() sends endpoint, parameters and targetExecutor with every request", async () => {
  await using server = echo();
  const parameters = { limit: 3, deep: { a: [1] } };
  await server.client.post("/search", many(2), { parameters, targetExecutor: "index", requestSize: 1 });
  for (const { execEndpoint, targetExecutor, parameters: sent } of server.bodies) {
    assertEquals([execEndpoint, targetExecutor, sent], ["/search", "index", parameters]);
  }
  assertEquals(server.bodies.length, 2);
});

Deno.test("Client.post() talks to a Flow: documents both ways, parameters, targetExecutor", async () => {
  await using served = await Served.start([{ uses: A, name: "a" }, { uses: B, name: "b" }]);
  const client = new Client({ port: served.flow.port, host: "localhost" });
  assertEquals((await client.post("/", { text: "hi" }))[0].text, "hi>A>B");
  assertEquals((await client.post("/", { text: "hi" }, { targetExecutor: "b" }))[0].text, "hi>B");
  const [doc] = await client.post("/tags", {}, { parameters: { x: 1, b__x: 2 }, targetExecutor: "b" });
  assertEquals(doc.text, '[["x",2]]');
  const full = new Document({
    text: "x",
    blob: Uint8Array.of(1, 2),
    embedding: Float32Array.of(0.5),
    tags: { a: [null] },
  });
  const [back] = await served.flow.post("/raise", full, { targetExecutor: "a" });
  assertEquals([back.id, back.blob, back.embedding], [full.id, Uint8Array.of(1, 2), Float64Array.of(0.5)]);
  assertEquals([back.text, back.tags], ["touched A", { a: [null] }]);
});

Deno.test("Client.post() throws a BadClientError with the Flow's words when it refuses the request", async () => {
  await using served = await Served.start({ uses: OnlyFoo }, { bodyLimit: 500 });
  const client = new Client({ port: served.flow.port });
  const unknown = await assertRejects(() => client.post("/fooo"), BadClientError);
  assertEquals([unknown.status, unknown instanceof ResponseError], [404, true]);
  assertMatch(unknown.message, /did you mean "\/foo"\?/);
  const bad = await assertRejects(() =>
    client.post("/foo", { text: 5n as unknown as string, tags: [] as never })
  );
  assert(bad instanceof TypeError, "what JSON cannot hold never leaves");
  const wrong = await assertRejects(() => client.post("/foo", { weight: "x" as never }), BadClientError);
  assertEquals([wrong.status, wrong.message], [422, "body.data.0.weight: value is not a valid float"]);
  const large = await assertRejects(() => client.post("/foo", { text: "x".repeat(500) }), BadClientError);
  assertEquals(large.status, 413);
});

Deno.test("Client.post() throws a BadServerError naming the Executor and the request when a handler throws", async () => {
  await using served = await Served.start({ uses: Ex });
  const error = await assertRejects(
    () => new Client({ port: served.flow.port }).post("/raise"),
    BadServerError,
  );
  assertEquals([error.status, error.executor, error.message], [500, "Ex", "ValueError: boom from executor"]);
  assertMatch(String(error.requestId), /^[0-9a-f]{32}$/);
});

Deno.test("Client.post() throws a BadServerError with the answer's text when it is no JSON", async () => {
  for (const status of [200, 502]) {
    await using server = echo(() => new Response("<html>proxy</html>", { status }));
    const error = await assertRejects(() => server.client.post("/"), BadServerError);
    assertEquals([error.status, error.message], [status, "<html>proxy</html>"]);
  }
});

Deno.test("Client.post() throws a ConnectionError naming the address when nothing listens there", async () => {
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  taken.close();
  const client = new Client({ port });
  const error = await assertRejects(() => client.post("/"), ConnectionError);
  assertMatch(
    error.message,
    new RegExp(`^Cannot reach a Flow at http://127\\.0\\.0\\.1:${port}: .*; is it running\\?$`),
  );
  assertEquals(await client.isFlowReady(), false);
});

Deno.test("Client.post() throws the signal's reason when it is aborted", async () => {
  await using served = await Served.start({ uses: Slow });
  const giveUp = new AbortController();
  const asked = served.flow.post("/wait", {}, { signal: giveUp.signal });
  const given = assertRejects(() => asked, Error, "enough");
  await served.log.waitFor(/ waits$/);
  giveUp.abort(new Error("enough"));
  await given;
});

Deno.test("Client.isFlowReady() is true when a Flow serves, and false when a deployment is down", async () => {
  await using served = await Served.start({ uses: Ex });
  assertEquals(await new Client({ port: served.flow.port }).isFlowReady(), true);
  await using down = await Served.start({ uses: "./no_such_executor.ts", reload: true });
  const client = new Client({ port: down.flow.port });
  assertEquals(await client.isFlowReady(), false);
  const error = await assertRejects(() => client.post("/"), BadServerError);
  assertEquals(error.status, 503);
  assertMatch(error.message, /^executor0 is down: .*no_such_executor\.ts/);
});

Deno.test("Client.isFlowReady() is false when something else answers", async () => {
  await using server = echo();
  assertEquals(await server.client.isFlowReady(), false);
});
