import { runtimePath } from "../tools/runtimes.ts";
import { App } from "./app.ts";
import { findBun } from "./bun.ts";
import { pause } from "./clock.ts";
import type { Figure } from "./figures.ts";
import { memoryOf } from "./memory.ts";
import { NpmPackage } from "./npm_package.ts";
import { answered, spread } from "./reload.ts";
import { table } from "./report.ts";
import { bunHot, denoWatch, hotflowReload, hotflowReloadOn, inPlace, type ServerKind } from "./servers.ts";
import { rotated } from "./stats.ts";
import { type Flavour, LEAF, mainFile, NPM_LIBRARY, type Work, workFiles } from "./work.ts";

/** What an Executor imports or holds, how often and how fast it is saved, and what is to be reached. */
interface Workload extends Work {
  readonly what: string;
  readonly saves: number;
  /** Milliseconds from one save to the next. */
  readonly apart: number;
  /** The client is silent from an answer to the next save. */
  readonly silent?: true;
  /** What the median may be of that of `bun --hot`. */
  readonly fresh?: number;
  readonly inPlace?: number;
  /** What the median in place may be, in milliseconds. */
  readonly limit?: number;
}

const WORKLOADS: readonly Workload[] = [
  { what: "small file", saves: 30, apart: 350, fresh: 1.2, inPlace: 0.8 },
  { what: "small file, silent client", saves: 30, apart: 350, silent: true, fresh: 1.2, inPlace: 0.8 },
  { what: "300 modules, main saved", modules: "main", saves: 30, apart: 350, fresh: 1.5, inPlace: 0.5 },
  { what: "300 modules, leaf saved", modules: "leaf", saves: 30, apart: 350 },
  { what: "typescript", library: true, saves: 12, apart: 2500, fresh: 0.4, inPlace: 0.15 },
  { what: "model, made by setup()", model: "made", saves: 3, apart: 2500 },
  { what: "model, kept", model: "kept", saves: 51, apart: 350, limit: 10 },
];

/** A way to serve a workload. */
interface Column {
  /** The runtime's name alone stands for `reload: true`: a fresh worker, unless something is kept. */
  readonly name: string;
  readonly flavour: Flavour;
  readonly kind: ServerKind;
  readonly inPlace?: true;
}

const BUN = "bun --hot";

/** The servers take turns so many times in a workload, so that drift favours none. */
const TURNS = 3;
/** To see that everything works. */
const QUICK = { saves: 3, apart: 350 };
/** `deno --watch` is slow, and only there to compare: it is saved less often. */
const WATCH_SHARE = 1 / 5;

/** What a server did with a workload. */
interface Result {
  readonly column: Column;
  /** Milliseconds of each save; not a number where its version never answered. */
  readonly samples: readonly number[];
  /** Resident memory after the saves, in MB. */
  readonly memory: number;
  /** How often the model was made. */
  readonly made: number;
  /** Why there are no samples. */
  readonly problem?: string;
}

interface Row {
  readonly workload: Workload;
  readonly results: readonly Result[];
}

/** Save to first new answer, by what the Executor imports or holds. */
export async function measureWorkloads(quick: boolean): Promise<Figure[]> {
  await using installed = await NpmPackage.install(NPM_LIBRARY);
  const columns = await columnsIn(installed.app);
  const rows: Row[] = [];
  for (const workload of WORKLOADS) {
    const { saves, apart } = workload;
    const less = { saves: Math.min(saves, QUICK.saves), apart: Math.min(apart, QUICK.apart) };
    rows.push(await measureRow(quick ? { ...workload, ...less } : workload, columns));
  }
  const tables: Figure["notes"] = [
    "save to first new answer, median in ms",
    ...tableOf(rows, columns, ({ samples }) => answered(samples).median.toFixed(1)),
    "resident memory after the saves, in MB",
    ...tableOf(rows, columns, ({ memory }) => memory.toFixed(0)),
    ...rows.flatMap(inWords),
  ];
  return rows.flatMap(figuresOf).map((figure, at) => at === 0 ? { ...figure, notes: tables } : figure);
}

async function columnsIn(app: string): Promise<Column[]> {
  const root = new URL("..", import.meta.url).pathname;
  const node = hotflowReloadOn("Node 24", await runtimePath(root, "node 24"), app);
  const bun = await findBun();
  return [
    { name: "Deno", flavour: "deno", kind: hotflowReload },
    { name: "Deno in place", flavour: "deno", kind: inPlace(hotflowReload), inPlace: true },
    { name: "Node", flavour: "node", kind: node },
    { name: "Node in place", flavour: "node", kind: inPlace(node), inPlace: true },
    ...bun === undefined
      ? []
      : [{ name: BUN, flavour: "bun", kind: { ...bunHot(bun), inside: app } } as const],
    { name: "deno --watch", flavour: "watch", kind: denoWatch },
  ];
}

