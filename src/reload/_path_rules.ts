import { runtime } from "../runtime/mod.ts";
import { dirname, sep, toPath } from "../paths.ts";
import { fromFolder, pathMatcher, relativeTo } from "../watch/path_patterns.ts";
import { isHidden, isSource, type TreeRules } from "../watch/tree.ts";
import { WatchPatterns } from "../watch/watch_patterns.ts";
import { foldersAbove, isProjectFile } from "./_project_files.ts";

/** Which files belong to one deployment. */
export interface WatchedFilesOptions {
  /** The module that contains the Executor: the source files of its folder belong to it. */
  readonly module?: string;
  /** Paths of further files: the other entries of `modules`. */
  readonly extra: readonly string[];
  /** The Executor's YAML, if its changes count. */
  readonly yaml?: string;
  /** Whether changes of source files count. */
  readonly sources: boolean;
  /** Folders whose files never count. */
  readonly except: readonly string[];
  /** Patterns of files that do not count unless they are named above. */
  readonly ignore: readonly string[];
  /** Patterns of files that count as source files do. */
  readonly watch: readonly string[];
}

/** Which paths belong to a deployment by its options alone, without regard to imports. */
export class PathRules implements TreeRules {
  /** The folder of the module, if its source files count. */
  readonly root?: string;
  /** The folders above it that may contain project files, the nearest first. */
  readonly above: readonly string[];
  /** The folders outside of the module's folder that may contain files that match `watch`. */
  readonly outside: readonly string[];
  /** Whether `ignore` excludes a path. It does not apply to files that the options name. */
  readonly ignores: (path: string, isFolder?: boolean) => boolean;
  readonly #folder: string;
  readonly #watched: WatchPatterns;

  constructor(readonly options: WatchedFilesOptions) {
    const { module, yaml, sources, ignore, watch } = options;
    const file = module ?? yaml;
    // Patterns are relative to the folder of the module that contains the Executor.
    this.#folder = file === undefined ? runtime.cwd() : dirname(file);
    this.ignores = pathMatcher(this.#folder, ignore);
    this.#watched = new WatchPatterns(this.#folder, sources ? watch : []);
    this.outside = this.#watched.outside;
    const hasTree = sources && module !== undefined;
    this.above = hasTree ? foldersAbove(this.#folder) : [];
    if (hasTree && !this.#isExcepted(this.#folder)) this.root = this.#folder;
  }

  isNamed(path: string): boolean {
    const { module, extra, yaml } = this.options;
    return path === yaml || path === module || extra.includes(path);
  }

  /** Whether a path is in the module's folder, at any depth, and not hidden. */
  isInTree(path: string): boolean {
    const { root } = this;
    return root !== undefined && path.startsWith(root + sep) && !isHidden(root, path) &&
      !this.#isExcepted(path);
  }

  /** Whether a file matches `watch`, and nothing excludes it. */
  watches(path: string): boolean {
    return this.#watched.has(path) && !this.#isExcepted(path) && !this.ignores(path);
  }

  /** Whether a folder is watched, or is above one that is. */
  reaches(folder: string): boolean {
    return this.enters(folder) || this.outside.some((base) => `${base}${sep}`.startsWith(folder + sep));
  }

  /** The pattern for `ignore` that excludes a file. */
  patternOf(path: string): string {
    return relativeTo(this.#folder, path) ?? path;
  }

  /** The patterns of `watch`, for display. */
  get patterns(): string[] {
    return this.options.watch.map((pattern) =>
      pattern.includes("file:") ? fromFolder(pattern, this.#folder).replace(/^(!?)\//, "$1") : pattern
    );
  }

  /** Whether only a new process applies a change of this file. */
  isProcessFile(path: string): boolean {
    if (isProjectFile(path)) return this.isInTree(path) || this.above.includes(dirname(path));
    const main = runtime.mainModule();
    return main?.startsWith("file:") === true && toPath(main) === path && this.isInTree(path);
  }

  /** Whether the files of a folder are listed. */
  enters(folder: string): boolean {
    if (this.#isExcepted(folder) || this.ignores(folder, true)) return false;
    return this.isInTree(folder) || this.#watched.mayContain(folder);
  }

  /** Whether a file is listed, as it belongs to the deployment even if no load reads it. */
  includes(file: string): boolean {
    return this.watches(file) || (isSource(file) && this.isInTree(file) && !this.ignores(file));
  }

  #isExcepted(path: string): boolean {
    return this.options.except.some((folder) => path === folder || path.startsWith(folder + sep));
  }
}
