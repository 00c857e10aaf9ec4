import type { Deployment } from "../deployment/deployment.ts";
import { LoadFailure } from "../deployment/version.ts";
import { formatError, LoadError } from "../errors/mod.ts";
import type { ExecutorEntry } from "../executor/entry.ts";
import type { Logger } from "../log/logger.ts";
import { toPath } from "../runtime/paths.ts";
import type { Watcher } from "../watch/watcher.ts";
import { type LoadedFiles, Scope, type ScopeOptions, type Snapshot } from "./scope.ts";

/** A deployment whose files are looked after. */
export interface Managed {
  readonly deployment: Deployment;
  /** What it runs now; `undefined` when its YAML could not be read yet. */
  entry: ExecutorEntry | undefined;
  /** Finds out anew what it is to run: reads the YAML again. */
  resolve(): Promise<ExecutorEntry>;
  /** Whether changes of source files reload it. */
  readonly reload: boolean;
  /** The YAML whose changes restart it. */
  readonly yaml?: string;
}

/** Keeps one deployment at what is on disk: one load at a time, and the newest wins. */
export class Reloader {
  readonly scope: Scope;
  /** Files that changed since the load under way began. */
  #next?: ReadonlySet<string>;
  /** Files of a load that failed midway through the next save. */
  #postponed: ReadonlySet<string> = new Set();
  #running?: AbortController;
  #idle: Promise<void> = Promise.resolve();
  #closed = false;