async function measureRow(workload: Workload, columns: readonly Column[]): Promise<Row> {
  await using stack = new AsyncDisposableStack();
  const servers: { column: Column; app: App; samples: number[] }[] = [];
  const results: Result[] = [];
  for (const column of columns) {
    try {
      const app = stack.use(await App.start(serverOf(workload, column)));
      if (Number.isNaN(await app.edit())) throw new Error(`its first save never answered${app.lastWords}`);
      servers.push({ column, app, samples: [] });
    } catch (error) {
      results.push({ column, samples: [], memory: NaN, made: NaN, problem: String(error) });
    }
  }
  for (let turn = 0; turn < TURNS; turn++) {
    for (const { column, app, samples } of rotated(servers, turn)) {
      const share = column.flavour === "watch" ? WATCH_SHARE : 1;
      samples.push(...await series(app, Math.ceil(workload.saves * share / TURNS), workload));
    }
  }
  const measured = servers.map(async ({ column, app, samples }) => {
    const made = workload.model === undefined ? NaN : (await app.read("../made")).length;
    return { column, samples, memory: (await memoryOf(app.pid)).rss, made };
  });
  return { workload, results: [...results, ...await Promise.all(measured)] };
}

function serverOf(workload: Workload, { kind, flavour }: Column): ServerKind {
  const file = workload.modules === "leaf" ? LEAF : mainFile(flavour);
  return {
    ...kind,
    generated: workFiles(workload, flavour),
    ...kind.edited && { edited: { ...kind.edited, file } },
  };
}

/** Saves at a fixed distance. In between the client asks all the time, or is silent. */
async function series(app: App, saves: number, { apart, silent }: Workload): Promise<number[]> {
  const samples: number[] = [];
  let rest = apart;
  for (let i = 0; i < saves; i++) {
    if (silent) await pause(rest);
    const ms = await app.edit(silent ? 0 : rest);
    samples.push(ms);
    rest = Math.max(0, apart - (ms || 0));
  }
  return samples;
}

function figuresOf({ workload, results }: Row): Figure[] {
  const bun = results.find(({ column }) => column.name === BUN);
  const peer = bun === undefined ? undefined : { name: BUN, value: answered(bun.samples).median };
  const ours = results.filter(({ column }) => column.flavour === "deno" || column.flavour === "node");
  return ours.flatMap(({ column, samples, made }): Figure[] => {
    const { median, count } = answered(samples);
    const common = { part: "workloads", what: `${workload.what}, ${column.name}` } as const;
    const { target, most } = targetOf(workload, column, peer?.value ?? NaN);
    const reached = Number.isNaN(most) ? undefined : count > 0 && count === samples.length && median <= most;
    return [
      { ...common, unit: "ms", ours: median, peer, target, reached },
      ...workload.model !== "kept" ? [] : [
        {
          ...common,
          what: `${common.what}: made`,
          unit: "x",
          ours: made,
          target: "1 x",
          reached: made === 1,
        },
      ],
    ];
  });
}

/** What is to be reached, and what that is in this run, in milliseconds. */
function targetOf(workload: Workload, { inPlace }: Column, bun: number): { target?: string; most: number } {
  const { limit, fresh } = workload;
  if (limit !== undefined) return { target: `<= ${limit} ms`, most: limit };
  const share = inPlace ? workload.inPlace : fresh;
  return share === undefined ? { most: NaN } : { target: `<= ${share} x`, most: share * bun };
}

function inWords({ workload, results }: Row): string[] {
  return results.map(({ column, samples, made, problem }) => {
    const lost = samples.length - answered(samples).count;
    return `${workload.what}, ${column.name}: ${
      problem ?? [
        spread(answered(samples)),
        ...lost > 0 ? [`${lost} edits never answered`] : [],
        ...made > 0 ? [`the model made ${made} times`] : [],
      ].join(", ")
    }`;
  });
}

function tableOf(
  rows: readonly Row[],
  columns: readonly Column[],
  cell: (result: Result) => string,
): string[] {
  return table([
    ["", ...columns.map(({ name }) => name)],
    ...rows.map(({ workload, results }) => [
      workload.what,
      ...columns.map((column) => results.filter((result) => result.column === column).map(cell)[0] ?? ""),
    ]),
  ]);
}
