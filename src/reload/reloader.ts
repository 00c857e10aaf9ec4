import { type LoadedFiles, LoadFailure } from "../deployment/version.ts";
import { LoadError } from "../errors/mod.ts";
import type { ExecutorEntry } from "../executor/entry.ts";
import type { Logger } from "../log/logger.ts";
import type { Watcher } from "../watch/watcher.ts";
import { announce, tellFailed, tellServed } from "./_news.ts";
import { type Managed, scopeOf } from "./managed.ts";
import { Scope, type Snapshot } from "./scope.ts";

/** How long a load waits at most for files to change no more, in milliseconds. */
const MOST_CALM_MS = 80;

/** Keeps one deployment at what is on disk: one load at a time, and the newest wins. */
export class Reloader {
  readonly scope: Scope;
  /** Files that changed since the load under way began. */
  #next?: ReadonlySet<string>;
  /** Whether the next load is to be made even when nothing has changed. */
  #asked = false;
  /** Files of a load that failed midway through a save. */
  #postponed: ReadonlySet<string> = new Set();
  #running?: AbortController;
  /** How many loads in a row were given up. */
  #givenUp = 0;
  #idle: Promise<void> = Promise.resolve();
  #following: Promise<void> = Promise.resolve();
  /** Settled when the first load is over. */
  readonly #started = Promise.withResolvers<void>();
  #begun = false;
  /** How the first load is taken; not there as long as it has not begun. */
  #strict?: boolean;
  #closed = false;

  /**
   * @param managed The deployment.
   * @param log The Flow's log.
   * @param watcher What tells of its files.
   * @param changed Called when other folders have to be watched; answers those that were not before.
   */
  constructor(
    readonly managed: Managed,
    private readonly log: Logger,
    private readonly watcher: Watcher,
    private readonly changed: () => Promise<readonly string[]>,
  ) {
    this.scope = new Scope(scopeOf(this.managed));
    this.#started.promise.catch(() => {});
    managed.deployment.onImported = (file) => this.#follow(file);
    managed.deployment.onOutdated = (changed) => {
      this.#queue(changed);
      return this.#idle;
    };
  }

