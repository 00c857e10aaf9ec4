/** The real Jina clients of two generations, unmodified, against our Flow. `deno task test:clients` runs this. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { AddOptions } from "../../mod.ts";
import { Served } from "../flow/_serve.ts";
import { executorSource, FlowFixture } from "../support/flow_fixture.ts";
import { A, Fields } from "./_executors.ts";
import { CLIENTS, Scenario } from "./_python.ts";
import { Watched } from "./_watched.ts";

assert(CLIENTS.size > 0, "the Python clients are not set up: run `deno task test:clients`");

/** One test for each generation of the client. */
function clientTest(name: string, run: (python: string, version: string) => Promise<void>): void {
  for (const [version, python] of CLIENTS) {
    Deno.test(`Jina ${version}: ${name}`, () => run(python, version));
  }
}

/** What a scenario answers that has a Flow of these Executors to itself. */
// deno-lint-ignore no-explicit-any -- JSON as it came
async function play(python: string, name: string, adds: AddOptions | AddOptions[]): Promise<any> {
  await using served = await Served.start(adds);
  await using scenario = new Scenario(python, served.flow.port, name);
  return await scenario.answer();
}

const CHAIN: AddOptions[] = [{ uses: A, name: "a" }, { uses: A, name: "b" }];

clientTest("is_flow_ready() is true", async (python) => {
  assertEquals(await play(python, "ready", { uses: A }), true);
});

clientTest("post() of one document", async (python) => {
  assertEquals(await play(python, "one", { uses: A }), ">executor0");
});

clientTest("post() of 250 documents, in requests of 100 and of 7", async (python) => {
  const { counts, ids, texts } = await play(python, "many", { uses: A });
  assertEquals([counts, ids, texts], [[250, 250], true, [">executor0"]]);
});

clientTest("post() of no documents", async (python) => {
  assertEquals(await play(python, "none", { uses: A }), 0);
});

clientTest("parameters reach each Executor, with those that are meant for it alone", async (python) => {
  const text: string = await play(python, "parameters", CHAIN);
  const [a, b] = text.trim().split("\n").map((line) => JSON.parse(line));
  const { limit, name, deep } = a;
  assertEquals([limit, name, deep], [7, "x", { list: [1.5, null] }]);
  assertEquals([b.limit, b.name, b.deep], [5, name, deep]);
});

clientTest("target_executor chooses Executors by the beginning of their names", async (python) => {
  assertEquals(await play(python, "target", CHAIN), [">a", ">b", ">a>b", ""]);
});

clientTest("every field of a document arrives, and comes back", async (python) => {
  const { sent, back, seen } = await play(python, "every_field", { uses: Fields });
  assertEquals(back, sent);
  const [first, blob, tensor] = seen;
  const { id, chunks, matches, ...rest } = first;
  assertEquals(rest, {
    text: "hello",
    mimeType: "text/plain",
    weight: 0.5,
    uri: "https://example.com/a",
    tags: { price: 2.5, of: { list: ["x", null, true] }, ["__proto__"]: "data" },
    offset: 1.5,
    location: [0.5, 2.5],
    modality: "text",
    parentId: "parent",
    granularity: 1,
    adjacency: 2,
    embedding: ["Float64Array", [0.5, -1.5, 2.25]],
    scores: { cosine: { value: 0.75, opName: "cos", description: "near", refId: "r" } },
    evaluations: { recall: { value: 0.25 } },
  });
  assertEquals([id, chunks[0].text, chunks[0].embedding], [sent[0].id, "chunk", ["Float64Array", [0.5]]]);
  assertEquals([chunks[0].parentId, chunks[0].granularity], [id, 2]);
  assertEquals([matches[0].text, matches[0].adjacency], ["match", 3]);
  assertEquals(matches[0].chunks[0].text, "chunk of match");
  assertEquals(blob.blob, ["Uint8Array", Array.from({ length: 256 }, (_, byte) => byte)]);
  assertEquals(tensor.tensor, [
    ["Float64Array", [0.5, 1.5]],
    ["Float64Array", [2.5, 3.5]],
    ["Float64Array", [4.5, 5.5]],
  ]);
});

clientTest("every field that an Executor sets arrives", async (python) => {
  const [first, second, third] = await play(python, "filled", { uses: Fields });
  const { id: _, matches, ...rest } = first;
  assertEquals(rest, {
    text: "filled",
    mime_type: "text/plain",
    weight: 0.5,
    uri: "https://example.com/b",
    tags: { price: 2.5, of: { list: ["y", null, true] } },
    offset: 1.5,
    location: [0.5, 2.5],
    modality: "text",
    parent_id: "parent",
    granularity: 1,
    adjacency: 2,
    embedding: { shape: [2], values: [0.5, -1.5] },
    scores: { cosine: { value: 0.75, op_name: "cos", description: "near", ref_id: "r" } },
    evaluations: { recall: { value: 0.25 } },
  });
  const [match] = matches;
  assertEquals([match.id, match.text, match.embedding], ["match", "found", { shape: [1], values: [0.1] }]);
  assertEquals(second.blob, [0, 255, 128]);
  assertEquals(third.tensor, { shape: [1, 2, 2], values: [[[0.5, 1], [2, 3]]] });
});

clientTest("a dict result is found in the response's parameters", async (python) => {
  assertEquals(await play(python, "results", { uses: Fields }), {
    "executor0/rep-0": { answer: 42, nested: { list: [1, 2.5, "x", null, true] } },
  });
});

clientTest("an Executor that raises is a ValueError with its words and its name", async (python) => {
  const { error, message } = await play(python, "raises", { uses: Fields });
  assertEquals(error, "ValueError");
  assertStringIncludes(message, "RangeError: no such model");
  assertStringIncludes(message, "'executor': 'Fields'");
});

clientTest("an endpoint that does not exist is a BadClient", async (python) => {
  const { error, message } = await play(python, "unknown", { uses: Fields });
  assertEquals(error, "BadClient");
  assertMatch(message, /no such endpoint/);
});

clientTest(
  "a deployment that is down is a ConnectionError with the reason, and the Flow not ready",
  async (python) => {
    const down = { uses: "./no_such_executor.ts", reload: true };
    const { error, message } = await play(python, "one", down);
    assertEquals(error, "ConnectionError");
    assertMatch(message, /^executor0 is down: .*no_such_executor\.ts/);
    assertEquals(await play(python, "ready", down), false);
  },
);

clientTest("a reload between two calls of one client", async (python) => {
  await using fixture = await FlowFixture.make();
  const source = (text: string) => executorSource(text).replace("@requests()", '@requests({ on: "/foo" })');
  await fixture.folder.write("my_executor.ts", source("v1"));
  await fixture.serve({ uses: "my_executor.ts", reload: true });
  await using scenario = new Scenario(python, fixture.port, "twice");
  assertEquals(await scenario.answer(), "v1");
  await fixture.folder.write("my_executor.ts", source("v2"));
  await fixture.log.waitFor(/version 2 serves/);
  await scenario.goOn();
  assertEquals(await scenario.answer(), "v2");
});

clientTest("endpoints are found through openapi.json", async (python, version) => {
  await using served = await Served.start({ uses: Fields });
  await using watched = new Watched(served.flow.port);
  await using scenario = new Scenario(python, watched.port, "foo");
  assertEquals(await scenario.answer(), "foo");
  // The first generation does not ask.
  const asked = version === "3.14" ? ["POST /post 200"] : ["GET /openapi.json 200", "POST /foo 200"];
  assertEquals(watched.requests, asked);
});
