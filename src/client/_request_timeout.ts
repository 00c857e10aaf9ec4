import { MAX_TIMER_MS } from "../async/deadline.ts";
import { ConnectionError } from "../errors/mod.ts";
import type { Outgoing, Reach } from "./options.ts";

/** Gives up what a request waits for: when it takes too long, when the caller's signal says so, or at its end. */
export class Patience {
  readonly #end = new AbortController();
  readonly #giveUp: () => void;
  #late = false;

  constructor(private readonly outgoing: Outgoing, private readonly reach: Reach) {
    const { signal } = reach;
    this.#giveUp = () => this.#end.abort(signal?.reason);
    signal?.addEventListener("abort", this.#giveUp, { once: true });
    if (signal?.aborted) this.#giveUp();
  }

  /** Aborted when whatever is under way is not wanted any more. */
  get signal(): AbortSignal {
    return this.#end.signal;
  }

  /**
   * Waits for something that {@linkcode signal} ends.
   *
   * @throws {ConnectionError} When it takes longer than the `timeout`.
   * @throws The caller's reason, once its signal is aborted; otherwise what the promise rejects with.
   */
  async wait<T>(promise: Promise<T>): Promise<T> {
    const { timeout, signal } = this.reach;
    const timer = timeout === undefined || timeout > MAX_TIMER_MS ? undefined : setTimeout(() => {
      this.#late = true;
      this.#end.abort(new DOMException(`no answer within ${timeout} ms`, "TimeoutError"));
    }, timeout);
    try {
      return await promise;
    } catch (error) {
      // Whoever gave up knows why.
      signal?.throwIfAborted();
      if (!this.#late) throw error;
      const { url, requestId } = this.outgoing;
      const message = `Cannot get an answer from ${url} within ${timeout} ms: see what its Executors do, ` +
        "or give it a longer `timeout`";
      throw new ConnectionError(message, { cause: this.#end.signal.reason, requestId });
    } finally {
      clearTimeout(timer);
    }
  }

  /** It is over: what is still under way is given up. */
  end(): void {
    this.reach.signal?.removeEventListener("abort", this.#giveUp);
    this.#end.abort();
  }
}