  /**
   * Loads for the first time. Its files are watched already: what is saved meanwhile is loaded next. What a save can
   * mend does not fail, unless it is to be taken strictly.
   *
   * @throws {LoadError} When it cannot be loaded, and nothing that is watched could mend it.
   */
  async start(how?: "strictly"): Promise<void> {
    await this.scope.refresh();
    await this.changed();
    // A YAML that was saved between its first look and the watch.
    if (this.managed.yaml !== undefined) this.scope.look(this.managed.yaml, true);
    if (this.#closed) throw new Error("the Flow is closed");
    this.#strict = how === "strictly";
    this.#begin(new Set());
    await this.#started.promise;
    if (this.scope.cut) {
      const note =
        "its folder has too many subfolders: only the first ones are watched, and `ignore` can leave some out";
      this.managed.deployment.logger.warning(note);
    }
  }

  /**
   * Looks at files that have settled.
   *
   * @param paths Paths of this deployment.
   * @param blank Files that were empty or gone already a moment ago.
   * @returns Files that are empty or gone now: to be looked at again, since many writers begin with that.
   */
  look(paths: Iterable<string>, blank: ReadonlySet<string>): string[] {
    const again: string[] = [];
    const changed: string[] = [];
    // A load that failed midway through a save waits for its end, even when that changes nothing any more.
    let over = false;
    for (const path of paths) {
      const state = this.scope.look(path, blank.has(path));
      over ||= state !== "blank" && this.#postponed.size > 0;
      if (state === "blank") again.push(path);
      // Saving a file again as it is means: try again. There is something to try only after a failure.
      else if (state === "same" || (state === "touched" && !this.#unwell)) continue;
      else if (this.scope.meaning(path) !== "process") changed.push(path);
      else this.log.warning(`${path} has changed: restart the process to apply it`);
    }
    if (changed.length > 0 || over) this.#queue(changed);
    return again;
  }

  /**
   * Loads anew what is on disk, whether or not it has changed.
   *
   * @throws {LoadError} When it cannot be loaded; what served before keeps serving.
   */
  async reload(): Promise<void> {
    this.#asked = true;
    this.#queue([]);
    await this.#idle;
    if (this.#closed) throw new Error("Cannot reload the Flow: it was closed meanwhile");
    const { lastError } = this.managed.deployment.history;
    if (lastError !== undefined) throw new LoadError(lastError.info);
  }

  /** Gives up the load under way; resolves when nothing is going on any more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#started.reject(new Error("the Flow is closed"));
    this.#running?.abort(new Error("the Flow is closed"));
    await this.#idle;
    await this.#following;
  }

  /** Whether there is something to try again. */
  get #unwell(): boolean {
    const { history, complete } = this.managed.deployment;
    return history.lastError !== undefined || !complete;
  }

  #queue(paths: Iterable<string>): void {
    if (this.#closed || this.#strict === undefined) return;
    this.#next = new Set([...this.#postponed, ...this.#next ?? [], ...paths]);
    this.#postponed = new Set();
    if (this.#running !== undefined) this.#running.abort(new Error("a newer change came in"));
    else this.#begin(this.#next);
  }

  #begin(paths: ReadonlySet<string>): void {
    this.#idle = this.#run(paths).catch((error) => {
      this.#running = undefined;
      if (!this.#begun) return this.#started.reject(error);
      this.managed.deployment.logger.error(`could not be refreshed: ${(error as Error).stack}`);
    });
  }

  async #run(paths: ReadonlySet<string>): Promise<void> {
    const wanted = (left: Iterable<string>) => new Set([...left, ...this.#next ?? []]);
    let next = await this.#load(paths);
    while ((wanted(next).size > 0 || this.#asked) && !this.#closed) {
      // Where many files change one after the other, each load would be given up for the next one.
      const calmMs = this.#givenUp > 1 ? Math.min(5 * 2 ** this.#givenUp, MOST_CALM_MS) : 0;
      if (calmMs > 0) await new Promise((resolve) => setTimeout(resolve, calmMs));
      next = await this.#load(wanted(next));
    }
    await this.#resume();
    this.#running = undefined;
    // What came in while the old version was set up again.
    if (this.#next !== undefined && !this.#closed) await this.#run(this.#next);
  }

  /** Has an exclusive version that was closed for a successor serve again, when no load follows the one given up. */
  async #resume(): Promise<void> {
    const { deployment } = this.managed;
    if (this.#closed) return;
    await deployment.resume().catch((error) => {
      deployment.logger.error(`could not continue: ${(error as Error).message}`);
    });
  }

  /** Loads once; answers the files that are to be loaded again. */
  async #load(paths: ReadonlySet<string>): Promise<ReadonlySet<string>> {
    const running = this.#running = new AbortController();
    const asked = this.#asked;
    this.#asked = false;
    this.#next = undefined;
    const before = this.scope.snapshot();
    let left: Iterable<string> = [];
    try {
      const files = await this.#apply(paths, asked, running.signal);
      if (files !== undefined) left = await this.#adopt(files, before, true);
      this.#start();
    } catch (error) {
      // A load that was given up leaves its files to the one that takes its place.
      if (running.signal.aborted) left = this.#again(paths, asked);
      else if (this.#midway(paths, error)) this.#postponed = paths;
      else if (this.#outdated(error)) left = this.#again(paths, asked);
      else {
        left = await this.#adopt(this.#report(error, paths), before, false);
        this.#start();
      }
    }
    this.#givenUp = running.signal.aborted ? this.#givenUp + 1 : 0;
    return new Set(left);
  }

  /** What was to be loaded is left to the next load. */
  #again(paths: ReadonlySet<string>, asked: boolean): ReadonlySet<string> {
    this.#asked ||= asked;
    return paths;
  }

  /** Whether the load failed over a file that is being written again; its writer's end brings the next load. */
  #midway(paths: ReadonlySet<string>, error: unknown): boolean {
    const { yaml } = this.managed;
    const read = error instanceof LoadFailure ? error.files : [];
    const all = [...paths, ...read.map(([path]) => path), ...(yaml === undefined ? [] : [yaml])];
    const own = all.filter((path) => this.scope.meaning(path) !== undefined);
    return this.scope.moved(own) || own.some((path) => this.watcher.isWriting(path));
  }

  /** Whether the load read something else than what is there now: it came in the middle of a save that is over. */
  #outdated(error: unknown): boolean {
    return error instanceof LoadFailure && this.scope.differ(error.files);
  }

  /** Brings the newest files to serve; answers the files that were loaded, or nothing when nothing was to be done. */
  async #apply(
    paths: ReadonlySet<string>,
    asked: boolean,
    signal: AbortSignal,
  ): Promise<LoadedFiles | undefined> {
    const { deployment, yaml } = this.managed;
    if (this.scope.isServed && deployment.complete && !asked) return void this.#back();
    announce(this.managed, this.log, paths, asked);
    // A YAML that could not be applied yet is applied with whatever is mended next.
    const restart = yaml !== undefined && this.scope.differs(yaml);
    const entry = restart || asked || this.managed.entry === undefined
      ? await this.#resolve()
      : this.managed.entry;
    if (entry === undefined) return void (this.#postponed = paths);
    this.scope.set(scopeOf(this.managed, entry));
    const before = deployment.serving?.loaded?.className;
    const { records, isContinued } = deployment.history;
    const isNew = records.length === 0;
    const kind = isNew && !isContinued ? "start" : isNew || restart ? "restart" : "reload";
    const record = await deployment.swap(entry, kind, signal);
    this.managed.entry = entry;
    const loaded = deployment.serving?.loaded;
    if (kind === "reload" && before !== undefined && loaded !== undefined && before !== loaded.className) {
      deployment.logger.info(`the Executor is called ${loaded.className} now, it was ${before}`);
    }
    tellServed(this.managed, record, kind, paths, asked);
    return loaded?.files;
  }

  /** Reads the YAML. A second time, when it was read in the middle of a save that is over by now. */
  async #resolve(): Promise<ExecutorEntry | undefined> {
    const { yaml, resolve } = this.managed;
    for (let last = false;; last = true) {
      try {
        return await resolve();
      } catch (error) {
        if (!(error instanceof LoadError) || yaml === undefined) throw error;
        if (this.watcher.isWriting(yaml) || this.scope.moved([yaml])) return undefined;
        if (last) throw error;
      }
    }
  }

  /** The files are again what the serving version was loaded from. */
  #back(): void {
    const { history, logger, serving } = this.managed.deployment;
    this.scope.set(scopeOf(this.managed));
    if (!this.#unwell) return;
    history.lastError = undefined;
    logger.info(`the files are again as version ${serving?.number} was loaded from; it keeps serving`);
  }

  /** Says what is wrong; answers the files among which the mistake is. */
  #report(error: unknown, paths: ReadonlySet<string>): LoadedFiles {
    if (!(error instanceof LoadFailure || error instanceof LoadError)) throw error;
    const { deployment: { history }, yaml, reload } = this.managed;
    const first = !this.#begun;
    // A failure of the load is in the history already.
    if (error instanceof LoadError) {
      history.failed(0, first ? "start" : "restart", performance.now(), error.info);
    }
    if (first && (this.#strict || (yaml === undefined && !(reload && error instanceof LoadFailure)))) {
      this.#started.reject(error instanceof LoadFailure && !this.#strict ? new LoadError(error.info) : error);
      return [];
    }
    tellFailed(this.managed, error.info, paths, first);
    return error instanceof LoadFailure ? error.files : [];
  }

  /** The first load is over. */
  #start(): void {
    this.#begun = true;
    this.#started.resolve();
  }

  /** Watches what was loaded, and only then compares: a save in between is either seen or told. */
  async #adopt(files: LoadedFiles, before: Snapshot, serves: boolean, besides = !serves): Promise<string[]> {
    this.scope.imports(files, besides);
    const fresh = this.scope.outdated ? await this.scope.refresh() : [];
    const added = await this.changed();
    return [...fresh, ...this.scope.verify(files, before, serves, added.length > 0)];
  }

  /** What a version imports later on, in a handler or in restoreState(), belongs to it as well. */
  #follow(file: LoadedFiles[number]): void {
    this.#following = this.#following.then(() => this.#idle).then(async () => {
      if (this.#closed) return;
      const before = this.scope.snapshot().get(file[0]);
      const stale = await this.#adopt([file], new Map(before && [[file[0], before]]), true, true);
      if (stale.length > 0) this.#queue(stale);
    }).catch((error) => {
      this.managed.deployment.logger.error(`cannot watch ${file[0]}: ${(error as Error).message}`);
    });
  }
}
