import type { FileHashes } from "../errors/mod.ts";
import { runtime } from "../runtime/mod.ts";
import { dirname, sep } from "../paths.ts";
import { isSource, listTree } from "../watch/tree.ts";
import { FileContents } from "./_contents.ts";
import { LinkedImports } from "./_linked_imports.ts";
import { foldersToWatch, projectFilesIn } from "./_project_files.ts";
import { PathRules, type WatchedFilesOptions } from "./_rules.ts";
import { SymlinkIndex } from "./_symlink_index.ts";

export type { Snapshot } from "./_contents.ts";
export type { WatchedFilesOptions as ScopeOptions } from "./_rules.ts";

/** What a change of a file means. */
export type FileKind = "source" | "yaml" | "process";

/** Tells whether a file is a part of another deployment. */
export type IsElsewhere = (path: string, scope: WatchedFiles) => boolean;

/** The files of one deployment: which they are, and what is in them. */
export class WatchedFiles {
  /** What is in the files. */
  readonly contents: FileContents;
  readonly #whereabouts = new SymlinkIndex();
  readonly #linked = new LinkedImports();
  #rules: PathRules;
  #imported = new Set<string>();
  /** Whether all that it imports is known: its newest load was complete. */
  #isComplete = false;
  #folders = new Set<string>();
  /** The folders whose files were listed before. */
  #listed = new Set<string>();
  #cut = false;
  /** Whether other files may belong to it than those that {@linkcode refresh} found. */
  #outdated = true;

  /**
   * @param options What belongs to it.
   * @param isElsewhere Tells whether a file is a part of another deployment.
   */
  constructor(options: WatchedFilesOptions, private readonly isElsewhere: IsElsewhere = () => false) {
    this.#rules = new PathRules(options);
    this.contents = new FileContents({
      matters: (path) => this.classify(path) !== undefined,
      isIgnored: (path) => this.#rules.ignores(path) && this.classify(path) === undefined,
    });
  }

  /** The folders to watch. */
  get folders(): Iterable<string> {
    return this.#folders;
  }

  /** The symbolic links on the way to its files, and where each leads. */
  get links(): ReadonlyMap<string, string | undefined> {
    return this.#whereabouts.targets;
  }

