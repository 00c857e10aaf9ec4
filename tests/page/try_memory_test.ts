/** What "Try it" holds in memory, in a real browser. */
import { assert } from "@std/assert";
import { browserTest, type Tab } from "../support/chromium.ts";
import { FakeFlow } from "./_fake_flow.ts";
import { open, shows } from "./_open.ts";
import { deployment, load, status } from "./_statuses.ts";
import { click } from "./_try_page.ts";

/** The heap in megabytes and the number of nodes, after a collection of garbage. */
async function used({ page }: Tab): Promise<{ heap: number; nodes: number }> {
  const session = await page.createCDPSession();
  await session.send("HeapProfiler.collectGarbage");
  await session.detach();
  const { JSHeapUsedSize = NaN, Nodes = NaN } = await page.metrics();
  return { heap: JSHeapUsedSize / 1e6, nodes: Nodes };
}

browserTest("Try it holds no more after 500 answers to the request that is sent again", async (tab) => {
  await using fake = new FakeFlow({ status: status(deployment("encoder")) });
  await open(tab, fake);
  await click(tab, `.try-endpoints button[data-key="POST /search"]`);
  await click(tab, "#try-again");
  await shows(tab, "#try-resent", "The first answer");
  let version = 1;
  const again = async (times: number) => {
    for (const last = version + times; version < last;) {
      fake.send(load("encoder", ++version));
      await shows(tab, "#try-resent", `after version ${version} of encoder`);
    }
  };
  await again(100);
  const before = await used(tab);
  await again(500);
  const after = await used(tab);
  const report = JSON.stringify({ before, after });
  assert(after.heap < before.heap + 2, report);
  assert(after.nodes < before.nodes * 1.2 + 500, report);
  await tab.page.goto("about:blank");
});
