import { type RuntimeName, runtimePath } from "../tools/runtimes.ts";
import { App } from "./app.ts";
import type { Figure } from "./figures.ts";
import { NpmPackage } from "./npm_package.ts";
import { answered, editOnce, spread } from "./reload.ts";
import { savesOf } from "./saves.ts";
import { hotflowReload, hotflowReloadOn } from "./servers.ts";

const NAMES: readonly RuntimeName[] = ["node 22", "node 24", "node 26", "bun"];
const ROOT = new URL("..", import.meta.url).pathname;

/** The npm package on the other runtimes, beside the sources on Deno: reload, lost requests, size. */
export async function measureRuntimes(edits: number, saves: number): Promise<Figure[]> {
  await using installed = await NpmPackage.install();
  const figures: Figure[] = [];
  for (const name of NAMES) figures.push(...await measure(name, installed.app, edits, saves));
  return [...figures, size(installed.bytes)];
}

async function measure(name: RuntimeName, app: string, edits: number, saves: number): Promise<Figure[]> {
  const kind = hotflowReloadOn(name, await runtimePath(ROOT, name), app);
  const [theirs, ours]: number[][] = [[], []];
  {
    await using other = await App.start(kind);
    await using deno = await App.start(hotflowReload);
    for (const server of [other, deno]) await server.edit();
    for (let round = 0; round < edits; round++) {
      theirs.push(await editOnce(other));
      ours.push(await editOnce(deno));
    }
  }
  const [here, there] = [answered(theirs), answered(ours)];
  const { ok, failed, stale, versions, settled } = await savesOf(kind, saves);
  const common = { part: "runtimes" } as const;
  return [
    {
      ...common,
      what: `${name}: save to first new answer`,
      unit: "ms",
      ours: here.median,
      peer: { name: "Deno", value: there.median },
      target: name.startsWith("node") ? "<= 2.0 x" : undefined,
      reached: name.startsWith("node") ? here.count === edits && here.median <= 2 * there.median : undefined,
      notes: [`${name}: ${spread(here)}; Deno: ${spread(there)}`],
    },
    {
      ...common,
      what: `${name}: requests failed, ${saves} saves`,
      unit: "",
      ours: failed,
      target: "0",
      reached: failed === 0 && stale === 0 && settled,
      notes: [`${name}: ${ok} answers by ${versions} versions, ${failed} failed, ${stale} stale`],
    },
  ];
}

function size(bytes: number): Figure {
  return {
    part: "runtimes",
    what: "the npm package, packed",
    unit: "kB",
    ours: bytes / 1000,
    target: "< 150 kB",
    reached: bytes < 150_000,
  };
}
