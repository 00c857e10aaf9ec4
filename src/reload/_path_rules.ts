import { runtime } from "../runtime/mod.ts";
import { dirname, sep, toPath } from "../paths.ts";
import { fromFolder, PathPatterns, relativeTo } from "../watch/path_patterns.ts";
import { isHidden, isSource, type TreeRules } from "../watch/tree.ts";
import { WatchPatterns } from "../watch/watch_patterns.ts";
import { foldersAbove, isProjectFile } from "./_project_files.ts";

/** What belongs to one deployment on disk. */
export interface WatchedFilesOptions {
  /** Paths of the modules that hold the Executor: their folders' source files belong to it. */
  readonly modules: readonly string[];
  /** Paths of further files: `modules` that were named besides. */
  readonly extra: readonly string[];
  /** The Executor's YAML, when its changes matter. */
  readonly yaml?: string;
  /** Whether source files matter. */
  readonly sources: boolean;
  /** Folders that never matter. */
  readonly except: readonly string[];
  /** Patterns of what does not matter, unless it is named above. */
  readonly ignore: readonly string[];
  /** Patterns of files that matter as well as source files do. */
  readonly watch: readonly string[];
}

/** What a deployment's options say about paths, whatever it imports. */
export class PathRules {
  /** The folders of the modules. */
  readonly roots: ReadonlySet<string>;
  /** The folders above each of them in which the project may be configured, the nearest first. */
  readonly above: ReadonlyMap<string, readonly string[]>;
  readonly #folder: string;
  readonly #ignored: PathPatterns;
  readonly #watched: WatchPatterns;

  constructor(readonly options: WatchedFilesOptions) {
    const { modules, yaml, sources, ignore, watch } = options;
    const file = modules.at(0) ?? yaml;
    // Patterns are relative to the folder of the Executor's own module.
    this.#folder = file === undefined ? runtime.cwd() : dirname(file);
    this.#ignored = new PathPatterns(this.#folder, ignore);
    this.#watched = new WatchPatterns(this.#folder, sources ? watch : []);
    const roots = sources ? modules.map((path) => dirname(path)) : [];
    this.roots = new Set(roots.filter((root) => !this.#isExcepted(root)));
    this.above = new Map(roots.map((root) => [root, foldersAbove(root)]));
  }

  /** Whether a file is named in the options. */
  isNamed(path: string): boolean {
    const { modules, extra, yaml } = this.options;
    return path === yaml || modules.includes(path) || extra.includes(path);
  }

  /** Whether a path is left out by `ignore`, as far as nothing names it. */
  ignores(path: string, isFolder = false): boolean {
    return this.#ignored.has(path, isFolder);
  }

  /** Whether a path is in one of the modules' folders, at any depth, and not hidden. */
  isInTree(path: string): boolean {
    if (this.#isExcepted(path)) return false;
    return [...this.roots].some((root) => path.startsWith(root + sep) && !isHidden(root, path));
  }

  /** Whether `watch` names a file. */
  watches(path: string): boolean {
    return this.#watched.has(path) && !this.#isExcepted(path) && !this.ignores(path);
  }

  /** Whether a folder is to be watched, or on the way to one that is. */
  reaches(folder: string): boolean {
    return this.enters(folder) || this.outside.some((base) => `${base}${sep}`.startsWith(folder + sep));
  }

  /** The folders outside of the modules' folders in which `watch` names files. */
  get outside(): readonly string[] {
    return this.#watched.outside;
  }

  /** The pattern of `ignore` that leaves out a file. */
  patternOf(path: string): string {
    return relativeTo(this.#folder, path) ?? path;
  }

  /** The patterns of `watch`, for people. */
  get patterns(): string[] {
    return this.options.watch.map((pattern) =>
      pattern.includes("file:") ? fromFolder(pattern, this.#folder).replace(/^(!?)\//, "$1") : pattern
    );
  }

  /** Whether only a new process would apply what is in a file. */
  isProcessFile(path: string): boolean {
    if (isProjectFile(path)) return this.isInTree(path) || this.#isAbove(dirname(path));
    const main = runtime.mainModule();
    return main?.startsWith("file:") === true && toPath(main) === path && this.isInTree(path);
  }

  /** Whether to go into a folder when files are listed. */
  enters(folder: string): boolean {
    if (this.#isExcepted(folder) || this.ignores(folder, true)) return false;
    return this.isInTree(folder) || this.#watched.mayContain(folder);
  }

  /** What is listed of the modules' folders, and of those in which `watch` names files. */
  readonly listing: TreeRules = {
    enters: (folder) => this.enters(folder),
    counts: (file) => this.watches(file) || (isSource(file) && this.isInTree(file) && !this.ignores(file)),
  };

  #isAbove(folder: string): boolean {
    return [...this.above.values()].some((above) => above.includes(folder));
  }

  #isExcepted(path: string): boolean {
    return this.options.except.some((folder) => path === folder || path.startsWith(folder + sep));
  }
}
