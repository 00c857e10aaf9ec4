import type { CancelToken } from "./cancel_token.ts";
import { silentDeferred } from "./silent_deferred.ts";

/** Where calls wait until something has changed; then each looks for itself whether it can go on. */
export class Condition {
  #next: PromiseWithResolvers<void> = silentDeferred();
  #ended = false;
  #held = false;

  /** Whether calls are held although a replica could take them. */
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

  /** Something has changed. */
  notifyAll(): void {
    if (this.#ended) return;
    const { resolve } = this.#next;
    this.#next = silentDeferred();
    resolve();
  }

  /** Nothing will change any more: all calls that wait, and those that come later, are rejected. */
  close(error: Error): void {
    this.#ended = true;
    this.#next.reject(error);
  }
}
