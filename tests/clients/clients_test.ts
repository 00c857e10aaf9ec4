/** The real Jina clients of two generations, unmodified, against our Flow. `deno task test:clients` runs this. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { AddOptions, FlowOptions } from "../../mod.ts";
import { Served } from "../flow/_serve.ts";
import { executorSource, FlowFixture } from "../support/flow_fixture.ts";
import { A, Fields } from "./_executors.ts";
import { CLIENTS, Scenario } from "./_python.ts";
import { Watched } from "./_watched.ts";

assert(CLIENTS.size > 0, "the Python clients are not set up: run `deno task test:clients`");

const PROTOCOLS = ["http", "websocket", "grpc"] as const;

/** A client of one generation, and how it talks to a Flow. */
class PythonClient {
  constructor(
    private readonly python: string,
    readonly version: string,
    readonly protocol: typeof PROTOCOLS[number],
  ) {}

  /** The options of a Flow that it can talk to. */
  get flow(): FlowOptions {
    return this.protocol === "grpc" ? { protocol: "grpc" } : {};
  }

  /** Runs a scenario with the Flow at a port. */
  begin(port: number, name: string): Scenario {
    return new Scenario(this.python, port, name, "scenario.py", this.protocol);
  }

  /** What a scenario answers that has a Flow of these Executors to itself. */
  // deno-lint-ignore no-explicit-any -- JSON as it came
  async play(name: string, adds: AddOptions | AddOptions[]): Promise<any> {
    await using served = await Served.start(adds, this.flow);
    await using scenario = this.begin(served.flow.port, name);
    return await scenario.answer();
  }
}

/** One test for each generation of the client and each protocol, unless it is none for that. */
function clientTest(
  name: string,
  run: (client: PythonClient) => Promise<void>,
  isFor: (client: PythonClient) => boolean = () => true,
): void {
  for (const [version, python] of CLIENTS) {
    for (const protocol of PROTOCOLS) {
      const client = new PythonClient(python, version, protocol);
      if (isFor(client)) Deno.test(`Jina ${version}, ${protocol}: ${name}`, () => run(client));
    }
  }
}

/** Whether the scenario's documents have all fields in the client's form: its class is made for JSON in 3.34. */
function hasEveryField({ version, protocol }: PythonClient): boolean {
  return version === "3.14" || protocol === "http";
}

const CHAIN: AddOptions[] = [{ uses: A, name: "a" }, { uses: A, name: "b" }];

clientTest("is_flow_ready() is true", async (client) => {
  assertEquals(await client.play("ready", { uses: A }), true);
});

clientTest("post() of one document", async (client) => {
  assertEquals(await client.play("one", { uses: A }), ">executor0");
});

clientTest("post() of 250 documents, in requests of 100 and of 7", async (client) => {
  const { counts, ids, texts } = await client.play("many", { uses: A });
  assertEquals([counts, ids, texts], [[250, 250], true, [">executor0"]]);
});

clientTest("post() of no documents", async (client) => {
  assertEquals(await client.play("none", { uses: A }), 0);
});

clientTest("parameters reach each Executor, with those that are meant for it alone", async (client) => {
  const text: string = await client.play("parameters", CHAIN);
  const [a, b] = text.trim().split("\n").map((line) => JSON.parse(line));
  const { limit, name, deep } = a;
  assertEquals([limit, name, deep], [7, "x", { list: [1.5, null] }]);
  assertEquals([b.limit, b.name, b.deep], [5, name, deep]);
});

clientTest("target_executor chooses Executors by the beginning of their names", async (client) => {
  assertEquals(await client.play("target", CHAIN), [">a", ">b", ">a>b", ""]);
});

clientTest("every field of a document arrives, and comes back", async (client) => {
  const { sent, back, seen } = await client.play("every_field", { uses: Fields });
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
}, hasEveryField);

clientTest("every field that an Executor sets arrives", async (client) => {
  const [first, second, third] = await client.play("filled", { uses: Fields });
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
}, hasEveryField);

clientTest("a dict result is found in the response's parameters", async (client) => {
  assertEquals(await client.play("results", { uses: Fields }), {
    "executor0/rep-0": { answer: 42, nested: { list: [1, 2.5, "x", null, true] } },
  });
});

clientTest("an Executor that raises is an error with its words and its name", async (client) => {
  const { error, message } = await client.play("raises", { uses: Fields });
  const isHttp = client.protocol === "http";
  assertEquals(error, isHttp ? "ValueError" : "BadServer");
  assertStringIncludes(message, "RangeError: no such model");
  assertStringIncludes(message, isHttp ? "'executor': 'Fields'" : 'executor: "Fields"');
});

clientTest("an endpoint that does not exist is an error", async (client) => {
  const { error, message } = await client.play("unknown", { uses: Fields });
  const isHttp = client.protocol === "http";
  assertEquals(error, isHttp ? "BadClient" : "BadServer");
  assertMatch(message, isHttp ? /no such endpoint/ : /no Executor binds the endpoint .*\/nowhere/);
});

clientTest("post() of generators, also of 2,500 documents, and with stream=False", async (client) => {
  assertEquals(await client.play("generators", { uses: A }), [[250, 250, 2500, 25], [">executor0"]]);
});

clientTest("post() calls back for each answer and each error, and goes on", async (client) => {
  const adds = [{ uses: Fields }, { uses: A, name: "a" }];
  assertEquals(await client.play("callbacks", adds), ["dadada", "eaeaea"]);
}, ({ protocol }) => protocol !== "http");

clientTest(
  "a deployment that is down is a ConnectionError with the reason, and the Flow not ready",
  async (client) => {
    const down = { uses: "./no_such_executor.ts", reload: true };
    const { error, message } = await client.play("one", down);
    assertEquals(error, "ConnectionError");
    assertMatch(message, /executor0 is down: .*no_such_executor\.ts/);
    assertEquals(await client.play("ready", down), false);
  },
);

clientTest("a reload between two calls of one client", async (client) => {
  await using fixture = await FlowFixture.make();
  const source = (text: string) => executorSource(text).replace("@requests()", '@requests({ on: "/foo" })');
  await fixture.folder.write("my_executor.ts", source("v1"));
  await fixture.serve({ uses: "my_executor.ts", reload: true }, client.flow);
  await using scenario = client.begin(fixture.port, "twice");
  assertEquals(await scenario.answer(), "v1");
  await fixture.folder.write("my_executor.ts", source("v2"));
  await fixture.log.waitFor(/version 2 serves/);
  await scenario.goOn();
  assertEquals(await scenario.answer(), "v2");
});

clientTest("endpoints are found through openapi.json", async (client) => {
  await using served = await Served.start({ uses: Fields });
  await using watched = new Watched(served.flow.port);
  await using scenario = client.begin(watched.port, "foo");
  assertEquals(await scenario.answer(), "foo");
  // The first generation does not ask.
  const asked = client.version === "3.14" ? ["POST /post 200"] : ["GET /openapi.json 200", "POST /foo 200"];
  assertEquals(watched.requests, asked);
}, ({ protocol }) => protocol === "http");
