import { raceAbort } from "./abort.ts";

/** A mutex: one holder at a time; the others wait in the order of their calls. */
export class Lock {
  #last: Promise<void> = Promise.resolve();
  #holders = 0;

  /** Whether the lock is held. */
  get isHeld(): boolean {
    return this.#holders > 0;
  }

  /**
   * Waits for the lock.
   *
   * @param signal Aborts the wait.
   * @returns A function that releases the lock; further calls have no effect.
   * @throws The signal's reason, when it is aborted.
   */
  async acquire(signal?: AbortSignal): Promise<() => void> {
    const { promise: released, resolve } = Promise.withResolvers<void>();
    const before = this.#last;
    this.#last = before.then(() => released);
    this.#holders++;
    released.then(() => this.#holders--);
    // Mostly the lock is free; a wait costs listeners.
    if (this.#holders > 1) {
      await raceAbort(before, signal).catch((error) => {
        resolve();
        throw error;
      });
    }
    return resolve;
  }
}
