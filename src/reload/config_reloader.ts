import type { FileHashes } from "../errors/mod.ts";
import type { Logger } from "../log/logger.ts";
import { readContent } from "../watch/content.ts";
import type { Watcher } from "../watch/watcher.ts";
import { type ScopeOptions, WatchedFiles } from "./watched_files.ts";

/** Something that is kept at what a file says. */
export interface ConfigTarget {
  /** The file's absolute path. */
  readonly path: string;
  /** The hash of the content that is applied already. */
  readonly hash: string | null;
  /** Whether what the file says could not be applied: saving it again as it is means to try again. */
  readonly hasFailed: boolean;
  /**
   * Applies what the file says now.
   *
   * @param changed The files that have changed.
   * @param signal Aborted when a newer change makes this one pointless.
   * @param midway Whether the file is being written: what is wrong with it need not be said.
   * @returns Other files whose change may mend what is wrong.
   */
  apply(changed: readonly string[], signal: AbortSignal, midway: () => boolean): Promise<FileHashes>;
}

/** Keeps something at what a file says: it is applied once at a time, and the newest wins. */
export class ConfigReloader {
  readonly scope: WatchedFiles;
  readonly #changed = new Set<string>();
  #running?: AbortController;
  #idle: Promise<void> = Promise.resolve();
  #closed = false;

  /**
   * @param followed What follows the file.
   * @param log The Flow's log.
   * @param watcher What tells of files.
   * @param rewatch Called when other folders have to be watched.
   */
  constructor(
    private readonly followed: ConfigTarget,
    private readonly log: Logger,
    private readonly watcher: Watcher,
    private readonly rewatch: () => Promise<unknown>,
  ) {
    this.scope = new WatchedFiles(this.#options([]));
  }

  /** Begins to follow; what was saved since it was applied is applied now. */
  async start(): Promise<void> {
    const { path: file, hash } = this.followed;
    await this.scope.refresh();
    await this.rewatch();
    this.scope.contents.check(file, true);
    if (readContent(file).hash !== hash) this.#queue([file]);
  }

  /** Looks at files that have settled, as a `Reloader` does. */
  look(paths: Iterable<string>, blank: ReadonlySet<string>): string[] {
    const again: string[] = [];
    const changed: string[] = [];
    for (const path of paths) {
      const state = this.scope.contents.check(path, blank.has(path));
      if (state === "blank") again.push(path);
      else if (state === "changed" || (state === "touched" && this.followed.hasFailed)) changed.push(path);
    }
    if (changed.length > 0) this.#queue(changed);
    return again;
  }

  /** Gives up what is being applied; resolves when nothing is going on any more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#running?.abort(new Error("the Flow is closed"));
    await this.#idle;
  }

  #queue(paths: Iterable<string>): void {
    if (this.#closed) return;
    for (const path of paths) this.#changed.add(path);
    if (this.#running !== undefined) return this.#running.abort(new Error("a newer change came in"));
    this.#idle = this.#run().catch((error) => {
      this.log.error(`could not apply ${this.followed.path}: ${(error as Error).stack}`);
    });
  }

  async #run(): Promise<void> {
    try {
      while (this.#changed.size > 0 && !this.#closed) {
        const { signal } = this.#running = new AbortController();
        const changed = [...this.#changed];
        this.#changed.clear();
        const others = await this.#apply(changed, signal);
        // What was given up is applied together with what came in.
        if (others === undefined) { for (const path of changed) this.#changed.add(path); }
        else if (!this.#closed) await this.#await(others);
      }
    } finally {
      // At once: whatever comes in from now on begins anew.
      this.#running = undefined;
    }
  }

  async #apply(changed: readonly string[], signal: AbortSignal): Promise<FileHashes | undefined> {
    const { path: file } = this.followed;
    try {
      return await this.followed.apply(
        changed,
        signal,
        () => this.watcher.isWriting(file) || this.scope.contents.haveChanged([file]),
      );
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    }
  }

  /** Watches the files that may mend it, and only then compares: a save in between is either seen or told. */
  async #await(others: FileHashes): Promise<void> {
    this.scope.set(this.#options(others.map(([path]) => path)));
    if (!this.scope.needsRefresh) return;
    await this.scope.refresh();
    await this.rewatch();
    for (const [path, hash] of others) if (readContent(path).hash !== hash) this.#changed.add(path);
  }

  #options(extra: readonly string[]): ScopeOptions {
    return { modules: [], extra, yaml: this.followed.path, sources: true, except: [], ignore: [], watch: [] };
  }
}
