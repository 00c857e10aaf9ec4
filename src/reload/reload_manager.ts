/** Watches the files of all deployments of a Flow. @module */
import type { Deployment } from "../deployment/deployment.ts";
import { onAbort } from "../async/abort.ts";
import type { Logger } from "../log/logger.ts";
import { LinkChecker } from "../watch/link_checker.ts";
import { Watcher } from "../watch/watcher.ts";
import { ConfigReloader, type ConfigTarget } from "./config_reloader.ts";
import type { DeploymentSource } from "./deployment_source.ts";
import { Reloader } from "./reloader.ts";

export type { ConfigTarget } from "./config_reloader.ts";
export type { DeploymentSource as Managed } from "./deployment_source.ts";

/** Reloads and restarts the deployments of a Flow when their files change. */
export class ReloadManager {
  #reloaders: readonly Reloader[];
  #follower?: ConfigReloader;
  readonly #watcher: Watcher;
  readonly #links = new LinkChecker((links) => this.#settled(links));
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
  constructor(
    managed: readonly DeploymentSource[],
    private readonly log: Logger,
    poll: boolean | number = false,
  ) {
    this.#watcher = new Watcher((paths) => this.#settled(paths), { poll, warn: (text) => log.warning(text) });
    this.#reloaders = managed.map((item) => this.#reloader(item));
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

  /** What is watched for a deployment: folders end with a separator. */
  watchedFor(deployment: Deployment): string[] {
    return this.#reloaders.find(({ managed }) => managed.deployment === deployment)?.scope.watched ?? [];
  }

  /** Follows a file: whenever it changes, what it says is applied. */
  async follow(followed: ConfigTarget): Promise<void> {
    this.#follower = new ConfigReloader(followed, this.log, this.#watcher, () => this.#rewatch());
    await this.#follower.start();
  }

  /**
   * Loads one more deployment for the first time, and watches its files.
   *
   * @param managed The deployment.
   * @param signal Aborted when it is not wanted after all.
   * @throws {LoadError} When it cannot be loaded, whether or not a save could mend that.
   */
  async bring(managed: DeploymentSource, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const reloader = this.#reloader(managed);
    this.#reloaders = [...this.#reloaders, reloader];
    const removeListener = onAbort(signal, () => void reloader.close());
    await reloader.start("strictly").finally(removeListener);
  }

  /** Looks no more after these deployments; gives up what of them is being loaded. */
  async drop(deployments: readonly Deployment[]): Promise<void> {
    const gone = this.#reloaders.filter(({ managed }) => deployments.includes(managed.deployment));
    this.#reloaders = this.#reloaders.filter((reloader) => !gone.includes(reloader));
    await Promise.all(gone.map((reloader) => reloader.close()));
    await this.#rewatch();
  }

  /** Stops watching and gives up what is being loaded. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#watcher.close();
    this.#links.close();
    await this.#follower?.close();
    await Promise.all(this.#reloaders.map((reloader) => reloader.close()));
    await this.#looking;
  }

  #reloader(managed: DeploymentSource): Reloader {
    return new Reloader(managed, {
      log: this.log,
      watcher: this.#watcher,
      isElsewhere: (path, scope) =>
        this.#reloaders.some((other) => other.scope !== scope && other.scope.owns(path)),
      rewatch: () => this.#rewatch(),
    });
  }

  /** All that looks at files. */
  get #lookers(): readonly (Reloader | ConfigReloader)[] {
    return this.#follower === undefined ? this.#reloaders : [this.#follower, ...this.#reloaders];
  }

  /** One after the other: each watches what all deployments want by then. Answers the folders that are new. */
  #rewatch(): Promise<string[]> {
    const next = this.#watching.then(() => {
      if (!this.#closed) this.#links.watch(new Map(this.#lookers.flatMap(({ scope }) => [...scope.links])));
      return this.#watcher.watch(this.#lookers.flatMap(({ scope }) => [...scope.folders]));
    });
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
    const restart = new Set<string>();
    for (const looker of this.#lookers) {
      const own = new Set(
        (await Promise.all(paths.map((path) => looker.scope.filesAffectedBy(path)))).flat(),
      );
      for (const path of looker.look(own, blank, (path) => restart.add(path))) {
        this.#blank.add(path);
        this.#watcher.settleLater(path);
      }
      // By now the load has begun: this costs it nothing.
      await looker.scope.follow(own);
    }
    for (const path of restart) this.log.warning(`${path} has changed: restart the process to apply it`);
    // What came into a new folder before it was watched was not told.
    const added = await this.#rewatch();
    if (added.length > 0) await this.#look(added);
  }
}
