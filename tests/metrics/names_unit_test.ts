/** The names and labels of the metrics, in `docs/metrics.md` and in the dashboard. */
import { assert, assertEquals } from "@std/assert";
import { FlowMetrics } from "../../src/metrics/flow_metrics.ts";
import { render } from "../../src/metrics/render.ts";

const DOCS = new URL("../../docs/", import.meta.url);

/** The labels of each metric, as a Flow that has done everything once has them. */
async function rendered(): Promise<Map<string, Set<string>>> {
  const metrics = new FlowMetrics();
  const target = { name: "ex", endpoints: [{ path: "/a", method: "a" }], hasDefault: false };
  metrics.addRequest(target, "/a", "done", 1);
  metrics.addCall(target, "/a", "done", 1, { documents: 1, batch: [1, 1] });
  metrics.addLoad({ deployment: "ex", version: 1, kind: "start", ms: 1 });
  const versions = [{ state: "serving", replicas: [{ state: "ready", calls: 0 }] }];
  const text = await render(metrics, { deployments: [{ name: "ex", version: 1, versions }], standbyMs: [] });
  metrics.loopDelay.stop();
  const found = new Map<string, Set<string>>();
  for (const [, name] of text.matchAll(/^# TYPE (\S+)/gm)) {
    const samples = text.matchAll(new RegExp(`^${name}(?:_bucket)?(?:\\{(.*)\\})? `, "gm"));
    const labels = Array.from(samples, ([, labels = ""]) => labels.match(/\w+(?==")/g) ?? []).flat();
    found.set(name, new Set(labels));
  }
  return found;
}

Deno.test("docs/metrics.md has each metric with its labels", async () => {
  const page = await Deno.readTextFile(new URL("metrics.md", DOCS));
  const rows = page.matchAll(/^\| (`hotflow_[^|]+)\|([^|]*)\|/gm);
  const wordsOf = (text: string) => Array.from(text.matchAll(/`(\w+)`/g), ([, word]) => word);
  const documented = Array.from(
    rows,
    ([, names, labels]) => wordsOf(names).map((name) => [name, wordsOf(labels)]),
  );
  const real = Array.from(
    await rendered(),
    ([name, labels]) => [name, [...labels].filter((one) => one !== "le")],
  );
  assertEquals(Object.fromEntries(documented.flat()), Object.fromEntries(real));
});

Deno.test("docs/grafana.json asks for metrics and labels that there are", async () => {
  const text = await Deno.readTextFile(new URL("grafana.json", DOCS));
  const metrics = await rendered();
  const queries = Array.from(
    text.matchAll(/"expr": "((?:[^"\\]|\\.)+)"/g),
    ([, query]) => query.replaceAll('\\"', '"'),
  );
  assert(queries.length > 20);
  const asked = new Set<string>();
  for (const query of queries) {
    for (const [, name, labels] of query.matchAll(/(hotflow_\w+)\{([^}]*)\}/g)) {
      const metric = metrics.has(name) ? name : name.replace(/_(?:bucket|sum|count)$/, "");
      const known = metrics.get(metric);
      assert(known !== undefined, `no metric ${name}`);
      asked.add(metric);
      const by = /by \(([^)]*)\)/.exec(query)?.[1].split(", ") ?? [];
      for (const label of [...labels.match(/\w+(?==~|!=|=)/g) ?? [], ...by]) {
        assert(known.has(label) || label === "instance", `${name} has no label ${label}`);
      }
    }
  }
  assertEquals([...metrics.keys()].filter((name) => !asked.has(name)), []);
});
