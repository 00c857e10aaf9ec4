import type { FsEvent } from "../runtime/mod.ts";
import { forEachLimited } from "../async/for_each_limited.ts";
import { PolledFolder, SETTLE_MS } from "./_polled_folder.ts";

/** The interval between two scans by default, in milliseconds. */
const INTERVAL_MS = 100;
/** Scans take at most one part in five of the time, unless the pause would be longer than MAX_PAUSE_MS. */
const SHARE = 5;
const MAX_PAUSE_MS = 1_000;
/** How many folders are scanned at a time: on a network each answer takes a while. */
const CONCURRENCY = 4;

/**
 * Watches folders by polling, where the file system reports no events: on mounts of a network or of another system.
 * Its `watch()` is used as that of the runtime.
 */
export class Poller {
  readonly #folders = new Set<PolledFolder>();
  #timer?: ReturnType<typeof setTimeout>;
  #firstScans: Promise<unknown> = Promise.resolve();

  /** @param interval The interval between two scans, in milliseconds. */
  constructor(readonly interval: number = INTERVAL_MS) {}

  /**
   * Watches a folder, not its subfolders. Changes are reported once {@linkcode Poller.ready} has resolved.
   *
   * @param callback Called with each change: `writing` at once, `done` when the file does not change any more.
   * @returns What ends the watch, at once.
   */
  watch(path: string, callback: (event: FsEvent) => void): () => Promise<void> {
    const folder = new PolledFolder(path, callback);
    this.#folders.add(folder);
    this.#firstScans = Promise.all([this.#firstScans, folder.scan()]);
    this.#timer ??= setTimeout(() => this.#scan(0), this.interval);
    return () => Promise.resolve(this.#end(folder));
  }

  /** Resolves when all folders have been scanned for the first time. */
  async ready(): Promise<void> {
    await this.#firstScans;
  }

  #end(folder: PolledFolder): void {
    folder.close();
    this.#folders.delete(folder);
    if (this.#folders.size > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /**
   * Scans all folders, or only the files that may still be changing.
   *
   * @param due When the next scan of all folders is due, as `performance.now()` counts.
   */
  async #scan(due: number): Promise<void> {
    const began = performance.now();
    const isDue = began >= due;
    const timer = this.#timer;
    await forEachLimited(
      [...this.#folders],
      CONCURRENCY,
      (folder) => isDue ? folder.scan() : folder.scanChanging(),
    );
    // Polling was ended meanwhile, and perhaps begun again.
    if (timer !== this.#timer || timer === undefined) return;
    const now = performance.now();
    const pause = Math.min((SHARE - 1) * (now - began), MAX_PAUSE_MS);
    const next = isDue ? now + Math.max(this.interval, pause) : due;
    const isChanging = [...this.#folders].some((folder) => folder.isChanging);
    // Timers may fire a little early.
    const wait = isChanging ? Math.min(SETTLE_MS + 2, next - now) : next - now;
    this.#timer = setTimeout(() => this.#scan(next), Math.max(0, wait));
  }
}
