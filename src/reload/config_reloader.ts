import { LatestJob } from "../async/latest_job.ts";
import type { FileHashes } from "../errors/mod.ts";
import type { WatchedFilesOptions } from "./_path_rules.ts";
import type { Shared } from "./deployment_source.ts";
import { WatchedFiles } from "./watched_files.ts";

/** Something that is kept as a file describes it. */
export interface ConfigTarget {
  /** The file's absolute path. */
  readonly path: string;
  /** The hash of the content that is applied already. */
  readonly hash: string | null;
  /** Whether the file could not be applied, so that saving it with the same content requests another try. */
  readonly hasFailed: boolean;
  /**
   * Applies the file as it is now.
   *
   * @param changed The files that have changed.
   * @param signal Aborted when a newer change came in.
   * @param isBeingWritten Returns whether the file is being written, so that its errors are not reported.
   * @returns Other files whose change may fix what failed.
   */
  apply(changed: readonly string[], signal: AbortSignal, isBeingWritten: () => boolean): Promise<FileHashes>;
}

/** Applies a file whenever it changes: once at a time, and a newer change aborts the one being applied. */
export class ConfigReloader {
  /** The file, and those that may fix what failed. */
  readonly files: WatchedFiles;
  readonly #updates: LatestJob<readonly string[]>;

  /**
   * @param target What the file is applied to.
   * @param shared What it has in common with the reloaders.
   */
  constructor(private readonly target: ConfigTarget, private readonly shared: Shared) {
    this.files = new WatchedFiles(this.#options([]), undefined, shared.disk);
    this.#updates = new LatestJob({
      run: (changed, signal) => this.#apply([...new Set(changed.flat())], signal),
      onError: (error) => shared.log.error(`could not apply ${target.path}: ${(error as Error).stack}`),
    });
  }

  /** Watches the file, and applies what was saved since it was last applied. */
  async start(): Promise<void> {
    const { path, hash } = this.target;
    await this.#watch();
    if (this.files.contents.update(path) !== hash) this.#updates.request([path]);
  }

  /** Checks files that have settled, and applies those that have changed: see {@linkcode Reloader.check}. */
  check(paths: Iterable<string>, wereEmpty: ReadonlySet<string>): string[] {
    const { empty, changed } = this.files.contents.checkAll(paths, wereEmpty, this.target.hasFailed);
    if (changed.length > 0) this.#updates.request(changed);
    return empty;
  }

  /** Gives up what is being applied. Resolves when nothing is under way. */
  async close(): Promise<void> {
    await this.#updates.close(new Error("the Flow is closed"));
  }

  /** Applies the file. Returns files that were written before they were watched. */
  async #apply(changed: readonly string[], signal: AbortSignal): Promise<string[] | undefined> {
    const { path: file } = this.target;
    const { contents } = this.files;
    const isBeingWritten = () => this.shared.settler.isWriting(file) || contents.hasChanged(file);
    const others = await this.target.apply(changed, signal, isBeingWritten);
    if (signal.aborted) return undefined;
    this.files.setOptions(this.#options(others.map(([path]) => path)));
    if (!this.files.needsRefresh) return undefined;
    // They are watched first, and only then compared, so that no save in between is missed.
    await this.#watch();
    const stale = others.filter(([path, hash]) => contents.update(path) !== hash).map(([path]) => path);
    return stale.length > 0 ? stale : undefined;
  }

  async #watch(): Promise<void> {
    await this.files.refresh();
    await this.shared.rewatch();
  }

  #options(extra: readonly string[]): WatchedFilesOptions {
    return { extra, yaml: this.target.path, sources: true, except: [], ignore: [], watch: [] };
  }
}
