import type { Deployment } from "../deployment/deployment.ts";
import { onAbort } from "../async/abort.ts";
import type { Logger } from "../log/logger.ts";
import { Watcher } from "../watch/watcher.ts";
import { ConfigReloader, type ConfigTarget } from "./config_reloader.ts";
import type { DeploymentSource, LoadObserver, Shared } from "./deployment_source.ts";
import { Reloader } from "./reloader.ts";

export type { ConfigTarget } from "./config_reloader.ts";
export type { DeploymentSource, LoadObserver } from "./deployment_source.ts";

/** The interval between two checks of symbolic links, in milliseconds. */
const LINKS_MS = 200;

/** Reloads and restarts the deployments of a Flow when their files change. */
export class ReloadManager {
  readonly #shared: Shared;
  readonly #watcher: Watcher;
  #reloaders: readonly Reloader[];
  #configReloader?: ConfigReloader;
  /** Files that were empty or gone when they were checked last. */
  readonly #empty = new Set<string>();
  #checking: Promise<void> = Promise.resolve();
  #watching: Promise<string[]> = Promise.resolve([]);
  #linksTimer?: ReturnType<typeof setTimeout>;
  #closed = false;

  /**
   * @param poll Whether files are polled instead of waiting for events; the interval, in milliseconds.
   * @param observer What the loads are reported to.
   */
  constructor(
    sources: readonly DeploymentSource[],
    private readonly log: Logger,
    poll: boolean | number = false,
    observer?: LoadObserver,
  ) {
    this.#watcher = new Watcher((paths) => this.#settled(paths), { poll, warn: (text) => log.warning(text) });
    this.#shared = {
      log,
      ...(observer && { observer }),
      settler: this.#watcher.settler,
      isElsewhere: (path, files) =>
        this.#reloaders.some((other) => other.files !== files && other.files.owns(path)),
      rewatch: () => this.#rewatch(),
    };
    this.#reloaders = sources.map((source) => new Reloader(source, this.#shared));
  }

  /**
   * Loads all deployments for the first time, and watches their files.
   *
   * @throws {LoadError} When one cannot be loaded, and no watched file could fix that.
   */
  async start(): Promise<void> {
    await Promise.all(this.#reloaders.map((reloader) => reloader.start()));
  }

  /**
   * Loads all deployments again, whether or not their files have changed.
   *
   * @param isFresh Whether in new workers, whatever their options say.
   * @throws {LoadError} When one cannot be loaded, once all are done.
   */
  async reload(isFresh = false): Promise<void> {
    const all = await Promise.allSettled(this.#reloaders.map((reloader) => reloader.reload(isFresh)));
    const failed = all.find((one) => one.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  /** What is watched for a deployment: folders end with a separator. */
  watchedFor(deployment: Deployment): string[] {
    return this.#reloaders.find(({ source }) => source.deployment === deployment)?.files.watched ?? [];
  }

  /** Applies a file to a target whenever it changes. */
  async follow(target: ConfigTarget): Promise<void> {
    this.#configReloader = new ConfigReloader(target, this.#shared);
    await this.#configReloader.start();
  }

  /**
   * Loads a further deployment for the first time, and watches its files.
   *
   * @param signal Aborted when it is no longer needed.
   * @throws {LoadError} When it cannot be loaded, even if a save could fix that.
   */
  async bring(source: DeploymentSource, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const reloader = new Reloader(source, this.#shared);
    this.#reloaders = [...this.#reloaders, reloader];
    const removeListener = onAbort(signal, () => void reloader.close());
    await reloader.start("strictly").finally(removeListener);
  }

  /** Stops watching the files of these deployments, and gives up their loads. */
  async drop(deployments: readonly Deployment[]): Promise<void> {
    const dropped = this.#reloaders.filter(({ source }) => deployments.includes(source.deployment));
    this.#reloaders = this.#reloaders.filter((reloader) => !dropped.includes(reloader));
    await Promise.all(dropped.map((reloader) => reloader.close()));
    await this.#rewatch();
  }

  /** Stops watching, and gives up all loads. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#watcher.close();
    clearTimeout(this.#linksTimer);
    await this.#configReloader?.close();
    await Promise.all(this.#reloaders.map((reloader) => reloader.close()));
    await this.#checking;
  }

  get #all(): readonly (Reloader | ConfigReloader)[] {
    return this.#configReloader === undefined ? this.#reloaders : [this.#configReloader, ...this.#reloaders];
  }

  /** Watches the folders of all reloaders as they are when the calls before are done. Returns the new folders. */
  #rewatch(): Promise<string[]> {
    const next = this.#watching.then(() => {
      this.#pollLinks();
      return this.#watcher.watch(this.#all.flatMap(({ files }) => [...files.folders]));
    });
    this.#watching = next.catch(() => []);
    return next;
  }

  /** Polls symbolic links, if there are any: Deno drops the events of a link whose target is outside of its folder. */
  #pollLinks(): void {
    if (this.#closed || !this.#all.some(({ files }) => files.symlinks.hasLinks)) return;
    this.#linksTimer ??= setTimeout(async () => {
      const changed = await Promise.all(this.#all.map(({ files }) => files.symlinks.changedLinks()));
      if (changed.flat().length > 0) this.#settled(changed.flat());
      this.#linksTimer = undefined;
      this.#pollLinks();
    }, LINKS_MS);
  }

  /** Checks paths, once those before are checked: each check compares with what the one before it found. */
  #settled(paths: readonly string[]): void {
    this.#checking = this.#checking.then(() => this.#check(paths)).catch((error) => {
      this.log.error(`could not check ${paths.join(", ")}: ${(error as Error).stack}`);
    });
  }

  async #check(paths: readonly string[]): Promise<void> {
    if (this.#closed) return;
    const wereEmpty = new Set(this.#empty);
    for (const path of paths) this.#empty.delete(path);
    const processFiles = new Set<string>();
    for (const reloader of this.#all) {
      const { files } = reloader;
      const affected = new Set((await Promise.all(paths.map((path) => files.filesAffectedBy(path)))).flat());
      for (const path of reloader.check(affected, wereEmpty, (path) => processFiles.add(path))) {
        this.#empty.add(path);
        this.#watcher.settler.settleLater(path);
      }
      // The load is under way by now, so this does not delay it.
      if (await files.symlinks.haveMoved(affected)) await files.refresh();
    }
    for (const path of processFiles) this.log.warning(`${path} has changed: restart the process to apply it`);
    // Events do not report what came into a new folder before it was watched.
    const newFolders = await this.#rewatch();
    if (newFolders.length > 0) await this.#check(newFolders);
  }
}
