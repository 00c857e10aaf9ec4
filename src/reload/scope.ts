import { runtime } from "../runtime/mod.ts";
import { dirname, join, sep, toPath } from "../runtime/paths.ts";
import { type Content, readContent } from "../watch/content.ts";
import type { LoadedFiles } from "../deployment/version.ts";
import { Ignored } from "../watch/ignored.ts";
import { isHidden, isSource, listTree } from "../watch/tree.ts";
import { Whereabouts } from "./_whereabouts.ts";

/** What else a save can touch that only a new process would pick up. */
const PROCESS_FILES = ["deno.json", "deno.jsonc", "package.json", "import_map.json"];

/** What belongs to one deployment on disk. */
export interface ScopeOptions {
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
}

/** What a change of a file means. */
export type Meaning = "source" | "yaml" | "process";

/** Files with their content at one moment. */
export type Snapshot = ReadonlyMap<string, Content>;

/** The files of one deployment: which they are, and what was in them when they were loaded last. */
export class Scope {
  /** The content of each file as the newest load, done or under way, is to have it. */
  readonly #known = new Map<string, Content>();
  /** What the version that serves was loaded from. */
  #served = new Map<string, string | null>();
  /** Whether there is such a version. */
  #serves = false;
  #imported = new Set<string>();
  #folders = new Set<string>();
  readonly #whereabouts = new Whereabouts();
  /** The roots whose files were listed before. */
  #listed = new Set<string>();
  #cut = false;
  #ignored: Ignored;
  /** Whether other files may belong to it than those that {@linkcode refresh} found. */
  #outdated = true;

  constructor(private options: ScopeOptions) {
    this.#ignored = ignoredBy(options);
  }

  /** The folders to watch. */
  get folders(): Iterable<string> {
    return this.#folders;
  }

