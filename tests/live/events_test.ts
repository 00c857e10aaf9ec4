/** The stream itself, and what comes of requests, samples and the Flow's YAML. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Flow, type FlowOptions } from "../../mod.ts";
import { ADDER, FLOW, flowOf, yamlTest } from "../flow_yaml/_serving.ts";
import { Streams } from "../flow/_streams.ts";
import { A } from "../flow/_executors.ts";
import { Served } from "../flow/_serve.ts";
import { inTime } from "../support/in_time.ts";
import { PACKAGE } from "../support/flow_fixture.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { EventReader } from "./_reader.ts";

Deno.test("GET /events gives a client that comes back what it has missed, and no more", async () => {
  await using served = await Served.start({ uses: A, name: "a" });
  const seen = async (lastId?: string) => {
    await using reader = await EventReader.open(served.at("/"), lastId);
    const { id } = await reader.next("sample");
    return { id, kinds: reader.events.map(({ kind }) => kind), ids: reader.events.map(({ id }) => id) };
  };
  const first = await seen();
  assertEquals(first.kinds.at(0), "hello");
  await using other = await EventReader.open(served.at("/"));
  await other.next("sample", ({ at }) => at > "", 1);
  const second = await seen(first.id);
  assertEquals(second.kinds.includes("hello"), false);
  const numbers = [...first.ids, ...second.ids].map((id) => Number(id.split("-")[1]));
  assertEquals(numbers, numbers.map((_, index) => index));
  for (const id of ["other-1", first.id.replace(/\d+$/, "999999"), "x"]) {
    assertEquals((await seen(id)).kinds.at(0), "hello", id);
  }
});

/** An Executor that fills the log. */
const LOUD = `import { Executor, requests } from ${JSON.stringify(PACKAGE)};
export class Loud extends Executor {
  @requests({ on: "/x" }) say() { for (let line = 0; line < 100; line++) this.logger.info("x".repeat(8_000)); }
}
`;

Deno.test("GET /events disconnects a reader that does not read; it can come back, and others go on", async () => {
  await using folder = await TempFolder.make();
  await using served = await Served.start({ uses: await folder.write("loud.ts", LOUD) });
  const slow = (await fetch(served.at("/events"))).body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = (await slow.read()).value ?? "";
  await using reader = await EventReader.open(served.at("/"));
  await reader.next("hello");
  // 16 MB: more than the buffers of the system and the queue take.
  for (let round = 0; round < 20; round++) await served.post("/x", { data: [{}] });
  const last = await reader.next("sample", undefined, reader.events.length);
  for (let part = await slow.read(); !part.done; part = await slow.read()) text += part.value;
  const ids = Array.from(text.matchAll(/^id: \w+-(\d+)$/gm), ([, number]) => Number(number));
  assertEquals(ids, ids.map((_, index) => index));
  assert(ids.length < Number(last.id.split("-")[1]), "it has got everything");
});

Deno.test("GET /events says when a stream begins and ends, also when the body names its endpoint", async () => {
  await using served = await Served.start({ uses: Streams, name: "streams" });
  await using reader = await EventReader.open(served.at("/"));
  await reader.next("hello");
  const headers = { "content-type": "application/json", accept: "text/event-stream" };
  const body = JSON.stringify({
    execEndpoint: "/count",
    header: { requestId: "mine" },
    parameters: { n: 3 },
  });
  await (await fetch(served.at("/post"), { method: "POST", headers, body })).text();
  const begun = await reader.next("stream", ({ state }) => state === "begun");
  const ended = await reader.next("stream", ({ state }) => state === "ended");
  assertEquals([begun.request, begun.endpoint], ["mine", "/count"]);
  assertEquals([ended.request, ended.endpoint, ended.outcome], ["mine", "/count", "done"]);
  assert((ended.ms ?? 0) > 0);
  await served.post("/plain", { data: [{}] });
  assertEquals(reader.events.filter(({ kind }) => kind === "stream").length, 2);
});

