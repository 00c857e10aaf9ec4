/** Watches the files of all deployments of a Flow. @module */
import type { Logger } from "../log/logger.ts";
import { Watcher } from "../watch/watcher.ts";
import { type Managed, Reloader } from "./reloader.ts";

export type { Managed } from "./reloader.ts";

/** Reloads and restarts the deployments of a Flow when their files change. */
export class Reloads {
  readonly #reloaders: Reloader[];
  readonly #watcher: Watcher;
  /** Files that were empty or gone when they were looked at last. */
  readonly #blank = new Set<string>();
  #looking: Promise<void> = Promise.resolve();
  #watching: Promise<string[]> = Promise.resolve([]);
  #closed = false;

  /**
   * @param managed The deployments.
   * @param log The Flow's log.
   * @param poll Whether, or how often, files are looked at without being told of changes.
   */
  constructor(managed: readonly Managed[], private readonly log: Logger, poll: boolean | number = false) {
    this.#watcher = new Watcher((paths) => this.#settled(paths), { poll, warn: (text) => log.warning(text) });
    this.#reloaders = managed.map((item) => new Reloader(item, log, this.#watcher, () => this.#rewatch()));
  }

  /**
   * Loads all deployments for the first time, and watches their files.
   *
   * @throws {LoadError} When one cannot be loaded, and nothing that is watched could mend it.
   */
  async start(): Promise<void> {
    await Promise.all(this.#reloaders.map((reloader) => reloader.start()));
  }

  /** Stops watching and gives up what is being loaded. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#watcher.close();
    await Promise.all(this.#reloaders.map((reloader) => reloader.close()));
    await this.#looking;
  }

  /** One after the other: each watches what all deployments want by then. Answers the folders that are new. */
  #rewatch(): Promise<string[]> {
    const next = this.#watching.then(() =>
      this.#watcher.watch(this.#reloaders.flatMap(({ scope }) => [...scope.folders]))
    );
    this.#watching = next.catch(() => []);
    return next;
  }

  /** One look at a time: each compares files with what the one before it found. */
  #settled(paths: readonly string[]): void {
    this.#looking = this.#looking.then(() => this.#look(paths)).catch((error) => {
      this.log.error(`could not look at ${paths.join(", ")}: ${(error as Error).stack}`);
    });
  }

  async #look(paths: readonly string[]): Promise<void> {
    if (this.#closed) return;
    const blank = new Set(this.#blank);
    for (const path of paths) this.#blank.delete(path);
    for (const reloader of this.#reloaders) {
      const own = new Set((await Promise.all(paths.map((path) => reloader.scope.match(path)))).flat());
      for (const path of reloader.look(own, blank)) {
        this.#blank.add(path);
        this.#watcher.again(path);
      }
    }
    // What came into a new folder before it was watched was not told.
    const added = await this.#rewatch();
    if (added.length > 0) await this.#look(added);
  }
}