  /**
   * What is watched, for people: folders whose source files count, with a separator at their end, other files, and the
   * patterns of `watch`.
   */
  get watched(): string[] {
    const { modules, extra, yaml, sources } = this.#rules.options;
    const roots = [...this.#rules.roots].map((root) => root + sep);
    const files = [...(sources ? [...modules, ...extra, ...this.#imported] : []), ...(yaml ? [yaml] : [])];
    const further = files.filter((path) => path === yaml || !roots.some((root) => path.startsWith(root)));
    return [...new Set([...roots, ...further, ...(sources ? this.#rules.patterns : [])])];
  }

  /** Whether there were too many folders to watch them all. */
  get isTruncated(): boolean {
    return this.#cut;
  }

  /** Changes what belongs to it: the YAML names other modules now. Answers whether that is something else. */
  set(options: WatchedFilesOptions): boolean {
    if (JSON.stringify(options) === JSON.stringify(this.#rules.options)) return false;
    this.#outdated = true;
    this.#listed.clear();
    this.#rules = new PathRules(options);
    return true;
  }

  /** Whether the files have to be listed anew. Ones that come into folders which are watched are told of. */
  get needsRefresh(): boolean {
    return this.#outdated;
  }

  /** Whether a file is named in the options, or was imported by a load. */
  owns(path: string): boolean {
    return this.#rules.isNamed(path) || this.#imported.has(path);
  }

  /** Whether a file is named in the options: `ignore` cannot leave it out. */
  isNamed(path: string): boolean {
    return this.#rules.isNamed(path);
  }

  /** The pattern of `ignore` that leaves out a file. */
  patternOf(path: string): string {
    return this.#rules.patternOf(path);
  }

  /**
   * Lists the files anew. Those it finds the first time, or below modules that are new, are as they were loaded.
   *
   * @returns Files that came later: they have changed, as far as the version that serves is concerned.
   */
  refresh(): Promise<string[]> {
    // One after the other: the one that began last is to have the last word.
    const next = this.#refreshing.then(() => this.#list());
    this.#refreshing = next.catch(() => []);
    return next;
  }
  #refreshing: Promise<unknown> = Promise.resolve();

  async #list(): Promise<string[]> {
    this.#outdated = false;
    const rules = this.#rules;
    const { modules, extra, yaml, sources } = rules.options;
    const imported = [...this.#imported].filter((path) => !rules.ignores(path));
    const files = new Set<string>(sources ? [...modules, ...extra, ...imported] : []);
    if (yaml !== undefined) files.add(yaml);
    const folders = new Set<string>(rules.outside);
    const fresh: string[] = [];
    this.#cut = false;
    const begun = new Set([...rules.roots, ...rules.outside]);
    for (const root of begun) {
      const tree = await listTree(root, rules.listing);
      for (const folder of tree.folders) folders.add(folder);
      this.#cut ||= tree.cut;
      for (const path of tree.files) {
        if (!this.#listed.has(root) || this.contents.has(path)) files.add(path);
        else if (this.classify(path) === "source") fresh.push(path);
      }
    }
    for (const above of rules.above.values()) for (const folder of foldersToWatch(above)) folders.add(folder);
    for (const folder of [...rules.roots, ...[...rules.above.values()].flat()]) {
      begun.add(folder);
      // One that comes later is told of by an event: it has changed.
      for (const path of this.#listed.has(folder) ? [] : projectFilesIn(folder)) files.add(path);
    }
    for (const path of files) folders.add(dirname(path));
    for (const folder of await this.#whereabouts.follow(files)) folders.add(folder);
    this.#folders = folders;
    this.#listed = begun;
    for (const path of files) this.contents.remember(path);
    return fresh;
  }

  /** The files of this deployment that an event may be about, whether or not they have changed. */
  async filesAffectedBy(path: string): Promise<string[]> {
    const matters = (file: string) => this.classify(file) !== undefined;
    const own = [path, ...this.#whereabouts.aliasesOf(path)].filter(matters);
    const behind = this.#whereabouts.filesBehind(path);
    // A pattern of `watch` may match a folder by its name.
    if (own.length > 0 && behind === undefined && !this.#rules.watches(path)) return own;
    const below = this.contents.paths.filter((file) => file.startsWith(path + sep));
    below.push(...this.#whereabouts.aliasesBelow(path));
    const isFolder = this.#rules.reaches(path) && await runtime.isFolder(path);
    if (behind !== undefined) below.push(...behind);
    else if (!isFolder) return [...own, ...below].filter(matters);
    const fresh = await this.refresh();
    if (isFolder) fresh.push(...(await listTree(path, this.#rules.listing)).files);
    return [...new Set([...isFolder ? [] : own, ...below, ...fresh])].filter(matters);
  }

  /** Finds out where files are that may have become symbolic links. Their content need not have changed. */
  async follow(paths: Iterable<string>): Promise<void> {
    if (await this.#whereabouts.haveMoved(paths)) await this.refresh();
  }

  /** What a change of this file means; `undefined` for a file that does not belong here. */
  classify(path: string): FileKind | undefined {
    const rules = this.#rules;
    if (path === rules.options.yaml) return "yaml";
    if (!rules.options.sources) return undefined;
    if (rules.isNamed(path)) return "source";
    if (rules.ignores(path)) return undefined;
    if (this.#imported.has(path)) return "source";
    // As long as not all is known that it imports, any file may be a part of it.
    if (this.#isComplete && this.isElsewhere(path, this) && !rules.watches(path)) return undefined;
    if (rules.isProcessFile(path)) return "process";
    return rules.watches(path) || (isSource(path) && rules.isInTree(path)) ? "source" : undefined;
  }

  /**
   * Takes note of which files a load read.
   *
   * @param loaded The files.
   * @param keepsFormer Whether those before stay: after a load that failed, any of them may be the one that is mended.
   * @param serves Whether the load became the serving version.
   */
  async recordImports(loaded: FileHashes, keepsFormer: boolean, serves: boolean): Promise<void> {
    const linked = await this.#linked.of(loaded);
    const before = this.#imported;
    this.#isComplete = serves;
    this.#imported = new Set([...(keepsFormer ? before : []), ...loaded.map(([path]) => path), ...linked]);
    const same = before.size === this.#imported.size && [...before].every((path) => this.#imported.has(path));
    if (!same) this.#outdated = true;
  }
}
