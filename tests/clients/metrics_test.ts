/** Prometheus' own parser reads `GET /metrics`. `deno task test:clients` runs this. */
import { assert, assertEquals } from "@std/assert";
import { Served } from "../flow/_serve.ts";
import { A } from "./_executors.ts";
import { QUOTED, Ways } from "../metrics/_executors.ts";
import { CLIENTS, Scenario } from "./_python.ts";

type Family = readonly [type: string, samples: readonly [string, Record<string, string>, number][]];

const [python] = CLIENTS.values();

Deno.test({
  name: "prometheus_client parses GET /metrics",
  ignore: python === undefined,
  async fn() {
    await using served = await Served.start({ uses: A, name: "a" });
    for (const body of [{ data: [{}, {}] }, { data: 5 }]) await served.post("/post", body);
    await using scenario = new Scenario(python, served.flow.port, "metrics", "parse_metrics.py");
    const families: Record<string, Family> = await scenario.answer();
    const [type, samples] = families.hotflow_requests;
    assertEquals([type, samples.map(([, { outcome }, value]) => [outcome, value]).sort()], [
      "counter",
      [["done", 1], ["invalid", 1]],
    ]);
    const documents = families.hotflow_documents[1].map(([, { endpoint }, value]) => [endpoint, value]);
    // A request that cannot be read is no call of the Executor.
    assertEquals(documents, [["default", 2]]);
    const [histogram, buckets] = families.hotflow_request_duration_seconds;
    assertEquals(histogram, "histogram");
    assert(buckets.some(([name, { le }, value]) => name.endsWith("_bucket") && le === "+Inf" && value === 2));
    assertEquals(Object.keys(families).filter((name) => !name.startsWith("hotflow_")), []);
  },
});

Deno.test({
  name:
    "prometheus_client parses all metrics of a Flow with batches, reloads and an endpoint that needs escapes",
  ignore: python === undefined,
  async fn() {
    await using served = await Served.start({ uses: Ways, name: "ways" });
    await served.flow.reload();
    await served.post("/batch", { data: [{}, {}] });
    await served.post("/post", { data: [{}], execEndpoint: QUOTED });
    await using scenario = new Scenario(python, served.flow.port, "metrics", "parse_metrics.py");
    const families: Record<string, Family> = await scenario.answer();
    const byLabel = (name: string, label: string) => families[name][1].map(([, labels]) => labels[label]);
    assertEquals(byLabel("hotflow_calls", "endpoint").sort(), ["/batch", QUOTED].sort());
    assertEquals(families.hotflow_reloads[1].map(([, { kind, outcome }, value]) => [kind, outcome, value]), [
      ["start", "served", 1],
      ["reload", "served", 1],
    ]);
    for (
      const name of ["batch_documents", "batch_requests", "call_duration_seconds", "reload_duration_seconds"]
    ) {
      const [type, samples] = families[`hotflow_${name}`];
      assert(type === "histogram" && samples.some(([sample]) => sample.endsWith("_sum")), name);
    }
    const gauges = Object.entries(families).filter(([, [type]]) => type === "gauge").map(([name]) => name);
    assertEquals(gauges.sort(), [
      "hotflow_calls_in_flight",
      "hotflow_memory_bytes",
      "hotflow_replicas",
      "hotflow_requests_in_flight",
      "hotflow_serving_version",
      "hotflow_standby_age_seconds",
      "hotflow_standby_workers",
      "hotflow_versions",
    ]);
  },
});
