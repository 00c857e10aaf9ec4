import type { Cancel } from "../runtime/cancel.ts";

/** Where calls wait until something has changed; then each looks for itself whether it can go on. */
export class Waits {
  #next: PromiseWithResolvers<void> = untold();
  #ended = false;

  /**
   * Resolves at the next change.
   *
   * @param cancel Rejects at once with its reason.
   */
  next(cancel?: Cancel): Promise<void> {
    const { promise } = this.#next;
    if (cancel === undefined) return promise;
    return new Promise((resolve, reject) => {
      promise.then(resolve, reject);
      cancel.onCancel(reject);
    });
  }

  /** Something has changed. */
  changed(): void {
    if (this.#ended) return;
    const { resolve } = this.#next;
    this.#next = untold();
    resolve();
  }

  /** Nothing will change any more: whoever waits, or comes to wait, is told. */
  end(error: Error): void {
    this.#ended = true;
    this.#next.reject(error);
  }
}

/** A promise that may be rejected without anyone waiting. */
function untold(): PromiseWithResolvers<void> {
  const resolvers = Promise.withResolvers<void>();
  resolvers.promise.catch(() => {});
  return resolvers;
}
