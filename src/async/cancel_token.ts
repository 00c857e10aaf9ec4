/** Cancels a request. Like an `AbortController`, but almost free for the requests that are never cancelled. */
export class CancelToken {
  /** The reason, after it was cancelled. */
  reason?: Error;
  #listener?: (reason: Error) => void;

  /** When it will be cancelled at the latest, in milliseconds since 1970. */
  get deadline(): number {
    return Infinity;
  }

  /** Cancels; further calls have no effect. */
  cancel(reason: Error): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    this.#listener?.(reason);
  }

  /** Removes the listeners. */
  release(): void {
    this.#listener = undefined;
  }

  /** Calls a listener when it is cancelled; immediately if it is cancelled already. */
  onCancel(listener: (reason: Error) => void): void {
    if (this.reason !== undefined) return listener(this.reason);
    const before = this.#listener;
    this.#listener = before === undefined ? listener : (reason) => (before(reason), listener(reason));
  }
}
