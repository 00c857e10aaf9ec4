/** The memory of the page's tab, in a real browser. */
import { assert } from "@std/assert";
import type { Tab } from "../support/chromium.ts";
import type { FakeFlow } from "./_fake_flow.ts";
import { pageTest, shows } from "./_open.ts";
import { AT, deployment, load, loadStatus, sample, status } from "./_statuses.ts";

/** The heap in megabytes and the number of nodes, after a collection of garbage. */
async function used({ page }: Tab): Promise<{ heap: number; nodes: number }> {
  const session = await page.createCDPSession();
  await session.send("Performance.enable");
  await session.send("HeapProfiler.collectGarbage");
  const { metrics } = await session.send("Performance.getMetrics");
  await session.detach();
  const of = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? NaN;
  return { heap: of("JSHeapUsedSize") / 1e6, nodes: of("Nodes") };
}

let version = 1;
let lines = 0;

/** So many saves, each with ten lines of the log and a sample; waits until the page has drawn the last one. */
async function save(tab: Tab, fake: FakeFlow, times: number): Promise<void> {
  for (const last = version + times; version < last;) {
    version++;
    const at = new Date(AT.getTime() + version * 1000);
    const file = { path: "/app/encoder.ts", diff: `@@ -1 +1 @@\n-${version}\n+${"changed ".repeat(20)}` };
    const history = Array.from({ length: 50 }, (_, back) => loadStatus(Math.max(version - 49 + back, 1)));
    fake.send(
      { kind: "changed", deployment: "encoder", files: [file.path], at },
      load("encoder", version, { at, files: [file] }),
      { kind: "deployment", deployment: deployment("encoder", { version, history }) },
      ...Array.from({ length: 10 }, () => ({
        ...{ kind: "log", level: "info", name: `encoder/rep-0@${version}`, time: at } as const,
        message: `line ${++lines} ${"text ".repeat(20)}`,
        request: `request-${lines}`,
      })),
      sample(at, ["encoder"]),
    );
    if (version % 50 === 0) await shows(tab, ".lines", `line ${lines} `);
  }
  await shows(tab, ".lines", `line ${lines} `);
  await shows(tab, ".load h3", `v${version}`);
}

pageTest("10,000 lines and 1,000 saves leave the memory of the tab flat", {
  status: status(deployment("encoder")),
}, async ({ tab, fake }) => {
  // What is kept is full before it is measured: 5,000 lines, ten minutes of samples.
  await save(tab, fake, 650);
  const before = await used(tab);
  await save(tab, fake, 1000);
  const after = await used(tab);
  const report = JSON.stringify({ before, after });
  assert(after.heap < before.heap + 2, report);
  assert(after.nodes < before.nodes * 1.2 + 500, report);
  assert(after.heap < 40, report);
});