  /** What is watched, for people: folders whose source files count, with a separator at their end, and other files. */
  get watched(): string[] {
    const { modules, extra, yaml, sources } = this.options;
    const roots = sources ? [...this.#roots()].map((root) => root + sep) : [];
    const files = [...(sources ? [...modules, ...extra, ...this.#imported] : []), ...(yaml ? [yaml] : [])];
    const further = files.filter((path) => path === yaml || !roots.some((root) => path.startsWith(root)));
    return [...new Set([...roots, ...further])];
  }

  /** Whether there were too many folders to watch them all. */
  get cut(): boolean {
    return this.#cut;
  }

  /** Changes what belongs to it: the YAML names other modules now. */
  set(options: ScopeOptions): void {
    if (JSON.stringify(options) === JSON.stringify(this.options)) return;
    this.#outdated = true;
    this.options = options;
    this.#ignored = ignoredBy(options);
  }

  /** Whether the files have to be listed anew. Ones that come into folders which are watched are told of. */
  get outdated(): boolean {
    return this.#outdated;
  }

  /**
   * Lists the files anew. Those it finds the first time, or below modules that are new, are as they were loaded.
   *
   * @returns Source files that came later: they have changed, as far as the version that serves is concerned.
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
    const { modules, extra, yaml, sources } = this.options;
    const folders = new Set<string>();
    const imported = [...this.#imported].filter((path) => !this.#ignored.has(path));
    const files = new Set<string>(sources ? [...modules, ...extra, ...imported] : []);
    if (yaml !== undefined) files.add(yaml);
    const fresh: string[] = [];
    const roots = sources ? this.#roots() : new Set<string>();
    this.#cut = false;
    for (const root of roots) {
      const tree = await listTree(root, this.#leftOut);
      for (const folder of tree.folders) folders.add(folder);
      this.#cut ||= tree.cut;
      for (const name of PROCESS_FILES) {
        const path = join(root, name);
        // One that comes later is told of by an event: it has changed.
        if (!this.#listed.has(root) && runtime.writtenAt(path) !== undefined) files.add(path);
      }
      for (const path of tree.sources) {
        if (!this.#listed.has(root) || this.#known.has(path)) files.add(path);
        else if (this.meaning(path) === "source") fresh.push(path);
      }
    }
    for (const path of files) folders.add(dirname(path));
    for (const folder of await this.#whereabouts.follow(files)) folders.add(folder);
    this.#folders = folders;
    this.#listed = roots;
    for (const path of files) this.#remember(path);
    return fresh;
  }

  /** The files of this deployment that an event may be about, whether or not they have changed. */
  async match(path: string): Promise<string[]> {
    const known = [path, ...this.#whereabouts.aliasesOf(path)].filter((path) =>
      this.meaning(path) !== undefined
    );
    if (known.length > 0) return known;
    const below = [...this.#known.keys()].filter((file) => file.startsWith(path + sep));
    below.push(...this.#whereabouts.aliasesBelow(path));
    const behind = this.#whereabouts.filesBehind(path);
    if (behind !== undefined) below.push(...behind);
    if (
      behind !== undefined ||
      (this.#inTree(path) && !this.#leftOut(path, true) && await runtime.isFolder(path))
    ) {
      await this.refresh();
      return [...below, ...(behind !== undefined ? [] : (await listTree(path, this.#leftOut)).sources)];
    }
    return below;
  }

  /** Finds out where files are that may have become symbolic links. Their content need not have changed. */
  async follow(paths: Iterable<string>): Promise<void> {
    if (await this.#whereabouts.haveMoved(paths)) await this.refresh();
  }

  /** What a change of this file means; `undefined` for a file that does not belong here. */
  meaning(path: string): Meaning | undefined {
    const { yaml, sources, modules, extra } = this.options;
    if (path === yaml) return "yaml";
    if (!sources) return undefined;
    if (modules.includes(path) || extra.includes(path)) return "source";
    if (this.#ignored.has(path)) return undefined;
    if (this.#imported.has(path)) return "source";
    if (!this.#inTree(path)) return undefined;
    const main = runtime.mainModule();
    if (
      (main?.startsWith("file:") && toPath(main) === path) ||
      PROCESS_FILES.some((name) => path.endsWith(sep + name))
    ) {
      return "process";
    }
    return isSource(path) ? "source" : undefined;
  }

  /**
   * Looks at a file and compares it with what the newest load is to have.
   *
   * @param path The file.
   * @param certain Whether a file without content counts; otherwise it may be that its writer has just begun.
   * @returns `touched`: saved as it was; `blank`: there is nothing in it, or no file.
   */
  look(path: string, certain: boolean): "same" | "touched" | "changed" | "blank" {
    const [before, now] = [this.#known.get(path), readContent(path)];
    if (before?.hash === now.hash) {
      this.#known.set(path, now);
      return before.written === now.written ? "same" : "touched";
    }
    if (now.blank && !certain) return "blank";
    this.#known.set(path, now);
    return "changed";
  }

  /** Whether everything on disk is as the serving version was loaded from. */
  get isServed(): boolean {
    return this.#serves && [...this.#known.keys()].every((path) => !this.differs(path));
  }

  /** Whether a file is not as the serving version was loaded from. */
  differs(path: string): boolean {
    return !this.#serves || (this.#served.get(path) ?? null) !== (this.#known.get(path)?.hash ?? null);
  }

  /** Whether one of the files has another content than it is known to have: an event about it is on its way. */
  moved(paths: Iterable<string>): boolean {
    return [...paths].some((path) =>
      this.#known.has(path) && this.meaning(path) !== undefined &&
      this.#known.get(path)?.hash !== readContent(path).hash
    );
  }

  /** Whether one of the files that a load read has another content now. */
  differ(files: LoadedFiles): boolean {
    return files.some(([path, hash]) =>
      hash !== null && this.meaning(path) !== undefined && readContent(path).hash !== hash
    );
  }

  /** The files as they are known now: what a load that begins now is to have. */
  snapshot(): Snapshot {
    return new Map(this.#known);
  }

  /**
   * Takes note of which files a load read.
   *
   * @param loaded The files.
   * @param besides Whether those before stay: after a load that failed, any of them may be the one that is mended.
   */
  imports(loaded: LoadedFiles, besides: boolean): void {
    const before = this.#imported;
    this.#imported = new Set([...(besides ? before : []), ...loaded.map(([path]) => path)]);
    const same = before.size === this.#imported.size && [...before].every((path) => this.#imported.has(path));
    if (!same) this.#outdated = true;
  }

  /**
   * Compares what a load really read with what is on disk; to be called when its files are watched.
   *
   * @param loaded The files it read.
   * @param before The files as they were known when it began.
   * @param serves Whether the load became the serving version.
   * @param anew Whether to read the files once more: they have been watched for a moment only.
   * @returns Files that were written meanwhile: they have to be loaded again.
   */
  verify(loaded: LoadedFiles, before: Snapshot, serves: boolean, anew: boolean): string[] {
    const stale: string[] = [];
    const served = new Map(this.#served);
    for (const [path, { hash }] of before) served.set(path, hash);
    for (const [path, hash] of loaded) {
      // Its changes are not told: nothing is to be concluded from them.
      if (this.#ignored.has(path) && this.meaning(path) === undefined) continue;
      served.set(path, hash);
      this.#remember(path);
      // What was known may be older than what was read: nobody told of it while it was not watched.
      const older = hash === null || this.#known.get(path)?.hash !== hash;
      if (anew || older) this.#known.set(path, readContent(path));
      // A file that could not be read is loaded again only when it was not there before.
      const readable = hash !== null || (before.get(path)?.hash ?? null) === null;
      if (!readable || this.#known.get(path)?.hash === hash) continue;
      if (this.meaning(path) !== undefined) stale.push(path);
    }
    if (serves) {
      this.#served = served;
      this.#serves = true;
    }
    return stale;
  }

  #roots(): Set<string> {
    return new Set(this.options.modules.map((path) => dirname(path)));
  }

  #inTree(path: string): boolean {
    if (this.options.except.some((folder) => path === folder || path.startsWith(folder + sep))) return false;
    return [...this.#roots()].some((root) => path.startsWith(root + sep) && !isHidden(root, path));
  }

  #leftOut = (path: string, isFolder: boolean) =>
    (isFolder && this.options.except.includes(path)) || this.#ignored.has(path, isFolder);

  #remember(path: string): void {
    if (this.#known.has(path)) return;
    const content = readContent(path);
    this.#known.set(path, content);
    this.#served.set(path, content.hash);
  }
}

/** Patterns are relative to the folder of the Executor's own module. */
function ignoredBy({ modules, yaml, ignore }: ScopeOptions): Ignored {
  const file = modules.at(0) ?? yaml;
  return new Ignored(file === undefined ? runtime.cwd() : dirname(file), ignore);
}
