/** How many restarts are allowed within the window before a replica is left down. */
const MAX_RESTARTS = 3;
const WINDOW_MS = 10_000;

/** Limits how often a worker that dies is replaced. */
export class RestartLimiter {
  #restarts: number[] = [];

  /** Whether one more restart is allowed; counts it. */
  allows(): boolean {
    const now = performance.now();
    this.#restarts = [...this.#restarts.filter((at) => now - at < WINDOW_MS), now];
    return this.#restarts.length <= MAX_RESTARTS;
  }

  reset(): void {
    this.#restarts = [];
  }
}
