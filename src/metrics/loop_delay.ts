import { Histogram } from "./histogram.ts";

/** The interval of the timer whose delay is measured, in milliseconds. */
const INTERVAL_MS = 50;
const BOUNDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];

/** Measures how late a timer of the main thread fires: how long its event loop is blocked. */
export class LoopDelay {
  /** The delays, in seconds. */
  readonly delays: Histogram = new Histogram(BOUNDS);
  #longest = 0;
  #timer?: ReturnType<typeof setInterval>;

  /** Begins to measure; does nothing if it has begun. */
  start(): void {
    if (this.#timer !== undefined) return;
    let last = performance.now();
    this.#timer = setInterval(() => {
      const now = performance.now();
      const delay = Math.max(0, now - last - INTERVAL_MS);
      this.delays.observe(delay / 1_000);
      this.#longest = Math.max(this.#longest, delay);
      last = now;
    }, INTERVAL_MS);
  }

  /** The longest delay since the last call, in milliseconds. */
  takeLongest(): number {
    const longest = this.#longest;
    this.#longest = 0;
    return longest;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
