import { PATIENCE_MS } from "./log_trap.ts";

/** What of this process the operating system counts. */
export interface ResourceSnapshot {
  /** Workers: threads, and processes. */
  readonly workers: number;
  /** Folders that are watched. */
  readonly watches: number;
}

/** What worker threads are called: by Deno, and by those who name them as they are asked to. */
const WORKER = /^(?:worker-.*|hotflow)$/;
/** Node 22 calls all its threads `node`; so many are no workers. */
const NODE_THREADS = 6;

/** Counts the workers and inotify watches of a process, as Linux sees them. */
export function takeSnapshot(pid: number | "self" = "self"): ResourceSnapshot {
  const tasks = [...Deno.readDirSync(`/proc/${pid}/task`)].map(({ name }) => `/proc/${pid}/task/${name}`);
  const threads = tasks.map((task) => read(`${task}/comm`));
  const children = tasks.flatMap((task) => read(`${task}/children`).split(" "))
    .filter((child) => /worker\/entry\.[jt]s/.test(read(`/proc/${child}/cmdline`)));
  const files = [...Deno.readDirSync(`/proc/${pid}/fdinfo`)].map(({ name }) =>
    read(`/proc/${pid}/fdinfo/${name}`)
  );
  const alike = threads.filter((name) => name === "node").length;
  return {
    workers: threads.filter((name) => WORKER.test(name)).length +
      Math.max(0, alike - NODE_THREADS) + children.length,
    watches: files.flatMap((text) => text.match(/^inotify wd:/gm) ?? []).length,
  };
}

/** The number of workers that is expected, and that of watches where it matters. */
export type ExpectedSnapshot = Pick<ResourceSnapshot, "workers"> & Partial<ResourceSnapshot>;

/**
 * Waits until the counts are as expected: threads end a moment after they were told to.
 *
 * @param expect What is expected now.
 */
export async function awaitSnapshot(
  expect: ExpectedSnapshot | (() => Promise<ExpectedSnapshot>),
  pid: number | "self" = "self",
): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const expected = typeof expect === "function" ? await expect() : expect;
    const now = takeSnapshot(pid);
    if (now.workers === expected.workers && now.watches === (expected.watches ?? now.watches)) return;
    if (performance.now() > deadline) {
      throw new Error(`Expected ${JSON.stringify(expected)} to be left, there are ${JSON.stringify(now)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** How often the counts have to be the same, one look after the other, to be taken for those that stay. */
const STEADY_LOOKS = 20;
/** The same while there are workers: on a busy machine, those of the test before may take that long to end. */
const STEADY_LOOKS_WITH_WORKERS = 500;

/** Counts when nothing changes any more: workers of the test before may still be ending. */
export async function steadySnapshot(pid: number | "self" = "self"): Promise<ResourceSnapshot> {
  let last = takeSnapshot(pid);
  const looks = () => last.workers > 0 ? STEADY_LOOKS_WITH_WORKERS : STEADY_LOOKS;
  for (let same = 0; same < looks(); same++) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    const now = takeSnapshot(pid);
    if (now.workers !== last.workers || now.watches !== last.watches) same = 0;
    last = now;
  }
  return last;
}

function read(path: string): string {
  try {
    return Deno.readTextFileSync(path).trim();
  } catch {
    return "";
  }
}