/** An Executor that logs before and after it waits, and in a generator. */
const TELLS = `import { Executor, requests } from ${JSON.stringify(PACKAGE)};
export class Tells extends Executor {
  setup() { this.logger.info("set up"); }
  @requests({ on: "/wait" }) async wait() {
    this.logger.info("before");
    await new Promise((resolve) => setTimeout(resolve));
    this.logger.info("after");
  }
  @requests({ on: "/stream" }) async *stream() {
    yield { text: "one" };
    this.logger.info("streaming");
  }
}
`;

Deno.test("GET /events has the request's id with each line that its handlers log", async () => {
  await using folder = await TempFolder.make();
  const uses = await folder.write("tells.ts", TELLS);
  await using served = await Served.start([{ uses, name: "one" }, { uses, name: "two" }]);
  await using reader = await EventReader.open(served.at("/"));
  await reader.next("hello");
  const ids = ["a", "b", "c"];
  await Promise.all(
    ids.map((requestId) => served.post("/post", { execEndpoint: "/wait", header: { requestId } })),
  );
  await served.post("/post", { execEndpoint: "/stream", header: { requestId: "d" } });
  await reader.next("log", ({ name, message }) => name === "two/rep-0" && message === "streaming");
  const lines = reader.events.filter((event) => event.kind === "log");
  const of = (id: string) =>
    lines.filter(({ request }) => request === id).map(({ name, message }) => `${name} ${message}`);
  for (const id of ids) {
    assertEquals(of(id), ["one/rep-0 before", "one/rep-0 after", "two/rep-0 before", "two/rep-0 after"], id);
  }
  assertEquals(of("d"), ["one/rep-0 streaming", "two/rep-0 streaming"]);
});

Deno.test("GET /events has a sample each second of what was done in it", async () => {
  await using served = await Served.start({ uses: Streams, name: "streams" });
  await served.post("/plain", { data: [{}] });
  await using reader = await EventReader.open(served.at("/"));
  await reader.next("hello");
  await Promise.all(Array.from({ length: 8 }, () => served.post("/plain", { data: [{}, {}] })));
  assertEquals((await served.post("/throws-first", { data: [{}] })).status, 500);
  const { requests, deployments, seconds, memory } = await reader.next(
    "sample",
    ({ requests }) => requests.count > 0,
  );
  assertEquals([requests.count, requests.errors], [9, 1]);
  const { count, errors, documents, p50 = 0, p95 = 0 } = deployments.streams;
  assertEquals([count, errors, documents], [9, 1, 17]);
  assert(p50 > 0 && p95 >= p50 && memory > 1, JSON.stringify({ p50, p95, memory }));
  assert(seconds > 0.9 && seconds < 5, String(seconds));
  const quiet = await reader.next("sample", ({ requests }) => requests.count === 0);
  assertEquals([quiet.requests, quiet.deployments], [{ count: 0, errors: 0 }, {}]);
});

yamlTest(
  "GET /events has the status again when the Flow's YAML is applied, or cannot be",
  async (fixture) => {
    const path = await fixture.folder.write(FLOW, flowOf(["name: a"]));
    await using flow = await Flow.load(path, { port: 0, reload: true, log: fixture.log.sink });
    await flow.start();
    await using reader = await EventReader.open(`http://127.0.0.1:${flow.port}`);
    await reader.next("hello");
    await fixture.folder.write(FLOW, flowOf(["name: a", "name: b"]));
    const { status } = await reader.next("status", ({ status }) => status.deployments.length === 2);
    assertEquals([status.deployments.map(({ name }) => name), status.lastError], [["a", "b"], null]);
    // The modules of what is new are followed, too.
    await fixture.folder.write("adder/adder.ts", ADDER.replace("this.count = 0", "this.count = 1 - 1"));
    const load = await reader.next(
      "load",
      ({ deployment, cause }) => deployment === "b" && cause === "reload",
    );
    assertMatch(load.files[0].diff!, /^-.*this\.count = 0.*\n\+.*this\.count = 1 - 1/m);
    await fixture.folder.write(FLOW, flowOf(["nmae: a"]));
    const refused = await reader.next("status", ({ status }) => status.lastError !== null);
    assertEquals(refused.status.lastError?.problems[0].path, "executors[0].nmae");
    // A later reader gets nothing of what was removed.
    const from = reader.events.length;
    await fixture.folder.write(FLOW, flowOf(["name: b"]));
    await reader.next("status", ({ status }) => status.deployments.length === 1, from);
    await using late = await EventReader.open(`http://127.0.0.1:${flow.port}`);
    const { loads } = await late.next("hello");
    assertEquals([...new Set(loads.map(({ deployment }) => deployment))], ["b"]);
  },
);

