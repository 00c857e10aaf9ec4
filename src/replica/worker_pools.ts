import type { ProcessOptions } from "../runtime/mod.ts";
import { ProcessLauncher } from "./process_launcher.ts";
import { StandbyPool } from "./standby_pool.ts";
import type { WorkerLimits } from "./worker_link.ts";
import type { WorkerLauncher } from "./worker_launcher.ts";

/** The pools of a Flow: one of threads, and one of processes for each set of options that they are started with. */
export class WorkerPools {
  /** The pool of threads. */
  readonly threads: StandbyPool;
  readonly #processes = new Map<string, StandbyPool>();

  /**
   * @param size The number of threads to keep ready in any case.
   * @param limits How long a worker may be silent, and how long its end may take.
   * @param captures Whether replicas report what their code writes to standard output and standard error.
   */
  constructor(
    launcher: WorkerLauncher,
    size: number,
    private readonly limits: WorkerLimits,
    private readonly captures: boolean,
  ) {
    this.threads = new StandbyPool(launcher, size, limits, captures);
  }

  /**
   * The pool for the workers of a deployment: threads, or processes with these options. Permissions depend on its modules.
   */
  of(deployment: string, options: ProcessOptions | undefined): StandbyPool {
    if (options === undefined) return this.threads;
    const key = JSON.stringify([options, options.permissions && deployment]);
    const pool = this.#processes.get(key) ??
      new StandbyPool(new ProcessLauncher(options), 0, this.limits, this.captures);
    this.#processes.set(key, pool);
    return pool;
  }

  /** The names of workers that did not yield when they were ended: see {@linkcode StandbyPool.loops}. */
  get loops(): string[] {
    return this.#all.flatMap(({ loops }) => loops);
  }

  /** How long each standby worker has been waiting, in milliseconds. */
  get standbyMs(): number[] {
    return this.#all.flatMap(({ standbyMs }) => standbyMs);
  }

  /** Changes the number of threads to keep ready in any case. */
  resize(size: number): void {
    this.threads.resize(size);
  }

  /** Ends all workers; resolves when they have ended, except those in {@linkcode loops}. */
  async close(): Promise<void> {
    await Promise.all(this.#all.map((pool) => pool.close()));
  }

  get #all(): StandbyPool[] {
    return [this.threads, ...this.#processes.values()];
  }
}
