import { App } from "./app.ts";
import { pause } from "./clock.ts";
import { Connection } from "./connection.ts";
import type { Figure } from "./figures.ts";
import { hotflowReload, inPlace, type ServerKind } from "./servers.ts";

/** Milliseconds from one reload to the next. */
const APART = 40;
const EARLY = 200;
const LATE = 600;

/** Memory of the server's process, at first and after many reloads, in fresh workers and in place. */
export async function measureMemory(reloads = LATE): Promise<Figure[]> {
  return [
    ...await measureOne(hotflowReload, "fresh", reloads, 15),
    ...await measureOne(inPlace(hotflowReload), "in place", reloads, 10),
  ];
}

/** One server; from `EARLY` to `LATE` reloads it may grow by `mostGrowth` MB. */
async function measureOne(
  kind: ServerKind,
  how: string,
  reloads: number,
  mostGrowth: number,
): Promise<Figure[]> {
  await using app = await App.start(kind);
  await ask(app, 100);
  const first = await memoryOf(app.pid);
  const early = Math.round(reloads * (EARLY / LATE));
  const earlyCount = await reload(app, early);
  const middle = await memoryOf(app.pid);
  const lateCount = await reload(app, reloads - early);
  const last = await memoryOf(app.pid);
  const lost = reloads - earlyCount - lateCount;
  const series = (key: keyof Memory) =>
    [first, middle, last].map((memory) => memory[key].toFixed(1)).join(" / ");
  const note = `${how}: RSS ${series("rss")} MB, PSS ${
    series("pss")
  } MB at first / after ${early} / after ${reloads} reloads`;
  const common = { part: "memory", unit: "MB" } as const;
  const judged = reloads === LATE && lost === 0;
  const growth = last.rss - middle.rss;
  return [
    {
      ...common,
      what: `one Executor, ${how}`,
      ours: first.rss,
      target: "< 110 MB",
      reached: first.rss < 110,
      notes: [lost > 0 ? `${note}; ${lost} saves never answered` : note],
    },
    {
      ...common,
      what: `after ${reloads} reloads, ${how}`,
      ours: last.rss,
      target: "< 150 MB",
      reached: judged ? last.rss < 150 : undefined,
    },
    {
      ...common,
      what: `growth, ${early} to ${reloads} reloads, ${how}`,
      ours: growth,
      target: `<= ${mostGrowth} MB`,
      reached: judged ? growth <= mostGrowth : undefined,
    },
  ];
}

async function ask(app: App, times: number): Promise<void> {
  using connection = await Connection.open(app.port);
  for (let i = 0; i < times; i++) await connection.exchange(app.request(1));
}

/** Edits one after the other, each seen to answer; returns how many were. */
async function reload(app: App, times: number): Promise<number> {
  let answered = 0;
  for (let i = 0; i < times; i++) {
    const due = performance.now() + APART;
    if (!Number.isNaN(await app.edit())) answered++;
    await pause(due - performance.now());
  }
  return answered;
}

interface Memory {
  /** Resident set size in MB: what is judged. */
  readonly rss: number;
  /**
   * Proportional set size in MB, where the system tells it. Flattering here: the bench runs on the same
   * Deno binary, and the pages of that are then counted by halves.
   */
  readonly pss: number;
}

export async function memoryOf(pid: number): Promise<Memory> {
  // What was let go a moment ago is not what it needs.
  await pause(1000);
  try {
    const text = await Deno.readTextFile(`/proc/${pid}/smaps_rollup`);
    const megabytes = (name: string) =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1]) / 1024;
    return { rss: megabytes("Rss"), pss: megabytes("Pss") };
  } catch {
    // Not Linux, or not allowed.
  }
  const { stdout } = await new Deno.Command("ps", { args: ["-o", "rss=", "-p", String(pid)] }).output();
  return { rss: Number(new TextDecoder().decode(stdout).trim()) / 1024, pss: NaN };
}
