/** How long a change waits for others that come with it, in milliseconds. */
const GATHER_MS = 20;
/** The shortest time between two reports about the same thing, in milliseconds. */
const INTERVAL_MS = 250;

/** Reports changes, at most a few times a second for each thing; the last change is always reported. */
export class Throttle {
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #last = new Map<string, number>();

  constructor(private readonly report: (name: string) => void) {}

  /** Reports soon that something has changed. */
  request(name: string): void {
    if (this.#timers.has(name)) return;
    const due = (this.#last.get(name) ?? -Infinity) + INTERVAL_MS;
    const wait = Math.max(GATHER_MS, due - performance.now());
    this.#timers.set(
      name,
      setTimeout(() => {
        this.#timers.delete(name);
        this.#last.set(name, performance.now());
        this.report(name);
      }, wait),
    );
  }

  /** Drops what was not reported yet. */
  clear(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#last.clear();
  }
}
