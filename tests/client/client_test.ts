import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import {
  BadClientError,
  BadServerError,
  Client,
  type ClientOptions,
  Document,
  DocumentArray,
  type Inputs,
  type PostOptions,
  ResponseError,
} from "../../mod.ts";
import { echo, many } from "./_servers.ts";
import { A, B, Ex, OnlyFoo } from "../flow/_executors.ts";
import { Served } from "../flow/_serve.ts";

Deno.test("Client.post() sends chunks of requestSize, 100 by default, in order", async () => {
  await using server = echo();
  const sizes = async (count: number, requestSize?: number) => {
    server.bodies.length = 0;
    const docs = await server.client.post("/", many(count), { ...(requestSize && { requestSize }) });
    assertEquals(docs.map(({ id }) => id), [...many(count)].map(({ id }) => id));
    return server.bodies.map(({ data }) => data.length).sort((a, b) => b - a);
  };
  assertEquals(await sizes(250), [100, 100, 50]);
  assertEquals(await sizes(100), [100]);
  assertEquals(await sizes(5, 2), [2, 2, 1]);
  assertEquals(await sizes(0), [0], "no documents are one request all the same");
});

Deno.test("Client.post() rejects invalid options, naming the expected value", async () => {
  const client = new Client();
  for (const number of [0, -1, 1.5, NaN]) {
    await assertRejects(
      () => client.post("/", [], { requestSize: number }),
      RangeError,
      `Cannot send ${number}`,
    );
    await assertRejects(
      () => client.post("/", [], { concurrency: number }),
      RangeError,
      `Cannot send ${number} requests`,
    );
    if (number === 0) continue;
    await assertRejects(
      () => client.post("/", [], { retries: number }),
      RangeError,
      `Cannot retry a request`,
    );
  }
  await assertRejects(() => client.post("/", [], { timeout: 0 }), RangeError, "Cannot wait 0 ms");
  await assertRejects(() => client.isFlowReady({ timeout: -1 }), RangeError, "Cannot wait -1 ms");
  const odd = { onDoen: () => {} } as PostOptions;
  await assertRejects(() => client.post("/", [], odd), TypeError, 'did you mean "onDone"?');
  assertThrows(() => new Client({ prot: 1 } as ClientOptions), TypeError, 'did you mean "port"?');
  assertThrows(() => new Client({ port: 70_000 }), TypeError, "http://127.0.0.1:70000");
  assertThrows(() => new Client({ host: "http://here" }), TypeError, "expected a host name or address");
});

Deno.test("Client.post() throws when an input is no document, naming it", async () => {
  const client = new Client();
  for (const inputs of ["hello", 5, null] as unknown as Inputs[]) {
    await assertRejects(
      () => client.post("/", inputs),
      TypeError,
      `Cannot send "${inputs}": expected a Document`,
    );
  }
  for (const item of ["hello", undefined]) {
    const inputs = [item] as unknown as Inputs;
    await assertRejects(
      () => client.post("/", inputs),
      TypeError,
      `Cannot send "${item}": expected a Document`,
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

Deno.test("Client.post() throws a BadServerError with the answer's text when it is not what a Flow answers", async () => {
  for (const text of ["<html>proxy</html>", "null", "5"]) {
    for (const status of [200, 502]) {
      await using server = echo(() => new Response(text, { status }));
      const error = await assertRejects(() => server.client.post("/"), BadServerError);
      assertEquals([error.status, error.message, error.requestId], [
        status,
        text,
        server.bodies[0].header.requestId,
      ]);
    }
  }
  await using server = echo(() => Response.json({ data: [{ tags: 5 }] }));
  const error = await assertRejects(() => server.client.post("/"), BadServerError);
  assertEquals([error.status, error.message.includes("0.tags")], [200, true]);
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

/** What JSON would lose, with what is said of it. */
const LOST: Record<string, readonly [inputs: Inputs, options: PostOptions, said: string]> = {
  "NaN in a weight": [[{}, { weight: NaN }], {}, "docs[1].weight: expected a finite number, not NaN"],
  "NaN in an embedding": [
    { embedding: [1, NaN] },
    {},
    "docs[0].embedding: expected an array of finite numbers",
  ],
  "Infinity in tags": [{ tags: { a: [Infinity] } }, {}, "docs[0].tags.a[0]: expected a finite number"],
  "a Map in tags": [{ tags: { "a b": new Map() } }, {}, 'docs[0].tags["a b"]: '],
  "a Map for tags": [{ tags: new Map() as never }, {}, "docs[0].tags: "],
  "a BigInt in tags": [{ tags: { big: 1n } }, {}, "docs[0].tags.big: "],
  "NaN in a score": [
    { scores: { cos: { value: NaN } } },
    {},
    "docs[0].scores.cos.value: expected a finite number",
  ],
  "Infinity in parameters": [
    [],
    { parameters: { a: { b: -Infinity } } },
    "parameters.a.b: expected a finite number",
  ],
  "a Map for parameters": [[], { parameters: new Map() as never }, "parameters: "],
  "an invalid Date": [[], { parameters: { at: new Date(NaN) } }, "parameters.at: expected a valid Date"],
  "a pattern for targetExecutor": [[], { targetExecutor: /x/ as never }, "targetExecutor: "],
};

for (const [what, [inputs, options, said]] of Object.entries(LOST)) {
  Deno.test(`Client sends nothing and names the place when there is ${what}`, async () => {
    await using server = echo();
    await assertRejects(() => server.client.post("/", inputs, options), TypeError, `Cannot send ${said}`);
    const stream = async () => await server.client.stream("/", inputs, options).next();
    await assertRejects(stream, TypeError, `Cannot send ${said}`);
    assertEquals(server.bodies, []);
  });
}

Deno.test("Client.post() counts the documents of all requests when it names one of them", async () => {
  await using server = echo();
  function* inputs() {
    yield* many(250);
    yield { tags: { a: [0, { b: NaN }] } };
  }
  const error = await assertRejects(() => server.client.post("/", inputs()), TypeError);
  assertEquals(error.message, "Cannot send docs[250].tags.a[1].b: expected a finite number, not NaN");
});

Deno.test("Client.post() throws when an input is a Promise, or a list of documents", async () => {
  const client = new Client();
  const inputs = { "a Promise": [Promise.resolve({})], '[{"id":"a"}]': [[{ id: "a" }]] };
  for (const [name, input] of Object.entries(inputs)) {
    const post = () => client.post("/", input as unknown as Inputs);
    await assertRejects(
      post,
      TypeError,
      `Cannot create a Document from ${name}: expected a Document or its fields`,
    );
  }
});
