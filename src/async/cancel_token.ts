/**
 * A wish that something stop. Like an `AbortSignal`, but costs next to nothing for the many requests that nobody
 * ever cancels.
 */
export class CancelToken {
  /** Why, once it was cancelled. */
  reason?: Error;
  #listener?: (reason: Error) => void;

  /** Cancels it; only the first time counts. */
  cancel(reason: Error): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    this.#listener?.(reason);
  }

  /** Lets go of whom it would call back: nobody is to be told any more. */
  release(): void {
    this.#listener = undefined;
  }

  /** Calls back when it is cancelled, at once when it was. */
  onCancel(listener: (reason: Error) => void): void {
    if (this.reason !== undefined) return listener(this.reason);
    const before = this.#listener;
    this.#listener = before === undefined ? listener : (reason) => (before(reason), listener(reason));
  }
}
