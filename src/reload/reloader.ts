import { formatError, LoadError } from "../errors/mod.ts";
import type { Deployment } from "../deployment/deployment.ts";
import { LoadFailure } from "../deployment/version.ts";
import type { ExecutorEntry } from "../executor/entry.ts";
import type { Logger } from "../log/logger.ts";
import { toPath } from "../runtime/paths.ts";
import { Scope, type ScopeOptions, type Snapshot } from "./scope.ts";

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

type LoadedFiles = LoadFailure["files"];

/** What is to be done for one deployment. */
interface Work {
  readonly paths: Set<string>;
  restart: boolean;
}

/** Keeps one deployment at what is on disk: one load at a time, and the newest wins. */
export class Reloader {
  readonly scope: Scope;
  #next?: Work;
  #running?: AbortController;
  #idle: Promise<void> = Promise.resolve();
  #closed = false;

  /**
   * @param managed The deployment.
   * @param log The Flow's log.
   * @param changed Called when other folders have to be watched.
   */
  constructor(
    private readonly managed: Managed,
    private readonly log: Logger,
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
    if (stale.length > 0) this.#queue(stale, false);
  }

  /**
   * Looks at files that have settled.
   *
   * @param paths Paths of this deployment.
   * @param vanished Files that were gone already a moment ago.
   * @returns Files that are gone now: to be looked at again, since editors delete before they write.
   */
  async look(paths: Iterable<string>, vanished: ReadonlySet<string>): Promise<string[]> {
    const gone: string[] = [];
    const sources: string[] = [];
    let restart = false;
    for (const path of paths) {
      const meaning = this.scope.meaning(path);
      const state = await this.scope.look(path);
      if (state === "same") continue;
      if (state === "gone" && !vanished.has(path)) {
        gone.push(path);
        continue;
      }
      if (state === "gone") this.scope.forget(path);
      if (meaning === "yaml") restart = true;
      else if (meaning === "source") sources.push(path);
      else if (meaning === "process") {
        this.log.warning(`${path} has changed: restart the process to apply it`);
      }
    }
    if (restart || sources.length > 0) this.#queue(sources, restart);
    return gone;
  }

  /** Gives up the load under way; resolves when nothing is going on any more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#next = undefined;
    this.#running?.abort(new Error("the Flow is closed"));
    await this.#idle;
  }

  #queue(paths: readonly string[], restart: boolean): void {
    if (this.#closed) return;
    this.#next ??= { paths: new Set(), restart: false };
    for (const path of paths) this.#next.paths.add(path);
    this.#next.restart ||= restart;
    if (this.#running !== undefined) this.#running.abort(new Error("a newer change came in"));
    else this.#idle = this.#work();
  }

  async #work(): Promise<void> {
    const running = this.#running = new AbortController();
    const work = this.#next as Work;
    this.#next = undefined;
    const before = this.scope.snapshot();
    let stale: string[] = [];
    try {
      const files = await this.#apply(work, running.signal);
      if (files !== undefined) stale = await this.#adopt(files, before, true);
    } catch (error) {
      if (running.signal.aborted) this.#merge(work);
      else stale = await this.#adopt(this.#report(error), before, false);
    }
    this.#running = undefined;
    if (this.#closed) return;
    if (stale.length > 0) this.#merge({ paths: new Set(stale), restart: false });
    if (this.#next !== undefined) await this.#work();
  }

  /** A load that was given up leaves its work to the one that took its place. */
  #merge(work: Work): void {
    this.#next ??= { paths: new Set(), restart: false };
    for (const path of work.paths) this.#next.paths.add(path);
    this.#next.restart ||= work.restart;
  }

  /** Brings the newest files to serve; answers the files that were loaded, or nothing when there was nothing to do. */
  async #apply({ paths, restart }: Work, signal: AbortSignal): Promise<LoadedFiles | undefined> {
    const { deployment } = this.managed;
    if (this.scope.isServed) return void this.#back();
    this.#announce(paths, restart);
    if (restart) this.managed.entry = await this.managed.resolve();
    const entry = this.managed.entry;
    if (entry === undefined) return;
    this.scope.set(this.#scopeOptions());
    const before = deployment.serving?.loaded?.className;
    const record = await deployment.swap(entry, restart ? "restart" : "reload", signal);
    const loaded = deployment.serving?.loaded;
    if (loaded === undefined) return;
    if (!restart && before !== undefined && before !== loaded.className) {
      deployment.logger.info(`the Executor is called ${loaded.className} now, it was ${before}`);
    }
    deployment.logger.info(`version ${record.version} serves after ${record.ms.toFixed(1)} ms`);
    return loaded.files;
  }

  #announce(paths: ReadonlySet<string>, restart: boolean): void {
    const { deployment, yaml } = this.managed;
    if (restart) {
      this.log.info(`change in Executor configuration YAML ${yaml} observed, restarting Executor deployment`);
    } else {
      const list = [...paths].map((path) => `'${path}'`).join(", ");
      deployment.logger.info(`detected changes in: [${list}]. Refreshing the Executor`);
    }
  }

  /** The files are again what the serving version was loaded from. */
  #back(): void {
    const { history, logger, serving } = this.managed.deployment;
    if (history.lastError === undefined) return;
    history.lastError = undefined;
    logger.info(`the files are again as version ${serving?.number} was loaded from; it keeps serving`);
  }

  /** Says what is wrong; answers the files among which the mistake is. */
  #report(error: unknown): LoadedFiles {
    const { deployment } = this.managed;
    const { serving, history, logger } = deployment;
    const info = error instanceof LoadFailure || error instanceof LoadError ? error.info : undefined;
    if (info === undefined) {
      logger.error(`could not be refreshed: ${(error as Error).stack}`);
    } else {
      if (error instanceof LoadError) history.failed(0, "restart", performance.now(), info);
      const rest = serving === undefined
        ? "nothing serves until the next good save"
        : `version ${serving.number} keeps serving`;
      logger.error(`could not load the new version; ${rest}\n${formatError(info)}`);
    }
    return error instanceof LoadFailure ? error.files : [];
  }

  /** Watches what was loaded, and only then compares: a save in between is either seen or told. */
  async #adopt(files: LoadedFiles, before: Snapshot, serves: boolean): Promise<string[]> {
    this.scope.imports(files, serves);
    const fresh = await this.scope.refresh();
    await this.changed();
    return [...fresh, ...await this.scope.verify(files, before, serves)];
  }

  #scopeOptions(): ScopeOptions {
    const { entry, reload, yaml, deployment } = this.managed;
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
