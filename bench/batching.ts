import { App } from "./app.ts";
import type { Figure } from "./figures.ts";
import type { LoadReport } from "./load.ts";
import { hotflowBatched, hotflowOneByOne } from "./servers.ts";
import { median, rotated } from "./stats.ts";
import { loadOn } from "./throughput.ts";

const CONNECTIONS = 64;
/** How many times as many requests have to be answered with batches. */
const GAIN = 20;

/** A handler that blocks its worker for 20 ms a call, with and without batches, in rounds that alternate. */
export async function measureBatching(rounds: number, seconds: number): Promise<Figure[]> {
  await using batched = await App.start(hotflowBatched);
  await using alone = await App.start(hotflowOneByOne);
  const reports = new Map<App, LoadReport[]>([[batched, []], [alone, []]]);
  for (let round = 0; round < rounds; round++) {
    for (const app of rotated([batched, alone], round)) {
      reports.get(app)?.push(await loadOn(app, 1, seconds, CONNECTIONS));
    }
  }
  const of = (app: App) => reports.get(app) ?? [];
  const rate = (app: App) => median(of(app).map(({ perSecond }) => perSecond));
  const ratio = rate(batched) / rate(alone);
  const failed = [...reports.values()].flat().reduce((sum, report) => sum + report.failed, 0);
  return [{
    part: "batching",
    what: "a handler of 20 ms a call, 64 connections",
    unit: "/s",
    ours: rate(batched),
    peer: { name: "without batches", value: rate(alone) },
    ratio,
    target: `>= ${GAIN} x`,
    reached: failed === 0 && ratio >= GAIN,
    notes: [`${failed} failed`],
  }];
}
