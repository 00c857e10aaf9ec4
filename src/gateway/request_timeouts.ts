import { onAbort } from "../async/abort.ts";
import { CancelToken } from "../async/cancel_token.ts";

/** The interval at which long requests are checked, in milliseconds. */
const SWEEP_MS = 20;

/** A request in flight. It drops its references when it is over: V8's sets keep deleted entries until a full collection. */
export class PendingRequest extends CancelToken {
  since = Date.now();
  /** The beginning of the message when it takes too long. */
  lateMessage = "the request took longer than";

  /** @param timeoutMs How long it may take, in milliseconds. */
  constructor(public timeoutMs: number, public request?: Request) {
    super();
  }

  override get deadline(): number {
    return this.since + this.timeoutMs;
  }
}

/** Cancels requests whose client is gone or whose time is over. Most are answered before the first sweep, at no cost. */
export class RequestTimeouts {
  readonly #pending = new Set<PendingRequest>();
  #timer?: ReturnType<typeof setInterval>;

  /** @param timeoutMs How long a request may take, in milliseconds. */
  constructor(private readonly timeoutMs = Infinity) {}

  /**
   * Starts the time of a request.
   *
   * @param request The request, when its signal tells that the client is gone.
   */
  begin(request?: Request): PendingRequest {
    const pending = new PendingRequest(this.timeoutMs, request);
    this.#pending.add(pending);
    this.#timer ??= setInterval(() => this.#sweep(), SWEEP_MS);
    return pending;
  }

  /** Restarts the time of a request, when a part of its stream was sent. */
  renew(pending: PendingRequest): void {
    pending.since = Date.now();
    pending.lateMessage = "the stream stood still for more than";
  }

  end(pending: PendingRequest): void {
    this.#pending.delete(pending);
    pending.release();
    pending.request = undefined;
  }

  #sweep(): void {
    if (this.#pending.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    const now = Date.now();
    for (const pending of this.#pending) {
      if (now - pending.since > pending.timeoutMs) {
        pending.cancel(new DOMException(`${pending.lateMessage} ${pending.timeoutMs} ms`, "TimeoutError"));
      }
      const { request } = pending;
      if (request === undefined || now - pending.since < SWEEP_MS) continue;
      // Subscribes only once.
      pending.request = undefined;
      onAbort(request.signal, () => pending.cancel(clientGone()));
    }
  }
}

/** The reason of a request whose client has disconnected. */
export function clientGone(): DOMException {
  return new DOMException("the client is gone", "AbortError");
}
