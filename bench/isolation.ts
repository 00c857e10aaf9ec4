import { App } from "./app.ts";
import type { Figure } from "./figures.ts";
import type { LoadReport } from "./load.ts";
import { answered, editOnce, spread } from "./reload.ts";
import { hotflowReload, hotflowText, inProcess } from "./servers.ts";
import { median, rotated } from "./stats.ts";
import { loadOn } from "./throughput.ts";

/** How much longer a reload may take in a process than in a thread. */
const SLOWER = 1.3;
/** The share of a thread's throughput that has to be reached, by number of documents. */
const SIZES = [{ documents: 1, share: 0.7 }, { documents: 100, share: 0.85 }] as const;

/** An Executor in a process of its own beside the same one in a thread, in rounds that alternate. */
export async function measureIsolation(edits: number, rounds: number, seconds: number): Promise<Figure[]> {
  return [await reload(edits), ...await throughput(rounds, seconds)];
}

async function reload(edits: number): Promise<Figure> {
  await using thread = await App.start(hotflowReload);
  await using process = await App.start(inProcess(hotflowReload));
  const samples = new Map<App, number[]>([[thread, []], [process, []]]);
  for (const app of samples.keys()) await app.edit();
  for (let round = 0; round < edits; round++) {
    for (const app of rotated([thread, process], round)) samples.get(app)?.push(await editOnce(app));
  }
  const [theirs, ours] = [thread, process].map((app) => answered(samples.get(app) ?? []));
  const ratio = ours.median / theirs.median;
  return {
    part: "isolation",
    what: "save to first new answer",
    unit: "ms",
    ours: ours.median,
    peer: { name: "a thread", value: theirs.median },
    ratio,
    target: `<= ${SLOWER} x`,
    reached: ours.count === edits && ratio <= SLOWER,
    notes: [`in a process: ${spread(ours)}`, `in a thread: ${spread(theirs)}`],
  };
}

async function throughput(rounds: number, seconds: number): Promise<Figure[]> {
  await using thread = await App.start(hotflowText);
  await using process = await App.start(inProcess(hotflowText));
  const figures: Figure[] = [];
  for (const { documents, share } of SIZES) {
    const reports = new Map<App, LoadReport[]>([[thread, []], [process, []]]);
    for (const app of reports.keys()) await loadOn(app, documents, Math.min(seconds, 1.5));
    for (let round = 0; round < rounds; round++) {
      for (const app of rotated([thread, process], round)) {
        reports.get(app)?.push(await loadOn(app, documents, seconds));
      }
    }
    const rates = [thread, process].map((app) => reports.get(app)?.map(({ perSecond }) => perSecond) ?? []);
    const [theirs, ours] = rates;
    const ratio = median(ours.map((rate, round) => rate / theirs[round]));
    const failed = [...reports.values()].flat().reduce((sum, report) => sum + report.failed, 0);
    figures.push({
      part: "isolation",
      what: `POST /post, ${documents} document${documents > 1 ? "s" : ""}`,
      unit: "/s",
      ours: median(ours),
      peer: { name: "a thread", value: median(theirs) },
      ratio,
      target: `>= ${share} x`,
      reached: failed === 0 && ratio >= share,
      notes: [
        `${failed} failed; in a process ${ours.map(Math.round)}, in a thread ${theirs.map(Math.round)}`,
      ],
    });
  }
  return figures;
}
