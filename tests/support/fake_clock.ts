import type { Clock } from "../../src/async/clock.ts";

/** A clock that stands still until the test lets time pass. */
export class FakeClock implements Clock {
  #now = 100_000;
  #timers: { readonly at: number; callback(): void }[] = [];

  now(): number {
    return this.#now;
  }

  wait(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + ms, callback };
    this.#timers.push(timer);
    return () => this.#timers = this.#timers.filter((other) => other !== timer);
  }

  /** Lets time pass: timers that are due call back. */
  pass(ms: number): void {
    this.#now += ms;
    for (const timer of this.#timers.filter(({ at }) => at <= this.#now)) {
      this.#timers = this.#timers.filter((other) => other !== timer);
      timer.callback();
    }
  }
}
