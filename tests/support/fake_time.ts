/** Lets everything run that needs no time: promises, and messages that are sent once a turn. */
export async function settled(turns = 4): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** The time that `Date.now()` begins at. */
const EPOCH = 100_000;

interface Timer {
  at: number;
  readonly callback: () => void;
  readonly everyMs?: number;
}

/** Timers, `Date.now()` and `performance.now()` that move only when the test says so, until it is disposed. */
export class FakeTime implements Disposable {
  readonly #timers = new Map<number, Timer>();
  #now = 0;
  #lastId = 0;
  readonly #restore: () => void;

  constructor() {
    const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;
    const { now } = Date;
    this.#restore = () => {
      Object.assign(globalThis, { setTimeout, clearTimeout, setInterval, clearInterval });
      Date.now = now;
    };
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
    Date.now = () => EPOCH + this.#now;
  }

  /** The number of timers that are set. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Lets time pass. Timers run at their times, and everything that follows from each before the next one. */
  async tick(ms: number): Promise<void> {
    const until = this.#now + ms;
    do await settled(); while (this.#runNext(until));
    this.#now = until;
  }

  /** Lets time pass at once. Timers run at their times, and promises settle later. */
  pass(ms: number): void {
    const until = this.#now + ms;
    while (this.#runNext(until));
    this.#now = until;
  }

  [Symbol.dispose](): void {
    this.#restore();
    delete (performance as Partial<Performance>).now;
  }

  /** Runs the next timer that is due. Returns whether there was one. */
  #runNext(until: number): boolean {
    const [next] = [...this.#timers].filter(([, { at }]) => at <= until).sort(([, a], [, b]) => a.at - b.at);
    if (next === undefined) return false;
    const [id, timer] = next;
    this.#now = timer.at;
    if (timer.everyMs === undefined) this.#timers.delete(id);
    else timer.at += timer.everyMs;
    timer.callback();
    return true;
  }

  #add(timer: Timer): number {
    this.#timers.set(++this.#lastId, timer);
    return this.#lastId;
  }
}
