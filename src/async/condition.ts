import type { CancelToken } from "./cancel_token.ts";
import { silentDeferred } from "./silent_deferred.ts";

/** A condition variable: calls wait until something changes, then each checks again whether it can go on. */
export class Condition {
  #next: PromiseWithResolvers<void> = silentDeferred();
  #closed = false;
  #held = false;

  /** Whether calls have to wait even if a replica could take them. */
  get isHeld(): boolean {
    return this.#held;
  }

  /** Holds calls until {@linkcode release}. */
  hold(): void {
    this.#held = true;
  }

  /** Lets the calls go on that were held. */
  release(): void {
    this.#held = false;
    this.notifyAll();
  }

  /**
   * Resolves at the next change.
   *
   * @param cancel Rejects at once with its reason.
   */
  wait(cancel?: CancelToken): Promise<void> {
    const { promise } = this.#next;
    if (cancel === undefined) return promise;
    return new Promise((resolve, reject) => {
      promise.then(resolve, reject);
      cancel.onCancel(reject);
    });
  }

  /** Lets all waiting calls check again. */
  notifyAll(): void {
    if (this.#closed) return;
    const { resolve } = this.#next;
    this.#next = silentDeferred();
    resolve();
  }

  /** Rejects all calls that wait, and those that will: no change follows. */
  close(error: Error): void {
    this.#closed = true;
    this.#next.reject(error);
  }
}
