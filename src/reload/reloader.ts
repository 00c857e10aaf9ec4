import { LatestJob } from "../async/latest_job.ts";
import { silentDeferred } from "../async/silent_deferred.ts";
import { type FileHashes, invalidState, isConfigError, LoadError, toLoadError } from "../errors/mod.ts";
import type { Snapshot } from "./_file_contents.ts";
import { type LoadCause, LoadLog } from "./_load_log.ts";
import { LoopGuard } from "./_loop_guard.ts";
import { type DeploymentSource, type Shared, watchedFilesOf } from "./deployment_source.ts";
import { WatchedFiles } from "./watched_files.ts";

/** The longest wait between loads that are given up again and again, in milliseconds. */
const MAX_WAIT_MS = 80;

/** Keeps one deployment as its files are: one load at a time, and a newer change aborts the load under way. */
export class Reloader {
  readonly files: WatchedFiles;
  readonly #log: LoadLog;
  readonly #guard: LoopGuard;
  readonly #loads: LatestJob<LoadCause>;
  /** Settled by the first load. */
  readonly #firstLoad = silentDeferred<void>();
  /** Whether a failure of the first load rejects {@linkcode start} in any case; `undefined` before that load. */
  #isStrict?: boolean;
  #hasLoaded = false;
  /** The files of a load that failed while they were being written: the end of the write brings the next load. */
  #deferred?: LoadCause;
  /** Settled when all late imports are recorded. */
  #lateImports: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(readonly source: DeploymentSource, private readonly shared: Shared) {
    this.files = new WatchedFiles(watchedFilesOf(source), shared.isElsewhere, shared.disk);
    this.#log = new LoadLog(source, this.files, shared.log, shared.observer);
    this.#guard = new LoopGuard((paths) => this.#request(paths), this.#log);
    this.#loads = new LatestJob({
      run: (causes, signal) => this.#run(causes, signal),
      onError: (error) => {
        if (!this.#hasLoaded) return this.#firstLoad.reject(error);
        source.deployment.logger.error(`could not be refreshed: ${(error as Error).stack}`);
      },
      maxWaitMs: MAX_WAIT_MS,
    });
    source.deployment.onImported = (file) => this.#recordLateImport(file);
    source.deployment.onOutdated = (changed) => {
      this.#request(changed);
      return this.#loads.idle;
    };
  }

  /**
   * Watches the files, then loads the deployment for the first time.
   *
   * @param how `strictly`: a failure rejects even if a save could fix it.
   * @throws {LoadError} When it cannot be loaded, and no watched file could fix that.
   */
  async start(how?: "strictly"): Promise<void> {
    const { deployment: { logger }, yaml } = this.source;
    await this.#watch();
    // The YAML may have been saved after it was first read and before it was watched.
    if (yaml !== undefined) this.files.contents.update(yaml);
    if (this.#closed) throw new Error("the Flow is closed");
    this.#isStrict = how === "strictly";
    this.#request([]);
    await this.#firstLoad.promise;
    if (this.files.isTruncated) {
      logger.warning(
        "its folder has too many subfolders: only the first ones are watched, and `ignore` can leave some out",
      );
    }
  }

  /**
   * Checks files that have settled, and loads those that have changed.
   *
   * @param wereEmpty Files that were empty or gone at an earlier check.
   * @param onProcessFile Called with changed files that only a restart of the process applies.
   * @returns Files that are empty or gone now. They have to be checked again, since many writers empty a file first.
   */
  check(
    paths: Iterable<string>,
    wereEmpty: ReadonlySet<string>,
    onProcessFile: (path: string) => void = () => {},
  ): string[] {
    const { empty, settled, changed } = this.files.contents.checkAll(paths, wereEmpty, this.#hasFailed);
    const isForProcess = (path: string) => this.files.classify(path) === "process";
    changed.filter(isForProcess).forEach((path) => onProcessFile(path));
    const code = new Set(changed.filter((path) => !isForProcess(path)));
    // A deferred load is made at the end of the write, even if that has changed nothing.
    const admitted = this.#admit(this.#deferred !== undefined ? settled : code);
    const unchanged = new Set(settled).difference(code);
    if (admitted.length > 0) this.#request(admitted.filter((path) => !unchanged.has(path)));
    return empty;
  }

  /**
   * Loads the deployment again, whether or not its files have changed.
   *
   * @param isFresh Whether in new workers, whatever its options say.
   * @throws {LoadError} When it cannot be loaded; the version before keeps serving.
   */
  async reload(isFresh = false): Promise<void> {
    this.#guard.reset();
    this.#request([], { isForced: true, isFresh });
    await this.#loads.idle;
    if (this.#closed) throw invalidState("Cannot reload the Flow: it was closed meanwhile");
    const { lastError } = this.source.deployment.history;
    if (lastError !== undefined) throw new LoadError(lastError.info);
  }

  /** Gives up the load under way. Resolves when nothing is under way. */
  async close(): Promise<void> {
    const reason = new Error("the Flow is closed");
    this.#closed = true;
    this.#guard.reset();
    this.#firstLoad.reject(reason);
    await this.#loads.close(reason);
    await this.#lateImports;
  }

  /** Whether there is something to try again. */
  get #hasFailed(): boolean {
    const { history, complete } = this.source.deployment;
    return history.lastError !== undefined || !complete;
  }

  /** Of files that have changed, those to load now: not the ones that the loads themselves write. */
  #admit(paths: Iterable<string>): string[] {
    return this.#guard.admit(Array.from(paths, (path) => ({
      path,
      written: this.files.contents.changedAt(path),
      isNamed: this.files.rules.isNamed(path),
    })));
  }

  #request(paths: Iterable<string>, how = { isForced: false, isFresh: false }): void {
    if (this.#isStrict === undefined) return;
    const cause = { paths: new Set(paths), ...how };
    this.#loads.request(this.#deferred === undefined ? cause : merged([this.#deferred, cause]));
    this.#deferred = undefined;
  }

  /** Makes one load. Returns what has to be loaded again because it was written meanwhile. */
  async #run(causes: readonly LoadCause[], signal: AbortSignal): Promise<LoadCause | undefined> {
    const left = await this.#load(merged(causes), signal);
    if (left !== undefined || signal.aborted) return left;
    const { deployment } = this.source;
    // An exclusive version may have been closed for a load that failed or was deferred.
    await deployment.resume().catch((error) => {
      deployment.logger.error(`could not continue: ${toLoadError(error).info.message}`);
    });
  }

  async #load(cause: LoadCause, signal: AbortSignal): Promise<LoadCause | undefined> {
    const before = this.files.contents.snapshot();
    const endLoad = this.#guard.beginLoad();
    let stale: string[] = [];
    try {
      const loaded = await this.#apply(cause, signal).finally(() =>
        endLoad(!signal.aborted, this.shared.settler.writing)
      );
      if (loaded !== undefined) stale = await this.#adopt(loaded, before, true);
    } catch (error) {
      if (signal.aborted) throw error;
      const read = error instanceof LoadError ? error.files : [];
      if (this.#isBeingWritten(cause, read)) return void (this.#deferred = cause);
      // The load read a file in the middle of a save that is over now.
      const outdated = read.filter(([path, hash]) =>
        hash !== null && this.files.matters(path) && this.files.contents.hasChanged(path, hash)
      );
      if (this.#admit(outdated.map(([path]) => path)).length > 0) return cause;
      stale = await this.#adopt(this.#report(error, cause), before, false);
    }
    this.#hasLoaded = true;
    this.#firstLoad.resolve();
    const paths = this.#admit(stale);
    return paths.length === 0 ? undefined : { paths: new Set(paths), isForced: false, isFresh: false };
  }

  /** Swaps in a version with the present files. Returns the files that it read, or nothing if no load was needed. */
  async #apply(cause: LoadCause, signal: AbortSignal): Promise<FileHashes | undefined> {
    const { source, files } = this;
    const { deployment, yaml } = source;
    if (files.contents.isServed && deployment.complete && !cause.isForced) return void this.#revert();
    this.#log.changed(cause);
    // A YAML that could not be applied yet is applied with the next change of any file.
    const isRestart = yaml !== undefined && files.contents.differsFromServed(yaml);
    // The YAML may be read in the middle of a save that is over at the second try.
    const entry = isRestart || cause.isForced || source.entry === undefined
      ? await source.resolve().catch(() => source.resolve())
      : source.entry;
    // Files that belong to the entry only from now on have to be known before the load reads them.
    if (files.setOptions(watchedFilesOf(source, entry)) && this.#hasLoaded) await this.#watch();
    const className = deployment.serving?.loaded?.className;
    const { records, isContinued } = deployment.history;
    const isNew = records.length === 0;
    const kind = isNew && !isContinued ? "start" : isNew || isRestart ? "restart" : "reload";
    const record = await deployment.swap(entry, kind, {
      signal,
      ready: () => this.#guard.beforeServing(signal),
      isFresh: cause.isFresh,
      changed: files.changedSources(cause.paths),
    });
    source.entry = entry;
    const loaded = deployment.serving?.loaded;
    if (kind === "reload") this.#log.renamed(className, loaded?.className);
    this.#log.served(record, kind, cause);
    return loaded?.files;
  }

  /** The files are again as the serving version was loaded from: an error of another load is over, or that load. */
  #revert(): void {
    this.files.setOptions(watchedFilesOf(this.source));
    if (!this.#hasFailed && !this.#log.isAnnounced) return;
    this.source.deployment.history.setError(undefined);
    this.#log.reverted();
  }

  /** Whether one of the files that a load concerned is being written by someone else than the load. */
  #isBeingWritten({ paths }: LoadCause, read: FileHashes): boolean {
    return [...paths, ...read.map(([path]) => path), this.source.yaml ?? []].flat().some((path) =>
      this.files.matters(path) && !this.#guard.expects(path) &&
      (this.shared.settler.isWriting(path) || this.files.contents.hasChanged(path))
    );
  }

  /** Reports a failed load. Returns the files that it read, one of which is probably the one to fix. */
  #report(error: unknown, cause: LoadCause): FileHashes {
    if (!(error instanceof LoadError)) throw error;
    const { deployment: { history }, yaml, reload } = this.source;
    const isFirst = !this.#hasLoaded;
    const isConfig = isConfigError(error);
    // The deployment records the failures of its own loads.
    if (isConfig) history.record(0, isFirst ? "start" : "restart", performance.now(), { error: error.info });
    if (isFirst && (this.#isStrict || (yaml === undefined && (isConfig || !reload)))) {
      this.#firstLoad.reject(error);
      return [];
    }
    this.#log.failed(error.info, cause, isFirst);
    return error.files;
  }

  async #watch(): Promise<void> {
    await this.files.refresh();
    await this.shared.rewatch();
  }

  /**
   * Watches the files that a load read, and only then compares their contents, so that no save in between is missed.
   *
   * @returns Files that have to be loaded again.
   */
  async #adopt(
    loaded: FileHashes,
    before: Snapshot,
    serves: boolean,
    keepsFormer = !serves,
  ): Promise<string[]> {
    const { files } = this;
    await files.recordImports(loaded, keepsFormer, serves);
    const added = files.needsRefresh ? await files.refresh() : [];
    const newFolders = await this.shared.rewatch();
    const counted = loaded.filter(([path]) => files.matters(path) || !files.rules.ignores(path));
    const stale = files.contents.staleAfterLoad(counted, before, serves, newFolders.length > 0);
    return [...added, ...stale.filter(files.matters)];
  }

  /** Adds a file that a version imports after its load, in a handler or in restoreState(). */
  #recordLateImport(file: FileHashes[number]): void {
    const [path] = file;
    this.#lateImports = this.#lateImports.then(() => this.#loads.idle).then(async () => {
      if (this.#closed) return;
      const before = this.files.contents.hashOf(path);
      const snapshot = new Map(before === undefined ? [] : [[path, before]]);
      const stale = this.#admit(await this.#adopt([file], snapshot, true, true));
      if (stale.length > 0) this.#request(stale);
    }).catch((error) => {
      this.source.deployment.logger.error(`cannot watch ${path}: ${(error as Error).message}`);
    });
  }
}

function merged(causes: readonly LoadCause[]): LoadCause {
  return {
    paths: new Set(causes.flatMap(({ paths }) => [...paths])),
    isForced: causes.some(({ isForced }) => isForced),
    isFresh: causes.some(({ isFresh }) => isFresh),
  };
}
