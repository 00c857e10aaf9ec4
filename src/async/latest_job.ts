/** The wait after the second run in a row that was given up; it doubles with each further one. In milliseconds. */
const MIN_WAIT_MS = 20;

/** What a {@linkcode LatestJob} does. */
export interface JobOptions<Item> {
  /**
   * Does the work once.
   *
   * @param items What to work on, in the order of the requests.
   * @param signal Aborted by a newer request and at the end; the run then rejects as soon as it can.
   * @returns An item that another run has to work on, if any.
   */
  run(items: readonly Item[], signal: AbortSignal): Promise<Item | undefined>;
  /** Called when a run rejects without having been aborted. */
  onError(error: unknown): void;
  /** The longest wait between runs that are given up again and again, in milliseconds. @default 0 */
  readonly maxWaitMs?: number;
}

/** Runs one job at a time. A newer request aborts the run under way, and the next run inherits its items. */
export class LatestJob<Item> {
  #pending: Item[] = [];
  #running?: AbortController;
  #idle: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(private readonly options: JobOptions<Item>) {}

  /** Resolves when nothing is under way. Never rejects. */
  get idle(): Promise<void> {
    return this.#idle;
  }

  /** Runs the job with an item: at once, or as soon as the run under way has ended. */
  request(item: Item): void {
    if (this.#closed) return;
    this.#pending.push(item);
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
    const { maxWaitMs = 0 } = this.options;
    let givenUp = 0;
    while (this.#pending.length > 0 && !this.#closed) {
      const items = this.#pending;
      this.#pending = [];
      const { signal } = this.#running = new AbortController();
      try {
        const left = await this.options.run(items, signal);
        if (left !== undefined) this.#pending.unshift(left);
        givenUp = 0;
      } catch (error) {
        if (signal.aborted) {
          this.#pending.unshift(...items);
          givenUp++;
        } else this.options.onError(error);
      }
      // Where many requests come one after the other, each run would be given up for the next one.
      const waitMs = givenUp < 2 ? 0 : Math.min(MIN_WAIT_MS * 2 ** (givenUp - 2), maxWaitMs);
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
    this.#running = undefined;
  }
}
