import type { FsEvent } from "../runtime/mod.ts";
import { forEachLimited } from "../async/for_each_limited.ts";
import { PolledFolder, SETTLE_MS } from "./_polled_folder.ts";

/** How long to wait between two looks when nothing else is asked for. */
const INTERVAL_MS = 100;
/** Looking takes one part in so many of the time, unless the pause would be longer than this. */
const SHARE = 5;
const LONGEST_PAUSE_MS = 1_000;
/** How many folders are looked at at a time: on a network each answer takes a while. */
const CONCURRENCY = 4;

/**
 * Watches folders by looking at them again and again, where no events tell of changes: on mounts of a network or of
 * another system. It is to be used as `watch()` of the runtime is.
 */
export class Poller {
  readonly #folders = new Set<PolledFolder>();
  #timer?: ReturnType<typeof setTimeout>;
  #first: Promise<unknown> = Promise.resolve();

  /** @param interval How long to wait between two looks, in milliseconds. */
  constructor(readonly interval: number = INTERVAL_MS) {}

  /**
   * Watches a folder, not its subfolders. What happens once {@linkcode Poller.ready} has resolved is told.
   *
   * @param path The folder.
   * @param callback Called with what has changed: `writing` at once, `done` when it has not changed any more.
   * @returns What ends it.
   */
  watch(path: string, callback: (event: FsEvent) => void): () => void {
    const folder = new PolledFolder(path, callback);
    this.#folders.add(folder);
    this.#first = Promise.all([this.#first, folder.look()]);
    this.#timer ??= setTimeout(() => this.#look(0), this.interval);
    return () => {
      folder.close();
      this.#folders.delete(folder);
      if (this.#folders.size > 0) return;
      clearTimeout(this.#timer);
      this.#timer = undefined;
    };
  }

  /** Resolves when all folders were looked at for the first time. */
  async ready(): Promise<void> {
    await this.#first;
  }

  /**
   * Looks at all folders, or only at what has changed and may change further.
   *
   * @param due When to look at all folders again, as `performance.now()` counts.
   */
  async #look(due: number): Promise<void> {
    const began = performance.now();
    const all = began >= due;
    const timer = this.#timer;
    await forEachLimited(
      [...this.#folders],
      CONCURRENCY,
      (folder) => all ? folder.look() : folder.lookTwice(),
    );
    // It was stopped meanwhile, and perhaps begun anew.
    if (timer !== this.#timer || timer === undefined) return;
    const now = performance.now();
    const pause = Math.min((SHARE - 1) * (now - began), LONGEST_PAUSE_MS);
    const next = all ? now + Math.max(this.interval, pause) : due;
    const restless = [...this.#folders].some((folder) => folder.isChanging);
    // A little more: timers may come early.
    const wait = restless ? Math.min(SETTLE_MS + 2, next - now) : next - now;
    this.#timer = setTimeout(() => this.#look(next), Math.max(0, wait));
  }
}
