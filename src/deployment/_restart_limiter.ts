/** How many restarts are allowed within the window before a replica is left down. */
const MAX_RESTARTS = 3;
const WINDOW_MS = 10_000;

/** Limits how often a worker that dies is replaced. */
export class RestartLimiter {
  #restarts: number[] = [];

  /** @param now The current time, in milliseconds. */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Whether one more restart is allowed; counts it. */
  allows(): boolean {
    const now = this.now();
    this.#restarts = [...this.#restarts.filter((at) => now - at < WINDOW_MS), now];
    return this.#restarts.length <= MAX_RESTARTS;
  }

  /** Forgets earlier restarts. Called when new code is loaded. */
  reset(): void {
    this.#restarts = [];
  }
}
