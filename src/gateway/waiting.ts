import { runtime } from "../runtime/mod.ts";
import { Cancel } from "../runtime/cancel.ts";

/** How often the requests that take longer are looked at. */
const SWEEP_MS = 20;

/**
 * A request that is being handled. Lets go of everything when it is over: V8's sets and maps keep what was deleted
 * from them until a full collection, and with each request all that it has come to hold.
 */
class Pending extends Cancel {
  readonly since = Date.now();

  constructor(public request?: Request) {
    super();
  }

  override release(): void {
    super.release();
    this.request = undefined;
  }
}

/**
 * Cancels requests whose client is gone or whose time is up. Most requests are answered before the first sweep, and
 * cost it nothing: asking the runtime for a client's disconnect is expensive.
 */
export class Waiting {
  readonly #pending = new Set<Pending>();
  #timer?: ReturnType<typeof setInterval>;

  /** @param timeoutMs How long a request may take. */
  constructor(private readonly timeoutMs = Infinity) {}

  /** Begins to look after a request. */
  begin(request: Request): Cancel {
    const pending = new Pending(request);
    this.#pending.add(pending);
    this.#timer ??= setInterval(() => this.#sweep(), SWEEP_MS);
    return pending;
  }

  /** The request was answered. */
  end(pending: Cancel): void {
    this.#pending.delete(pending as Pending);
    pending.release();
  }

  #sweep(): void {
    if (this.#pending.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    const now = Date.now();
    for (const pending of this.#pending) {
      if (now - pending.since > this.timeoutMs) {
        pending.cancel(new DOMException(`the request took longer than ${this.timeoutMs} ms`, "TimeoutError"));
      }
      const { request } = pending;
      if (request === undefined || now - pending.since < SWEEP_MS) continue;
      // Once is enough.
      pending.request = undefined;
      runtime.onDisconnect(
        request,
        () => pending.cancel(new DOMException("the client is gone", "AbortError")),
      );
    }
  }
}
