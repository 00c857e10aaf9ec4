/** `GET /metrics` of Flows that serve. */
import { assert, assertEquals } from "@std/assert";
import { PACKAGE } from "../support/flow_fixture.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { Ex } from "../flow/_executors.ts";
import { Served } from "../flow/_serve.ts";
import { Latch } from "../support/latch.ts";
import { Second, Ways } from "./_executors.ts";
import { Samples } from "./_samples.ts";

const DOCS = { data: [{ text: "1" }, { text: "2" }] };

Deno.test("GET /metrics counts requests and the calls of each Executor", async () => {
  await using served = await Served.start([{ uses: Ex, name: "first" }, { uses: Second, name: "second" }]);
  for (const path of ["/foo", "/foo", "/raise"]) await served.post(path, DOCS);
  await served.post("/post", "{");
  await served.post("/post", { ...DOCS, execEndpoint: "/unheard-of" });
  const samples = await Samples.of(served.at("/metrics"));
  const requests = (endpoint: string, outcome: string) =>
    samples.get("hotflow_requests_total", { endpoint, outcome });
  assertEquals(
    [requests("/foo", "done"), requests("/raise", "failed"), requests("other", "invalid")],
    [2, 1, 1],
  );
  assertEquals(samples.labels("hotflow_requests_total", "endpoint"), ["/foo", "/raise", "default", "other"]);
  const calls = (deployment: string, endpoint: string, outcome: string) =>
    samples.get("hotflow_calls_total", { deployment, endpoint, outcome });
  assertEquals([calls("first", "/foo", "done"), calls("second", "/foo", "done")], [2, 2]);
  assertEquals([calls("first", "/raise", "failed"), calls("second", "/raise", "done")], [1, undefined]);
  const at = { deployment: "first", endpoint: "/foo" };
  assertEquals(samples.get("hotflow_documents_total", at), 4);
  assertEquals(samples.get("hotflow_call_duration_seconds_count", at), 2);
  assertEquals(samples.get("hotflow_requests_in_flight"), 0);
  assert((samples.get("hotflow_memory_bytes", { kind: "rss" }) ?? 0) > 1e6);
});

Deno.test("GET /metrics of one Flow has nothing of another one in the process", async () => {
  await using one = await Served.start({ uses: Ex, name: "one" });
  await using other = await Served.start({ uses: Ex, name: "other" });
  await one.post("/foo", DOCS);
  const samples = await Samples.of(other.at("/metrics"));
  assertEquals(samples.labels("hotflow_requests_total", "endpoint"), []);
  assertEquals(samples.labels("hotflow_reloads_total", "deployment"), ["other"]);
});

Deno.test("GET /metrics counts reloads that served and that failed", async () => {
  await using folder = await TempFolder.make();
  const source = (body: string) =>
    `import { Executor } from ${JSON.stringify(PACKAGE)};
export class Mine extends Executor { static requests = { "/foo": "foo" }; foo() { ${body} } }
`;
  const uses = await folder.write("mine.ts", source(""));
  await using served = await Served.start({ uses, name: "mine", reload: true });
  for (const text of [source("return;"), "class {\n"]) {
    const mark = served.log.mark;
    await folder.write("mine.ts", text);
    await served.log.waitFor(/version \d+ serves|keeps serving/, mark);
  }
  const samples = await Samples.of(served.at("/metrics"));
  const reloads = (kind: string, outcome: string, name = "hotflow_reloads_total") =>
    samples.get(name, { deployment: "mine", kind, outcome });
  const counts = [reloads("start", "served"), reloads("reload", "served"), reloads("reload", "failed")];
  assertEquals(counts, [1, 1, 1]);
  assertEquals(reloads("reload", "served", "hotflow_reload_duration_seconds_count"), 1);
  assertEquals(samples.get("hotflow_serving_version", { deployment: "mine" }), 2);
});

Deno.test("GET /metrics counts each request of a batch, and the batch once", async () => {
  await using latch = new Latch();
  await using served = await Served.start({ uses: Ways, name: "ways" });
  const post = (count: number, url = "") =>
    served.post("/batch", { data: Array.from({ length: count }, () => ({})), parameters: { url } });
  const first = post(1, latch.url);
  await latch.reached();
  // While the first one runs, five more fill a batch.
  const others = [1, 1, 1, 2, 3].map((count) => post(count));
  await Promise.all(others);
  latch.open();
  await first;
  const samples = await Samples.of(served.at("/metrics"));
  const at = { deployment: "ways", endpoint: "/batch" };
  const of = (name: string, more = {}) => samples.get(`hotflow_${name}`, { ...at, ...more });
  assertEquals(of("calls_total", { outcome: "done" }), 6);
  assertEquals(samples.get("hotflow_requests_total", { endpoint: "/batch", outcome: "done" }), 6);
  assertEquals([of("documents_total"), of("batch_documents_sum"), of("batch_requests_sum")], [9, 9, 6]);
  assertEquals([of("batch_documents_count"), of("batch_documents_bucket", { le: "8" })], [2, 2]);
});

Deno.test("flow.fetch has /metrics without a port, and of a Flow that serves gRPC only", async () => {
  for (const options of [{ listen: false }, { protocol: "grpc" }] as const) {
    await using served = await Served.start({ uses: Ways, name: "ways" }, options);
    await served.flow.post("/done", {});
    await using server = Deno.serve({ port: 0, onListen() {} }, served.flow.fetch);
    const samples = await Samples.of(`http://localhost:${server.addr.port}/metrics`);
    assertEquals(samples.get("hotflow_requests_total", { endpoint: "/done", outcome: "done" }), 1);
  }
});
