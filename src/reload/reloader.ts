import { type FileHashes, invalidState, isConfigError, LoadError, toLoadError } from "../errors/mod.ts";
import { type FileChange, LoopGuard } from "./_loop_guard.ts";
import { announce, tellFailed, tellLoop, tellName, tellRepeated, tellServed } from "./_load_log.ts";
import { type DeploymentSource, kindOf, readEntry, scopeOf, type Shared } from "./deployment_source.ts";
import { type Snapshot, WatchedFiles } from "./watched_files.ts";

/** How long a load waits at most for files to change no more, in milliseconds. */
const MAX_QUIET_MS = 80;

/** Keeps one deployment at what is on disk: one load at a time, and the newest wins. */
export class Reloader {
  readonly scope: WatchedFiles;
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
  readonly #guard: LoopGuard;

  /**
   * @param managed The deployment.
   * @param shared What it has in common with the others.
   */
  constructor(readonly managed: DeploymentSource, private readonly shared: Shared) {
    this.scope = new WatchedFiles(scopeOf(this.managed), shared.isElsewhere);
    this.#guard = new LoopGuard({
      load: (paths) => this.#queue(paths),
      stopped: (changes) => tellLoop(this.managed, this.scope, changes),
      repeated: (change) => tellRepeated(this.managed, this.scope, change),
    });
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
    await this.#watch();
    // A YAML that was saved between its first look and the watch.
    if (this.managed.yaml !== undefined) this.scope.contents.check(this.managed.yaml, true);
    if (this.#closed) throw new Error("the Flow is closed");
    this.#strict = how === "strictly";
    this.#begin(new Set());
    await this.#started.promise;
    if (this.scope.isTruncated) {
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
   * @param restart Called with files that only a new process would apply.
   * @returns Files that are empty or gone now: to be looked at again, since many writers begin with that.
   */
  look(
    paths: Iterable<string>,
    blank: ReadonlySet<string>,
    restart: (path: string) => void = () => {},
  ): string[] {
    const again: string[] = [];
    const changed: string[] = [];
    const settled: string[] = [];
    for (const path of paths) {
      const state = this.scope.contents.check(path, blank.has(path));
      (state === "blank" ? again : settled).push(path);
      // Saving a file again as it is means: try again. There is something to try only after a failure.
      if (state !== "changed" && !(state === "touched" && this.#unwell)) continue;
      if (this.scope.classify(path) !== "process") changed.push(path);
      else restart(path);
    }
    // A load that failed midway through a save waits for its end, even when that changes nothing any more.
    const admitted = this.#admit(this.#postponed.size > 0 ? settled : changed);
    if (admitted.length > 0) {
      this.#queue(admitted.filter((path) => !settled.includes(path) || changed.includes(path)));
    }
    return again;
  }

  /**
   * Loads anew what is on disk, whether or not it has changed.
   *
   * @throws {LoadError} When it cannot be loaded; what served before keeps serving.
   */
  async reload(): Promise<void> {
    this.#asked = true;
    this.#guard.reset();
    this.#queue([]);
    await this.#idle;
    if (this.#closed) throw invalidState("Cannot reload the Flow: it was closed meanwhile");
    const { lastError } = this.managed.deployment.history;
    if (lastError !== undefined) throw new LoadError(lastError.info);
  }

  /** Gives up the load under way; resolves when nothing is going on any more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#guard.reset();
    this.#started.reject(new Error("the Flow is closed"));
    this.#running?.abort(new Error("the Flow is closed"));
    await this.#idle;
    await this.#following;
  }

  /** Watches the files that there are. */
  async #watch(): Promise<void> {
    await this.scope.refresh();
    await this.shared.rewatch();
  }

  /** Whether there is something to try again. */
  get #unwell(): boolean {
    const { history, complete } = this.managed.deployment;
    return history.lastError !== undefined || !complete;
  }

  /** Of files that have changed, those to load now: not what the load itself writes again and again. */
  #admit(paths: Iterable<string>): string[] {
    const changes = Array.from(paths, (path): FileChange => ({
      path,
      written: this.scope.contents.changedAt(path),
      isNamed: this.scope.isNamed(path),
    }));
    return this.#guard.admit(changes);
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
      const calmMs = this.#givenUp > 1 ? Math.min(5 * 2 ** this.#givenUp, MAX_QUIET_MS) : 0;
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
      deployment.logger.error(`could not continue: ${toLoadError(error).info.message}`);
    });
  }

  /** Loads once; answers the files that are to be loaded again. */
  async #load(paths: ReadonlySet<string>): Promise<ReadonlySet<string>> {
    const running = this.#running = new AbortController();
    const asked = this.#asked;
    this.#asked = false;
    this.#next = undefined;
    const before = this.scope.contents.snapshot();
    let left: Iterable<string> = [];
    const end = this.#guard.begin();
    const { watcher } = this.shared;
    try {
      const files = await this.#apply(paths, asked, running.signal).finally(() => {
        end(!running.signal.aborted, watcher.writing);
      });
      if (files !== undefined) left = this.#admit(await this.#adopt(files, before, true));
      this.#start();
    } catch (error) {
      // A load that was given up leaves its files to the one that takes its place.
      if (running.signal.aborted) left = this.#again(paths, asked);
      else if (this.#midway(paths, error)) this.#postponed = paths;
      else if (this.#admit(this.#outdated(error)).length > 0) left = this.#again(paths, asked);
      else {
        left = this.#admit(await this.#adopt(this.#report(error, paths), before, false));
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
    const read = error instanceof LoadError ? error.files : [];
    const all = [...paths, ...read.map(([path]) => path), ...(yaml === undefined ? [] : [yaml])];
    const own = all.filter((path) => this.scope.classify(path) !== undefined && !this.#guard.expects(path));
    return this.scope.contents.haveChanged(own) || own.some((path) => this.shared.watcher.isWriting(path));
  }

  /** What the load read otherwise than it is now: it came in the middle of a save that is over. */
  #outdated(error: unknown): string[] {
    return error instanceof LoadError ? this.scope.contents.changedOnDisk(error.files) : [];
  }

  /** Brings the newest files to serve; answers the files that were loaded, or nothing when nothing was to be done. */
  async #apply(
    paths: ReadonlySet<string>,
    asked: boolean,
    signal: AbortSignal,
  ): Promise<FileHashes | undefined> {
    const { deployment, yaml } = this.managed;
    if (this.scope.contents.isServed && deployment.complete && !asked) return void this.#back();
    announce(this.managed, this.shared.log, paths, asked);
    // A YAML that could not be applied yet is applied with whatever is mended next.
    const restart = yaml !== undefined && this.scope.contents.differsFromServed(yaml);
    const entry = restart || asked || this.managed.entry === undefined
      ? await readEntry(this.managed, (yaml) => this.#isBeingSaved(yaml))
      : this.managed.entry;
    if (entry === undefined) return void (this.#postponed = paths);
    // What belongs to it only now is to be as this load finds it.
    if (this.scope.set(scopeOf(this.managed, entry)) && this.#begun) await this.#watch();
    const before = deployment.serving?.loaded?.className;
    const kind = kindOf(deployment, restart);
    const record = await deployment.swap(entry, kind, signal, () => this.#guard.beforeServing(signal));
    this.managed.entry = entry;
    const loaded = deployment.serving?.loaded;
    if (kind === "reload") tellName(this.managed, before);
    tellServed(this.managed, record, kind, paths, asked);
    return loaded?.files;
  }

  #isBeingSaved(path: string): boolean {
    return this.shared.watcher.isWriting(path) || this.scope.contents.haveChanged([path]);
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
  #report(error: unknown, paths: ReadonlySet<string>): FileHashes {
    if (!(error instanceof LoadError)) throw error;
    const { deployment: { history }, yaml, reload } = this.managed;
    const first = !this.#begun;
    // A failure of the load is in the history already.
    if (isConfigError(error)) {
      history.failed(0, first ? "start" : "restart", performance.now(), error.info);
    }
    if (first && (this.#strict || (yaml === undefined && (isConfigError(error) || !reload)))) {
      this.#started.reject(error);
      return [];
    }
    tellFailed(this.managed, error.info, paths, first);
    return error.files;
  }

  /** The first load is over. */
  #start(): void {
    this.#begun = true;
    this.#started.resolve();
  }

  /** Watches what was loaded, and only then compares: a save in between is either seen or told. */
  async #adopt(
    files: FileHashes,
    before: Snapshot,
    serves: boolean,
    keepsFormer = !serves,
  ): Promise<string[]> {
    await this.scope.recordImports(files, keepsFormer, serves);
    const fresh = this.scope.needsRefresh ? await this.scope.refresh() : [];
    const added = await this.shared.rewatch();
    return [...fresh, ...this.scope.contents.staleAfterLoad(files, before, serves, added.length > 0)];
  }

  /** What a version imports later on, in a handler or in restoreState(), belongs to it as well. */
  #follow(file: FileHashes[number]): void {
    this.#following = this.#following.then(() => this.#idle).then(async () => {
      if (this.#closed) return;
      const before = this.scope.contents.snapshot().get(file[0]);
      const stale = await this.#adopt([file], new Map(before && [[file[0], before]]), true, true);
      const admitted = this.#admit(stale);
      if (admitted.length > 0) this.#queue(admitted);
    }).catch((error) => {
      this.managed.deployment.logger.error(`cannot watch ${file[0]}: ${(error as Error).message}`);
    });
  }
}
