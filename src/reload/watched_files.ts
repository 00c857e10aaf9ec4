import type { FileHashes } from "../errors/mod.ts";
import { runtime } from "../runtime/mod.ts";
import { dirname, sep } from "../paths.ts";
import { listTree } from "../watch/tree.ts";
import { type Disk, FileContents } from "./_file_contents.ts";
import { LinkedImports } from "./_linked_imports.ts";
import { foldersToWatch, projectFilesIn } from "./_project_files.ts";
import { PathRules, type WatchedFilesOptions } from "./_path_rules.ts";
import { SymlinkIndex } from "./_symlink_index.ts";

/** Returns whether a file belongs to another deployment than the one with these files. */
export type IsElsewhere = (path: string, files: WatchedFiles) => boolean;

/** The files of one deployment: which they are, and their contents. */
export class WatchedFiles {
  readonly contents: FileContents;
  readonly symlinks = new SymlinkIndex();
  readonly #linkedImports = new LinkedImports();
  #rules: PathRules;
  #imported: ReadonlySet<string> = new Set();
  /** The imports of the serving version that are ignored, as they were loaded: no event reports their changes. */
  readonly #ignored = new Map<string, string | null>();
  /** Whether all imports are known, because the newest load succeeded. */
  #knowsAllImports = false;
  /** The folders to watch, those whose files were listed, and whether there were too many to watch them all. */
  #listing = { folders: new Set<string>(), listed: new Set<string>(), isTruncated: false };
  #needsRefresh = true;
  #refreshing: Promise<unknown> = Promise.resolve();

  constructor(
    options: WatchedFilesOptions,
    private readonly isElsewhere: IsElsewhere = () => false,
    disk?: Disk,
  ) {
    this.#rules = new PathRules(options);
    this.contents = new FileContents(disk);
  }

  get rules(): PathRules {
    return this.#rules;
  }

  get folders(): Iterable<string> {
    return this.#listing.folders;
  }

