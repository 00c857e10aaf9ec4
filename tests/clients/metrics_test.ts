/** Prometheus' own parser reads `GET /metrics`. `deno task test:clients` runs this. */
import { assert, assertEquals } from "@std/assert";
import { Served } from "../flow/_serve.ts";
import { A } from "./_executors.ts";
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
    assertEquals(documents, [["default", 2], ["other", 0]]);
    const [histogram, buckets] = families.hotflow_request_duration_seconds;
    assertEquals(histogram, "histogram");
    assert(buckets.some(([name, { le }, value]) => name.endsWith("_bucket") && le === "+Inf" && value === 1));
    assertEquals(Object.keys(families).filter((name) => !name.startsWith("hotflow_")), []);
  },
});
