import { MAX_TIMER_MS } from "../async/deadline.ts";
import { ConnectionError } from "../errors/mod.ts";
import type { OutgoingRequest, RetryOptions } from "./options.ts";

/** Aborts a request when its timeout passes, when the caller's signal is aborted, and when it ends. */
export class RequestTimeout {
  readonly #end = new AbortController();
  readonly #onAbort: () => void;
  #timedOut = false;

  constructor(private readonly outgoing: OutgoingRequest, private readonly options: RetryOptions) {
    const { signal } = options;
    this.#onAbort = () => this.#end.abort(signal?.reason);
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (signal?.aborted) this.#onAbort();
  }

  /** The signal for `fetch`. */
  get signal(): AbortSignal {
    return this.#end.signal;
  }

  /**
   * Waits for a promise that {@linkcode signal} aborts.
   *
   * @throws {ConnectionError} When the `timeout` passes.
   * @throws The reason of the caller's signal when that is aborted; otherwise the reason of the promise.
   */
  async wait<T>(promise: Promise<T>): Promise<T> {
    const { timeout, signal } = this.options;
    const timer = timeout === undefined || timeout > MAX_TIMER_MS ? undefined : setTimeout(() => {
      this.#timedOut = true;
      this.#end.abort(new DOMException(`no answer within ${timeout} ms`, "TimeoutError"));
    }, timeout);
    try {
      return await promise;
    } catch (error) {
      signal?.throwIfAborted();
      if (!this.#timedOut) throw error;
      const { url, requestId } = this.outgoing;
      const message = `Cannot get an answer from ${url} within ${timeout} ms: check its Executors, ` +
        "or set a longer `timeout`";
      throw new ConnectionError(message, { cause: this.#end.signal.reason, requestId });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Aborts what is still in flight. */
  end(): void {
    this.options.signal?.removeEventListener("abort", this.#onAbort);
    this.#end.abort();
  }
}
