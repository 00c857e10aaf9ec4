/** Lets everything run that needs no time: promises, and messages that are sent once a turn. */
export async function settled(turns = 4): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

interface Timer {
  at: number;
  readonly callback: () => void;
  readonly everyMs?: number;
}

/** Timers and `performance.now()` that move only when the test says so, until it is disposed. */
export class FakeTime implements Disposable {
  readonly #timers = new Map<number, Timer>();
  #now = 0;
  #lastId = 0;
  readonly #restore: () => void;

  constructor() {
    const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;
    this.#restore = () => Object.assign(globalThis, { setTimeout, clearTimeout, setInterval, clearInterval });
    const clear = (id?: number) => void this.#timers.delete(id ?? 0);
    Object.assign(globalThis, {
      setTimeout: (callback: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) =>
        this.#add({ at: this.#now + ms, callback: () => callback(...args) }),
      setInterval: (callback: () => void, everyMs = 0) =>
        this.#add({ at: this.#now + everyMs, callback, everyMs }),
      clearTimeout: clear,
      clearInterval: clear,
    });
    performance.now = () => this.#now;
  }

  /** The number of timers that are set. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Lets time pass. Timers run at their times, and everything that follows from each before the next one. */
  async tick(ms: number): Promise<void> {
    const until = this.#now + ms;
    for (;;) {
      await settled();
      const [next] = [...this.#timers].filter(([, { at }]) => at <= until).sort(([, a], [, b]) =>
        a.at - b.at
      );
      if (next === undefined) break;
      const [id, timer] = next;
      this.#now = timer.at;
      if (timer.everyMs === undefined) this.#timers.delete(id);
      else timer.at += timer.everyMs;
      timer.callback();
    }
    this.#now = until;
  }

  [Symbol.dispose](): void {
    this.#restore();
    delete (performance as Partial<Performance>).now;
  }

  #add(timer: Timer): number {
    this.#timers.set(++this.#lastId, timer);
    return this.#lastId;
  }
}
