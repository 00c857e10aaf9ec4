import type { CancelToken } from "./cancel_token.ts";
import { silentDeferred } from "./silent_deferred.ts";

/** A condition variable: calls wait for the next change, and then check whether they can continue. */
export class Condition {
  #next: PromiseWithResolvers<void> = silentDeferred();
  #closed = false;
  #held = false;

  /** @param onChange Called at each change. */
  constructor(private readonly onChange: () => void = () => {}) {}

  /** Whether calls have to wait although a replica could take them. */
  get isHeld(): boolean {
    return this.#held;
  }

  /** Holds calls until {@linkcode Condition.release}. */
  hold(): void {
    this.#held = true;
  }

  /** Ends {@linkcode Condition.hold}, and wakes the calls that wait. */
  release(): void {
    this.#held = false;
    this.notifyAll();
  }

  /** Resolves at the next change; rejects with the reason of `cancel` when that is cancelled. */
  wait(cancel?: CancelToken): Promise<void> {
    const { promise } = this.#next;
    if (cancel === undefined) return promise;
    return new Promise((resolve, reject) => {
      const forget = cancel.onCancel(reject);
      promise.then(resolve, reject).finally(forget);
    });
  }

  /** Wakes the calls that wait. */
  notifyAll(): void {
    if (this.#closed) return;
    const { resolve } = this.#next;
    this.#next = silentDeferred();
    resolve();
    this.onChange();
  }

  /** Rejects the calls that wait, and all later ones. */
  close(error: Error): void {
    this.#closed = true;
    this.#next.reject(error);
  }
}