  /**
   * @param managed The deployment.
   * @param log The Flow's log.
   * @param watcher What tells of its files.
   * @param changed Called when other folders have to be watched.
   */
  constructor(
    private readonly managed: Managed,
    private readonly log: Logger,
    private readonly watcher: Watcher,
    private readonly changed: () => Promise<void>,
  ) {
    this.scope = new Scope(this.#scopeOptions());
  }

  /** Loads what the entry names for the first time. */
  async start(): Promise<void> {
    const { deployment, entry } = this.managed;
    this.scope.set(this.#scopeOptions());
    if (entry === undefined) return;
    try {
      const { ms } = await deployment.swap(entry, "start");
      deployment.logger.debug(`version 1 serves after ${ms.toFixed(1)} ms`);
    } catch (error) {
      if (error instanceof LoadFailure) this.scope.imports(error.files, false);
      throw error;
    }
  }

  /** Begins to watch the files of the first load, and compares them with what was loaded. */
  async settle(): Promise<void> {
    const loaded = this.managed.deployment.serving?.loaded;
    const stale = await this.#adopt(loaded?.files ?? [], new Map(), loaded !== undefined);
    if (stale.length > 0) this.#queue(stale);
    if (this.scope.cut) {
      this.managed.deployment.logger.warning(
        "its folder has too many subfolders: only the first ones are watched",
      );
    }
  }

  /**
   * Looks at files that have settled.
   *
   * @param paths Paths of this deployment.
   * @param blank Files that were empty or gone already a moment ago.
   * @returns Files that are empty or gone now: to be looked at again, since many writers begin with that.
   */
  async look(paths: Iterable<string>, blank: ReadonlySet<string>): Promise<string[]> {
    const again: string[] = [];
    const changed: string[] = [];
    for (const path of paths) {
      const state = await this.scope.look(path, blank.has(path));
      if (state === "blank") again.push(path);
      // Saving a file again as it is means: try again. There is something to try only after a failure.
      else if (state === "same" || (state === "touched" && !this.#failed)) continue;
      else if (this.scope.meaning(path) !== "process") changed.push(path);
      else this.log.warning(`${path} has changed: restart the process to apply it`);
    }
    if (changed.length > 0) this.#queue(changed);
    return again;
  }

  /** Gives up the load under way; resolves when nothing is going on any more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#running?.abort(new Error("the Flow is closed"));
    await this.#idle;
  }

  get #failed(): boolean {
    return this.managed.deployment.history.lastError !== undefined;
  }

  #queue(paths: Iterable<string>): void {
    if (this.#closed) return;
    this.#next = new Set([...this.#postponed, ...this.#next ?? [], ...paths]);
    this.#postponed = new Set();
    if (this.#running !== undefined) this.#running.abort(new Error("a newer change came in"));
    else this.#idle = this.#work(this.#next);
  }

  async #work(paths: ReadonlySet<string>): Promise<void> {
    const running = this.#running = new AbortController();
    this.#next = undefined;
    const before = this.scope.snapshot();
    let left: Iterable<string> = [];
    try {
      const files = await this.#apply(paths, running.signal);
      if (files !== undefined) left = await this.#adopt(files, before, true);
    } catch (error) {
      // A load that was given up leaves its files to the one that takes its place.
      if (running.signal.aborted) left = paths;
      else if (await this.#midway(paths, error)) this.#postponed = paths;
      else left = await this.#adopt(this.#report(error), before, false);
    }
    this.#running = undefined;
    const next = new Set([...left, ...this.#next ?? []]);
    if (next.size > 0 && !this.#closed) await this.#work(next);
  }

  /** Whether the load failed over a file that is being written again; its writer's end brings the next load. */
  async #midway(paths: ReadonlySet<string>, error: unknown): Promise<boolean> {
    const { yaml } = this.managed;
    const read = error instanceof LoadFailure ? error.files : [];
    const all = [...paths, ...read.map(([path]) => path), ...(yaml === undefined ? [] : [yaml])];
    return await this.scope.moved(all) || all.some((path) => this.watcher.isWriting(path));
  }

  /** Brings the newest files to serve; answers the files that were loaded, or nothing when nothing was to be done. */
  async #apply(paths: ReadonlySet<string>, signal: AbortSignal): Promise<LoadedFiles | undefined> {
    const { deployment, yaml } = this.managed;
    if (this.scope.isServed) return void this.#back();
    this.#announce(paths);
    // A YAML that could not be applied yet is applied with whatever is mended next.
    const restart = yaml !== undefined && this.scope.differs(yaml);
    const entry = restart ? await this.#resolve(yaml) : this.managed.entry;
    if (entry === undefined) return void (this.#postponed = paths);
    this.scope.set(this.#scopeOptions(entry));
    const before = deployment.serving?.loaded?.className;
    const { version, ms } = await deployment.swap(entry, restart ? "restart" : "reload", signal);
    this.managed.entry = entry;
    const loaded = deployment.serving?.loaded;
    if (!restart && before !== undefined && loaded !== undefined && before !== loaded.className) {
      deployment.logger.info(`the Executor is called ${loaded.className} now, it was ${before}`);
    }
    deployment.logger.info(`version ${version} serves after ${ms.toFixed(1)} ms`);
    return loaded?.files;
  }

  /** Reads the YAML. A second time, when it was read in the middle of a save that is over by now. */
  async #resolve(yaml: string): Promise<ExecutorEntry | undefined> {
    for (let last = false;; last = true) {
      try {
        return await this.managed.resolve();
      } catch (error) {
        if (!(error instanceof LoadError)) throw error;
        if (this.watcher.isWriting(yaml) || await this.scope.moved([yaml])) return undefined;
        if (last) throw error;
      }
    }
  }

  #announce(paths: ReadonlySet<string>): void {
    const { deployment, yaml } = this.managed;
    if (yaml !== undefined && paths.has(yaml)) {
      this.log.info(
        `change in Executor configuration YAML ${yaml} observed, restarting Executor deployment`,
      );
    }
    const sources = [...paths].filter((path) => path !== yaml).map((path) => `'${path}'`);
    if (sources.length > 0) {
      deployment.logger.info(`detected changes in: [${sources.join(", ")}]. Refreshing the Executor`);
    }
  }

  /** The files are again what the serving version was loaded from. */
  #back(): void {
    const { history, logger, serving } = this.managed.deployment;
    this.scope.set(this.#scopeOptions());
    if (!this.#failed) return;
    history.lastError = undefined;
    logger.info(`the files are again as version ${serving?.number} was loaded from; it keeps serving`);
  }

  /** Says what is wrong; answers the files among which the mistake is. */
  #report(error: unknown): LoadedFiles {
    const { serving, history, logger } = this.managed.deployment;
    if (!(error instanceof LoadFailure || error instanceof LoadError)) {
      logger.error(`could not be refreshed: ${(error as Error).stack}`);
      return [];
    }
    // A failure of the load is in the history already.
    if (error instanceof LoadError) history.failed(0, "restart", performance.now(), error.info);
    const rest = serving === undefined
      ? "nothing serves until the next good save"
      : `version ${serving.number} keeps serving`;
    logger.error(`could not load the new version; ${rest}\n${formatError(error.info)}`);
    return error instanceof LoadFailure ? error.files : [];
  }

  /** Watches what was loaded, and only then compares: a save in between is either seen or told. */
  async #adopt(files: LoadedFiles, before: Snapshot, serves: boolean): Promise<string[]> {
    this.scope.imports(files, serves);
    const fresh = await this.scope.refresh();
    await this.changed();
    return [...fresh, ...await this.scope.verify(files, before, serves)];
  }

  #scopeOptions(entry = this.managed.entry): ScopeOptions {
    const { reload, yaml, deployment } = this.managed;
    const modules = (entry?.modules ?? []).filter(({ url, required }) => required && url.startsWith("file:"))
      .map(({ url }) => toPath(url));
    return {
      modules: modules.slice(0, 1),
      extra: modules.slice(1),
      ...(yaml !== undefined && { yaml }),
      sources: reload,
      except: entry === undefined ? [] : [deployment.workspaceOf(entry)],
    };
  }
}
