/** The charts, in a real browser. */
import { assertEquals } from "@std/assert";
import { evaluate, pageTest, shows, until } from "./_open.ts";
import { AT, deployment, load, sample, status } from "./_statuses.ts";

const at = (seconds: number) => new Date(AT.getTime() + seconds * 1000);

const LABELS =
  `[...document.querySelectorAll(".chart svg")].map((chart) => chart.getAttribute("aria-label"))`;

pageTest("The figures are charts with their values as text", {
  status: status(deployment("encoder")),
  samples: [sample(at(0), ["encoder"], 80), sample(at(1), ["encoder"], 40, { memory: 256, loopDelay: 12 })],
  loads: [load("encoder", 1, { ms: 9000, cause: "start" }), load("encoder", 2, { ms: 31 })],
}, async ({ tab, fake }) => {
  await until(tab, `${LABELS}[0]?.includes("highest")`);
  assertEquals(await evaluate(tab, LABELS), [
    "Throughput, last ten minutes: now all 40/s, errors 0/s, highest 80/s",
    "Latency, last ten minutes: now p50 2.1 ms, p95 8.4 ms, highest 8.4 ms",
    "Memory, last ten minutes: now 256 MB, highest 256 MB",
    "Event loop delay, last ten minutes: now 12 ms, highest 12 ms",
    "Reload times, last ten minutes: now 31 ms, highest 31 ms",
  ]);
  fake.send(
    sample(at(3), [], 20, { requests: { count: 20, errors: 0 } }),
    load("encoder", 3, { ms: 99, at: at(4) }),
  );
  await shows(tab, ".chart:first-child .now", "all 20/serrors 0/s");
  await until(tab, `document.querySelectorAll(".chart .dot").length === 2`);
  assertEquals(tab.complaints, []);
});

pageTest("What is older than ten minutes leaves the charts", {
  status: status(deployment("encoder")),
  samples: [sample(at(0), [], 80)],
}, async ({ tab, fake }) => {
  fake.send(sample(at(601), [], 10));
  await until(tab, `${LABELS}[0].endsWith("highest 10/s")`);
});

pageTest("The pointer in a chart shows the values of that time", {
  status: status(deployment("encoder")),
  samples: [sample(at(0), [], 80), sample(at(30), [], 40), sample(at(60), [], 10)],
}, async ({ tab }) => {
  await shows(tab, ".chart .now", "all 10/s");
  const plot = await tab.page.waitForSelector(".chart .plot");
  const { x, y, width, height } = await plot?.boundingBox() ?? { x: 0, y: 0, width: 0, height: 0 };
  await tab.page.mouse.move(x + width / 2, y + height / 2);
  await shows(tab, ".chart .now", /^\d\d:\d\d:\d\dall 40\/s/);
  await tab.page.mouse.move(x, y - 40);
  await shows(tab, ".chart .now", /^all 10\/s/);
});
