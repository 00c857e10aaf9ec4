import { isLate } from "./deadline.ts";

/** Lets one at a time change what serves; the others wait, in the order they came. */
export class Lock {
  #last: Promise<void> = Promise.resolve();
  #holders = 0;

  /** Whether someone has it, or waits for it. */
  get isHeld(): boolean {
    return this.#holders > 0;
  }

  /**
   * Waits for those before.
   *
   * @param signal Ends the wait.
   * @returns What gives it to the next one; further calls do nothing.
   * @throws The signal's reason.
   */
  async acquire(signal?: AbortSignal): Promise<() => void> {
    const { promise: released, resolve } = Promise.withResolvers<void>();
    const before = this.#last;
    this.#last = before.then(() => released);
    this.#holders++;
    released.then(() => this.#holders--);
    // Most often it is free; a wait costs a timer and listeners.
    if (this.#holders > 1) {
      await isLate(Infinity, before, signal).catch((error) => {
        resolve();
        throw error;
      });
    }
    return resolve;
  }
}
