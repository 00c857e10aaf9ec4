/** Counting and formatting, over values that a test sets. */
import { assertEquals } from "@std/assert";
import { FlowMetrics } from "../../src/metrics/flow_metrics.ts";
import { Histogram } from "../../src/metrics/histogram.ts";
import { render, type Snapshot } from "../../src/metrics/render.ts";
import { requestLine } from "../../src/metrics/request_observer.ts";
import { Samples } from "./_samples.ts";

const EMPTY: Snapshot = { deployments: [], standbyMs: [] };

async function samplesOf(metrics: FlowMetrics, snapshot = EMPTY): Promise<Samples> {
  try {
    return new Samples(await render(metrics, snapshot));
  } finally {
    metrics.loopDelay.stop();
  }
}

/** What binds these endpoints. */
function bindings(paths: string[], hasDefault = false) {
  return { name: "ex", endpoints: paths.map((path) => ({ path, method: "m" })), hasDefault };
}

Deno.test("Histogram counts a value at a bound in the bucket of the bound", () => {
  const histogram = new Histogram([1, 2]);
  for (const value of [0, 1, 1.5, 2, 3]) histogram.observe(value);
  assertEquals([histogram.counts, histogram.sum, histogram.count], [[2, 2, 1], 7.5, 5]);
});

Deno.test("render() sums up the buckets of a histogram", async () => {
  const metrics = new FlowMetrics();
  for (const ms of [0.1, 3, 3, 100_000]) metrics.addRequest(bindings(["/a"]), "/a", "done", ms);
  const samples = await samplesOf(metrics);
  const name = "hotflow_request_duration_seconds";
  const at = (le: string) => samples.get(`${name}_bucket`, { endpoint: "/a", le });
  assertEquals(["0.0005", "0.0025", "0.005", "60", "+Inf"].map(at), [1, 1, 3, 3, 4]);
  assertEquals(samples.get(`${name}_count`, { endpoint: "/a" }), 4);
  assertEquals(samples.types.get(name), "histogram");
});

Deno.test("FlowMetrics has no label for an endpoint that nothing binds", async () => {
  const metrics = new FlowMetrics();
  for (let i = 0; i < 100; i++) metrics.addRequest(bindings(["/a"]), `/guess${i}`, "unbound", 1);
  for (let i = 0; i < 50; i++) metrics.addCall(bindings(["/a"], true), `/any${i}`, "done", 1);
  metrics.addRequest(bindings(["/a"]), undefined, "invalid", 1);
  const samples = await samplesOf(metrics);
  assertEquals(samples.get("hotflow_requests_total", { endpoint: "other", outcome: "unbound" }), 100);
  assertEquals(samples.get("hotflow_requests_total", { endpoint: "other", outcome: "invalid" }), 1);
  assertEquals(samples.labels("hotflow_calls_total", "endpoint"), ["default"]);
});

Deno.test("FlowMetrics counts the documents of each request, and each batch once", async () => {
  const metrics = new FlowMetrics();
  const target = bindings(["/a"]);
  metrics.addCall(target, "/a", "done", 1, { documents: 3, batch: [5, 2] });
  metrics.addCall(target, "/a", "done", 1, { documents: 2 });
  const samples = await samplesOf(metrics);
  const labels = { deployment: "ex", endpoint: "/a" };
  assertEquals(samples.get("hotflow_documents_total", labels), 5);
  assertEquals(samples.get("hotflow_batch_documents_sum", labels), 5);
  assertEquals(samples.get("hotflow_batch_requests_bucket", { ...labels, le: "2" }), 1);
  assertEquals(samples.get("hotflow_batch_requests_count", labels), 1);
});

Deno.test("render() sums up replicas and calls, and has the age of the oldest standby worker", async () => {
  const replica = { state: "ready", calls: 2 };
  const versions = [{ state: "serving", replicas: [replica, replica] }, {
    state: "draining",
    replicas: [{ state: "draining", calls: 1 }],
  }];
  const samples = await samplesOf(new FlowMetrics(), {
    deployments: [{ name: "ex", version: 2, versions }, { name: "down", version: null, versions: [] }],
    standbyMs: [500, 2_000],
  });
  const deployment = "ex";
  assertEquals(samples.get("hotflow_calls_in_flight", { deployment }), 5);
  assertEquals(samples.get("hotflow_replicas", { deployment, state: "ready" }), 2);
  assertEquals(samples.get("hotflow_replicas", { deployment, state: "draining" }), 1);
  assertEquals(samples.get("hotflow_versions", { deployment, state: "serving" }), 1);
  assertEquals(samples.get("hotflow_serving_version", { deployment: "down" }), 0);
  assertEquals(samples.get("hotflow_standby_age_seconds"), 2);
});

Deno.test("requestLine() has the documents and the time of each Executor", () => {
  const stations = [{ executor: "a", ms: 1.25, documents: 1 }, { executor: "b", ms: 2 }];
  assertEquals(requestLine("r", "/a", 200, 4, stations), "r /a 200: 1 document, 4.0 ms (a 1.3 ms, b 2.0 ms)");
  assertEquals(requestLine("r", undefined, 422, 0.5, []), "r (unknown) 422: 0.5 ms");
});
