import { after } from "./deadline.ts";

/** The wait after the second job in a row that was given up; each further one doubles it. In milliseconds. */
const MIN_WAIT_MS = 20;

/** What a {@linkcode LatestJob} does. */
export interface JobOptions<Input> {
  /**
   * Does the work once.
   *
   * @param input What to work on.
   * @param signal Aborted when a newer request came in, or at the end; the job then rejects as soon as it can.
   * @returns Input that another run has to work on, if any.
   */
  run(input: Input, signal: AbortSignal): Promise<Input | undefined>;
  /** Combines the inputs of two requests into one. */
  merge(older: Input, newer: Input): Input;
  /** Called when a run rejects without having been aborted. */
  onError(error: unknown): void;
  /** The longest wait between runs that are given up again and again, in milliseconds. @default 0 */
  readonly maxWaitMs?: number;
}

/**
 * Runs one job at a time. A newer request aborts the run under way, and its run inherits the input of the aborted one.
 */
export class LatestJob<Input> {
  #pending?: Input;
  #running?: AbortController;
  #idle: Promise<void> = Promise.resolve();
  #closed = false;

  /**
   * @param options What the job does.
   * @param wait Calls back after a time.
   */
  constructor(
    private readonly options: JobOptions<Input>,
    private readonly wait: (ms: number, callback: () => void) => void = after,
  ) {}

  /** Resolves when nothing is under way. Never rejects. */
  get idle(): Promise<void> {
    return this.#idle;
  }

  /** Runs the job with this input: at once, or as soon as the run under way has ended. */
  request(input: Input): void {
    if (this.#closed) return;
    this.#pending = this.#pending === undefined ? input : this.options.merge(this.#pending, input);
    if (this.#running === undefined) this.#idle = this.#runAll();
    else this.#running.abort(new Error("a newer change came in"));
  }

  /** Aborts the run under way, and ignores further requests. Resolves when nothing is under way. */
  close(reason: Error): Promise<void> {
    this.#closed = true;
    this.#running?.abort(reason);
    return this.#idle;
  }

  async #runAll(): Promise<void> {
    let givenUp = 0;
    while (this.#pending !== undefined && !this.#closed) {
      const input = this.#pending;
      this.#pending = undefined;
      const { signal } = this.#running = new AbortController();
      let left: Input | undefined;
      try {
        left = await this.options.run(input, signal);
        givenUp = 0;
      } catch (error) {
        if (signal.aborted) [left, givenUp] = [input, givenUp + 1];
        else this.options.onError(error);
      }
      if (left !== undefined) {
        this.#pending = this.#pending === undefined ? left : this.options.merge(left, this.#pending);
      }
      if (givenUp > 1) await this.#pause(givenUp);
    }
    this.#running = undefined;
  }

  /** Lets further requests come in where each run would be given up for the next one. */
  async #pause(givenUp: number): Promise<void> {
    const ms = Math.min(MIN_WAIT_MS * 2 ** (givenUp - 2), this.options.maxWaitMs ?? 0);
    if (ms > 0 && !this.#closed) await new Promise<void>((resolve) => this.wait(ms, resolve));
  }
}
