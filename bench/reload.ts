import { App } from "./app.ts";
import { findBun } from "./bun.ts";
import { pause } from "./clock.ts";
import type { Figure } from "./figures.ts";
import { bunHot, denoWatch, hotflowReload } from "./servers.ts";
import { summarize, type Summary } from "./stats.ts";

/** Time between two edits, so that each finds a server at rest. */
const REST = 150;

/** `deno run --watch` is slow, and only there to compare: every sixth round is enough. */
const WATCH_EVERY = 6;

/** Rename of the new file to the first new answer. */
export async function measureReload(edits: number): Promise<Figure[]> {
  const bunPath = await findBun();
  await using stack = new AsyncDisposableStack();
  const ours = stack.use(await App.start(hotflowReload));
  const watch = stack.use(await App.start(denoWatch));
  const bun = bunPath === undefined ? undefined : stack.use(await App.start(bunHot(bunPath)));
  const [oursMs, watchMs, bunMs]: number[][] = [[], [], []];
  for (const app of [ours, watch, bun]) await app?.edit();
  for (let round = 0; round < edits; round++) {
    oursMs.push(await editOnce(ours));
    if (bun !== undefined) bunMs.push(await editOnce(bun));
    if (round % WATCH_EVERY === 0) watchMs.push(await editOnce(watch));
  }
  return figures(oursMs, bunMs, watchMs);
}

/** One edit of a server that is at rest. */
export async function editOnce(app: App): Promise<number> {
  await pause(REST);
  return await app.edit();
}

function figures(oursMs: number[], bunMs: number[], watchMs: number[]): Figure[] {
  const [ours, bun, watch] = [oursMs, bunMs, watchMs].map(answered);
  const common = { part: "reload", what: "save to first new answer", unit: "ms", ours: ours.median } as const;
  const lost = oursMs.length - ours.count;
  const notes = [
    `hotflow: ${spread(ours)}${lost > 0 ? `, ${lost} edits never answered` : ""}`,
    bun.count > 0 ? `bun --hot: ${spread(bun)}` : "bun --hot: could not be had, skipped",
    `deno --watch: ${spread(watch)}`,
  ];
  const all = lost === 0;
  return [
    {
      ...common,
      peer: { name: "bun --hot", value: bun.median },
      target: "<= 1.0 x",
      reached: bun.count > 0 ? all && ours.median <= bun.median : undefined,
      notes,
    },
    { ...common, target: "< 10 ms, idle machine", reached: all && ours.median < 10 },
    { ...common, peer: { name: "deno --watch", value: watch.median } },
  ];
}

/** The edits that were answered at all. */
export function answered(samples: readonly number[]): Summary {
  return summarize(samples.filter((ms) => !Number.isNaN(ms)));
}

/** A summary in words. */
export function spread({ count, min, median, max }: Summary): string {
  return `${count} edits, median ${median.toFixed(2)} ms (${min.toFixed(2)}-${max.toFixed(2)})`;
}
