import { raceAbort } from "./abort.ts";

/** A mutual exclusion lock that is granted in the order of the requests. */
export class Lock {
  #last: Promise<void> = Promise.resolve();
  #holders = 0;

  /** Whether it is held, or waited for. */
  get isHeld(): boolean {
    return this.#holders > 0;
  }

  /**
   * Waits until all earlier holders have released the lock.
   *
   * @param signal Ends the wait.
   * @returns A function that releases the lock; calling it again has no effect.
   * @throws The signal's reason.
   */
  async acquire(signal?: AbortSignal): Promise<() => void> {
    const { promise: released, resolve } = Promise.withResolvers<void>();
    const before = this.#last;
    this.#last = before.then(() => released);
    this.#holders++;
    released.then(() => this.#holders--);
    // Most often the lock is free, and a wait costs listeners.
    if (this.#holders > 1) {
      await raceAbort(before, signal).catch((error) => {
        resolve();
        throw error;
      });
    }
    return resolve;
  }
}