Deno.test("Flow.close() ends the stream at once, and a reader that comes later gets 503 or no answer", async () => {
  const served = await Served.start({ uses: A, name: "a" });
  const url = served.at("/");
  await using reader = await EventReader.open(url);
  await reader.next("hello");
  const startedAt = performance.now();
  await served.flow.close();
  assert(performance.now() - startedAt < 2_000);
  await inTime(reader.ended, "the end of the stream");
  const late = await EventReader.open(url).catch(() => undefined);
  assert(late === undefined || late.response.status === 503);
});

Deno.test("GET /events is there by flow.fetch, and ends with the Flow", async () => {
  const flow = await new Flow({ listen: false, page: true, log: () => {} }).add({ uses: A, name: "a" })
    .start();
  const { body, status } = await flow.fetch(new Request("http://localhost/events"));
  const text = body!.pipeThrough(new TextDecoderStream()).getReader();
  assertEquals(status, 200);
  assertMatch((await text.read()).value!, /^retry: \d+\n\nid: \w+-0\nevent: hello\n/);
  await flow.close();
  while (!(await text.read()).done);
});

Deno.test("page: false serves no events, nor does a host that is not local without page: true", async () => {
  const statusOf = async (options: { host?: string; page?: boolean }) => {
    await using served = await Served.start({ uses: A, name: "a" }, options);
    const response = await fetch(served.at("/events"));
    await response.body?.cancel();
    return [response.status, served.flow.status().page];
  };
  assertEquals(await statusOf({ page: false }), [404, false]);
  assertEquals(await statusOf({ host: "0.0.0.0" }), [404, false]);
  assertEquals(await statusOf({ host: "0.0.0.0", page: true }), [200, true]);
});

Deno.test("flow.fetch serves the page and its events only with page: true, whatever host a client names", async () => {
  const statusOf = async (options: FlowOptions) => {
    await using flow = await new Flow({ log: () => {}, ...options }).add({ uses: A, name: "a" }).start();
    const response = await flow.fetch(new Request("http://localhost/events"));
    await response.body?.cancel();
    return response.status;
  };
  assertEquals(await statusOf({ port: 0 }), 404);
  assertEquals(await statusOf({ listen: false }), 404);
  assertEquals(await statusOf({ listen: false, page: true }), 200);
});

yamlTest("page can be set in the Flow's YAML", async ({ folder }) => {
  const path = await folder.write(FLOW, flowOf(["name: a"], "{ page: false }"));
  await using flow = await (await Flow.load(path, { port: 0, log: () => {} })).start();
  const response = await fetch(`http://127.0.0.1:${flow.port}/events`);
  await response.body?.cancel();
  assertEquals([response.status, flow.status().page], [404, false]);
});

Deno.test("HOTFLOW_EDITOR chooses the links; one that would run in the page is refused with a warning", async () => {
  const editorOf = async (value: string) => {
    Deno.env.set("HOTFLOW_EDITOR", value);
    try {
      await using served = await Served.start({ uses: A, name: "a" });
      await using reader = await EventReader.open(served.at("/"));
      return [(await reader.next("hello")).editor, served.log.count(/HOTFLOW_EDITOR/)] as const;
    } finally {
      Deno.env.delete("HOTFLOW_EDITOR");
    }
  };
  assertEquals(await editorOf("zed"), ["zed://file/{path}:{line}:{column}", 0]);
  assertEquals(await editorOf("javascript://{path}"), ["vscode://file/{path}:{line}:{column}", 1]);
});