  /**
   * What is watched, for display: folders whose source files count, with a separator at the end, other files, and the
   * patterns of `watch`.
   */
  get watched(): string[] {
    const { options: { yaml, sources }, root, patterns } = this.#rules;
    const tree = root === undefined ? [] : [root + sep];
    const others = this.#filesWith(this.#imported).filter((path) =>
      path === yaml || !tree.some((folder) => path.startsWith(folder))
    );
    return [...new Set([...tree, ...others, ...(sources ? patterns : [])])];
  }

  get isTruncated(): boolean {
    return this.#listing.isTruncated;
  }

  /** Whether the files have to be listed again. New files in watched folders do not require that. */
  get needsRefresh(): boolean {
    return this.#needsRefresh;
  }

  /** Changes which files belong to the deployment. Returns whether the options differ from those before. */
  setOptions(options: WatchedFilesOptions): boolean {
    if (JSON.stringify(options) === JSON.stringify(this.#rules.options)) return false;
    this.#needsRefresh = true;
    this.#listing = { ...this.#listing, listed: new Set() };
    this.#rules = new PathRules(options);
    return true;
  }

  owns(path: string): boolean {
    return this.#rules.isNamed(path) || this.#imported.has(path);
  }

  /**
   * Lists the files again. Files in folders that are listed for the first time count as loaded.
   *
   * @returns Files that are new in folders listed before: they count as changed.
   */
  refresh(): Promise<string[]> {
    // One after the other, so that the result of the last call is the one that stays.
    const next = this.#refreshing.then(() => this.#list());
    this.#refreshing = next.catch(() => []);
    return next;
  }

  /** The files that the options name, and imported ones, as far as their changes count. */
  #filesWith(imported: Iterable<string>): string[] {
    const { module, extra, yaml, sources } = this.#rules.options;
    return [...(sources ? [module, ...extra, ...imported] : []), yaml].filter((path) => path !== undefined);
  }

  async #list(): Promise<string[]> {
    this.#needsRefresh = false;
    const rules = this.#rules;
    const imported = [...this.#imported].filter((path) => !rules.ignores(path));
    const files = new Set(this.#filesWith(imported));
    const folders = new Set<string>(rules.outside);
    const added: string[] = [];
    let isTruncated = false;
    const trees = rules.root === undefined ? rules.outside : [rules.root, ...rules.outside];
    for (const root of trees) {
      const tree = await listTree(root, rules);
      for (const folder of tree.folders) folders.add(folder);
      isTruncated ||= tree.isTruncated;
      for (const path of tree.files) {
        if (!this.#listing.listed.has(root) || this.contents.hashOf(path) !== undefined) files.add(path);
        else if (this.classify(path) === "source") added.push(path);
      }
    }
    for (const folder of foldersToWatch(rules.above)) folders.add(folder);
    const projects = rules.root === undefined ? rules.above : [rules.root, ...rules.above];
    for (const folder of projects) {
      // A project file that is created later is reported by an event, and counts as changed.
      for (const path of this.#listing.listed.has(folder) ? [] : projectFilesIn(folder)) files.add(path);
    }
    for (const path of files) folders.add(dirname(path));
    for (const folder of await this.symlinks.update(files)) folders.add(folder);
    this.#listing = { folders, listed: new Set([...trees, ...projects]), isTruncated };
    for (const path of files) this.contents.remember(path);
    return added;
  }

  /** The files of this deployment that an event about a path may concern, whether or not they have changed. */
  async filesAffectedBy(path: string): Promise<string[]> {
    const own = [path, ...this.symlinks.aliasesOf(path)].filter(this.matters);
    const behind = this.symlinks.filesBehind(path);
    // A pattern of `watch` may match the name of a folder.
    if (own.length > 0 && behind === undefined && !this.#rules.watches(path)) return own;
    const below = this.contents.paths.filter((file) => file.startsWith(path + sep));
    below.push(...this.symlinks.aliasesBelow(path));
    const isFolder = this.#rules.reaches(path) && await runtime.isFolder(path);
    if (behind !== undefined) below.push(...behind);
    else if (!isFolder) return [...own, ...below].filter(this.matters);
    const added = await this.refresh();
    if (isFolder) added.push(...(await listTree(path, this.#rules)).files);
    return [...new Set([...isFolder ? [] : own, ...below, ...added])].filter(this.matters);
  }

  /** Whether a change of a file causes anything. */
  readonly matters = (path: string): boolean => this.classify(path) !== undefined;

  /** Whether a change reloads, restarts, or calls for a restart of the process; `undefined` for a file of others. */
  classify(path: string): "source" | "yaml" | "process" | undefined {
    const rules = this.#rules;
    if (path === rules.options.yaml) return "yaml";
    if (!rules.options.sources) return undefined;
    if (rules.isNamed(path)) return "source";
    if (rules.ignores(path)) return undefined;
    if (this.#imported.has(path)) return "source";
    // As long as not all imports are known, any file may be one of them.
    if (this.#knowsAllImports && this.isElsewhere(path, this) && !rules.watches(path)) return undefined;
    if (rules.isProcessFile(path)) return "process";
    return rules.includes(path) ? "source" : undefined;
  }

  /** The source files that are not as the serving version was loaded from, and those of `saved` that are sources. */
  changedSources(saved: ReadonlySet<string>): string[] {
    const changed = this.contents.paths.filter((path) => this.contents.differsFromServed(path));
    const sources = [...saved, ...changed].filter((path) => this.classify(path) === "source");
    const ignored = [...this.#ignored].filter(([path, hash]) => this.contents.hasChanged(path, hash));
    return [...new Set([...sources, ...ignored.map(([path]) => path)])];
  }

  /**
   * Records which files a load read.
   *
   * @param keepsFormer Whether the files of earlier loads stay: after a failed load, any of them may be fixed next.
   * @param serves Whether the load became the serving version.
   */
  async recordImports(loaded: FileHashes, keepsFormer: boolean, serves: boolean): Promise<void> {
    const linked = await this.#linkedImports.find(loaded);
    const before = this.#imported;
    this.#knowsAllImports = serves;
    const ignored = serves ? loaded.filter(([path]) => this.#rules.ignores(path)) : [];
    for (const [path, hash] of ignored) this.#ignored.set(path, hash);
    this.#imported = new Set([...(keepsFormer ? before : []), ...loaded.map(([path]) => path), ...linked]);
    if (before.symmetricDifference(this.#imported).size > 0) this.#needsRefresh = true;
  }
}
