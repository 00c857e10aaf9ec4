import { App } from "./app.ts";
import type { Figure } from "./figures.ts";
import { answered, editOnce, spread } from "./reload.ts";
import { hotflowReload, hotflowRestart } from "./servers.ts";

/** Rename of the new YAML, which names another class, to its first answer; beside a reload in the same minute. */
export async function measureRestart(edits: number): Promise<Figure[]> {
  await using restarted = await App.start(hotflowRestart);
  await using reloaded = await App.start(hotflowReload);
  const restartMs: number[] = [];
  const reloadMs: number[] = [];
  for (const app of [restarted, reloaded]) await app.edit();
  for (let round = 0; round < edits; round++) {
    restartMs.push(await editOnce(restarted));
    reloadMs.push(await editOnce(reloaded));
  }
  const [restart, reload] = [answered(restartMs), answered(reloadMs)];
  const lost = restartMs.length - restart.count;
  return [{
    part: "restart",
    what: "YAML save to first new answer",
    unit: "ms",
    ours: restart.median,
    peer: { name: "our reload", value: reload.median },
    target: "<= 1.5 x",
    reached: lost === 0 && restart.median <= 1.5 * reload.median,
    notes: [
      `restart: ${spread(restart)}${lost > 0 ? `, ${lost} edits never answered` : ""}`,
      `reload: ${spread(reload)}`,
    ],
  }];
}
