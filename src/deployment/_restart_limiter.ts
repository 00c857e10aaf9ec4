/** How many ends of a worker within the window are an accident; one more is a habit. */
const LIMIT = 3;
const WINDOW_MS = 10_000;

/** Keeps a worker that dies at once from being replaced in a loop. */
export class RestartLimiter {
  #ends: number[] = [];

  /** Whether one more replacement is sensible; counts it. */
  allows(): boolean {
    const now = performance.now();
    this.#ends = [...this.#ends.filter((end) => now - end < WINDOW_MS), now];
    return this.#ends.length <= LIMIT;
  }

  /** Forgets the past: new code has been loaded. */
  reset(): void {
    this.#ends = [];
  }
}
