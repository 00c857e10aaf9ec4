import { runtime } from "../runtime/mod.ts";

/** The same signal again within this time is the same wish, sent twice by a process group. */
const IMPATIENCE_MS = 1_000;

/** The first signal that asks the process to end. A later one, a second or more after it, ends the process at once. */
export class Signals {
  /** Resolves when it comes. */
  readonly first: Promise<void>;
  /** Whether it came. */
  came = false;
  /** Listens no more. */
  readonly release: () => void;

  /** @param onFirst Called with the first one's name, at once. */
  constructor(onFirst: (signal: string) => void) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.first = promise;
    let at = 0;
    this.release = runtime.onSignals((signal) => {
      if (this.came && performance.now() - at >= IMPATIENCE_MS) runtime.exit(130);
      if (this.came) return;
      [this.came, at] = [true, performance.now()];
      onFirst(signal);
      resolve();
    });
  }
}
