import { PATIENCE_MS } from "./log_trap.ts";

/** What of this process the operating system counts. */
export interface Census {
  /** Worker threads. */
  readonly workers: number;
  /** Folders that are watched. */
  readonly watches: number;
}

/** Counts the worker threads and inotify watches of a process, as Linux sees them. */
export function census(pid: number | "self" = "self"): Census {
  const threads = [...Deno.readDirSync(`/proc/${pid}/task`)].map(({ name }) =>
    read(`/proc/${pid}/task/${name}/comm`)
  );
  const files = [...Deno.readDirSync(`/proc/${pid}/fdinfo`)].map(({ name }) =>
    read(`/proc/${pid}/fdinfo/${name}`)
  );
  return {
    workers: threads.filter((name) => name.startsWith("worker-")).length,
    watches: files.flatMap((text) => text.match(/^inotify wd:/gm) ?? []).length,
  };
}

/** Waits until the counts are as expected: threads end a moment after they were told to. */
export async function settledCensus(expected: Census, pid: number | "self" = "self"): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  let now = census(pid);
  while (now.workers !== expected.workers || now.watches !== expected.watches) {
    if (performance.now() > deadline) {
      throw new Error(`Expected ${JSON.stringify(expected)} to be left, there are ${JSON.stringify(now)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
    now = census(pid);
  }
}

function read(path: string): string {
  try {
    return Deno.readTextFileSync(path).trim();
  } catch {
    return "";
  }
}
