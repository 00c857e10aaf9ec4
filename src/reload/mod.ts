/** Watches the files of all deployments of a Flow. @module */
import type { Logger } from "../log/logger.ts";
import { Watcher } from "../watch/watcher.ts";
import type { Managed } from "./managed.ts";
import { Reloader } from "./reloader.ts";

export type { Managed } from "./managed.ts";

/** Reloads and restarts the deployments of a Flow when their files change. */
export class Reloads {
  readonly #reloaders: Reloader[];
  readonly #watcher: Watcher = new Watcher((paths) => this.#settled(paths));
  /** Files that were empty or gone when they were looked at last. */
  readonly #blank = new Set<string>();
  #looking: Promise<void> = Promise.resolve();
  #watching: Promise<string[]> = Promise.resolve([]);
  #closed = false;

  constructor(managed: readonly Managed[], private readonly log: Logger) {
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

  /**
   * Loads all deployments anew, whether or not something has changed.
   *
   * @throws {LoadError} When one cannot be loaded, once all are done.
   */
  async reload(): Promise<void> {
    const all = await Promise.allSettled(this.#reloaders.map((reloader) => reloader.reload()));
    const failed = all.find((one) => one.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  /** What is watched for each deployment, in their order: folders end with a separator. */
  get watched(): string[][] {
    return this.#reloaders.map(({ scope }) => scope.watched);
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
