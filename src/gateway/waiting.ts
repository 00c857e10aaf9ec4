import { runtime } from "../runtime/mod.ts";
import { CancelToken } from "../async/cancel_token.ts";

/** How often the requests that take longer are looked at. */
const SWEEP_MS = 20;

/**
 * A request that is being handled. Lets go of everything when it is over: V8's sets and maps keep what was deleted
 * from them until a full collection, and with each request all that it has come to hold.
 */
class Pending extends CancelToken {
  since = Date.now();
  /** What takes too long. */
  late = "the request took longer than";

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
export class RequestTimeouts {
  readonly #pending = new Set<Pending>();
  #timer?: ReturnType<typeof setInterval>;

  /** @param timeoutMs How long a request may take. */
  constructor(private readonly timeoutMs = Infinity) {}

  /** Begins to look after a request. */
  begin(request: Request): CancelToken {
    const pending = new Pending(request);
    this.#pending.add(pending);
    this.#timer ??= setInterval(() => this.#sweep(), SWEEP_MS);
    return pending;
  }

  /** Part of its answer was given, and its time begins anew. */
  renew(pending: CancelToken): void {
    Object.assign(pending, { since: Date.now(), late: "the stream stood still for more than" });
  }

  /** The request was answered. */
  end(pending: CancelToken): void {
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
        pending.cancel(new DOMException(`${pending.late} ${this.timeoutMs} ms`, "TimeoutError"));
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
