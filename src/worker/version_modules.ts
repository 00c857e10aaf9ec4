import type { FileHashes } from "../errors/mod.ts";
import { toPath, toUrl } from "../paths.ts";
import { staticSpecifiersIn } from "../script/specifiers.ts";
import type { FileContent } from "../protocol/protocol.ts";

/** The number of modules from which linking them beforehand is worthwhile. */
const MANY = 50;

/** The size in bytes up to which a file's content is held in memory, for a load of a version that served before. */
const MAX_CONTENT_BYTES = 1_000_000;

/** One of the user's modules, as it is loaded. Versions in one worker share the modules that have not changed. */
export interface Module {
  /** The URL that it is loaded from; `?v=7` names the version that was the first to load it. */
  readonly url: string;
  readonly path: string;
  /** The URLs that it imports, without versions, and what it calls them; nothing for what it requires. */
  readonly imports: Map<string, string | undefined>;
  /** The hash of its content; `null` when it does not exist, `undefined` until it is loaded. */
  hash?: string | null;
  /** Its content, unless that is large. */
  content?: Uint8Array;
}

/** The user's modules that one version of an Executor consists of, by their URLs without versions. */
export class VersionModules {
  readonly #modules: Map<string, Module>;
  /** Files whose load has begun and not ended; a broken file stays here. */
  readonly #unfinished = new Set<string>();
  /** The URLs of the modules that may contain the Executor. */
  readonly #candidates = new Set<string>();
  readonly #missing = new Set<string>();
  /** Whether a package imports one of the user's modules. */
  isImportedByPackage: boolean;
  /** The URLs of the modules that a `data:` or `blob:` URL imports, which has no versions. */
  readonly fixed: Set<string>;
  /** Whether some of its modules are required. */
  hasCommonJs = false;
  /** Whether a module is loaded from a URL that names this version: one from that URL without it may be loaded already. */
  readonly #isVersioned: (url: string) => boolean;

  /**
   * @param number The number of the version; 0 for modules that are linked and never evaluated.
   * @param base The version whose unchanged modules it shares; without one, the worker is fresh.
   * @param outdated The URLs of the modules of `base` that have to be evaluated again.
   */
  constructor(
    readonly number: number,
    base?: VersionModules,
    outdated: ReadonlySet<string> = new Set(),
  ) {
    const isAfterAnother = base !== undefined && base.number > 0;
    this.#isVersioned = (url) => isAfterAnother || outdated.has(url);
    const modules = base === undefined ? [] : [...base.#modules];
    const shared = modules.filter(([url]) => !outdated.has(url));
    this.#modules = new Map(shared);
    this.isImportedByPackage = base?.isImportedByPackage ?? false;
    this.fixed = new Set(base?.fixed);
  }

  get hashes(): FileHashes {
    const hashes = new Map<string, string | null>();
    for (const { path, hash } of this.#modules.values()) if (hash !== undefined) hashes.set(path, hash);
    for (const path of this.#missing) hashes.set(path, null);
    return [...hashes];
  }

  get paths(): string[] {
    return this.hashes.map(([path]) => path);
  }

  get unfinished(): string | undefined {
    return [...this.#unfinished].at(0);
  }

  isMissing(path: string): boolean {
    return this.hashes.some(([file, hash]) => file === path && hash === null);
  }

  /** Adds a file that was imported and does not exist, so that it is watched. */
  addMissing(path: string): void {
    this.#missing.add(path);
  }

  /** Adds a module that may contain the Executor. Returns the URL to import. */
  addCandidate(url: string): string {
    this.#candidates.add(url);
    return this.take(url, true).url;
  }

  /**
   * The modules to link before the next version is loaded: those that may contain the Executor, if they import many.
   * Without versions, nothing is linked.
   */
  get toLink(): string[] {
    if (this.#modules.size < MANY || this.hasCommonJs || this.fixed.size > 0) return [];
    return [...this.#candidates].filter((url) => this.#modules.get(url)?.hash !== undefined);
  }

  /**
   * The modules of installed packages that are evaluated before any of the user's modules, in that order: what runs before
   * a package may be what it needs.
   *
   * @param readText Reads a module's text.
   */
  earlyPackages(readText: (path: string) => string | undefined): string[] {
    const early = new Set<string>();
    const visited = new Set<string>();
    // Returns whether code of the user's runs, the module's own or that of its imports.
    const visit = (url: string): boolean => {
      if (visited.has(url) || url.startsWith("node:")) return false;
      visited.add(url);
      const module = this.#modules.get(url);
      if (module === undefined) {
        if (/^(?:data|blob):/.test(url)) return true;
        early.add(url);
        return false;
      }
      const statics = staticSpecifiersIn(readText(module.path) ?? "");
      const imports = [...module.imports].filter(([, specifier]) =>
        specifier !== undefined && statics.has(specifier)
      );
      return imports.some(([imported]) => visit(imported)) || !/\.json$/.test(module.path);
    };
    if (!this.isImportedByPackage) [...this.#candidates].some(visit);
    return [...early];
  }

  isCandidate(url: string): boolean {
    return this.#candidates.has(url);
  }

  /** The URL that a module is loaded from. */
  urlOf(url: string): string {
    return this.#modules.get(url)?.url ?? url;
  }

  get(url: string): Module | undefined {
    return this.#modules.get(url);
  }

  /**
   * The module of a URL, which is loaded with the number of this version if it has to be evaluated.
   *
   * @param isVersioned Whether the URL it is loaded from names the version. In a fresh worker, that of a candidate does.
   */
  take(url: string, isVersioned = this.#isVersioned(url)): Module {
    const known = this.#modules.get(url);
    if (known !== undefined) return known;
    const module = {
      url: isVersioned ? withVersion(url, this.number) : url,
      path: toPath(url),
      imports: new Map<string, string | undefined>(),
    };
    this.#modules.set(url, module);
    return module;
  }

  /** Records that the load of a module begins, with the hash of its content. */
  begin(url: string, hash: string | null, content?: Uint8Array, isRequired = false): void {
    const module = isRequired ? this.take(url, false) : this.take(url);
    const isLarge = content !== undefined && content.length > MAX_CONTENT_BYTES;
    Object.assign(module, { hash, content: isLarge ? undefined : content });
    this.#unfinished.add(module.path);
  }

  /** Records that a file is loaded. */
  finish(path: string): void {
    this.#unfinished.delete(path);
  }

  /**
   * The URLs of the modules that have to be evaluated again: those of changed files, and those that import them.
   *
   * @param changed The paths of the changed files; with one that no module imports, all are evaluated again.
   */
  outdatedBy(changed: readonly string[]): Set<string> {
    const modules = [...this.#modules];
    const paths = new Set(changed);
    const outdated = modules.filter(([, { path }]) => paths.has(path));
    const found = new Set(outdated.map(([, { path }]) => path));
    if (found.size === 0 || found.size < paths.size) return new Set(this.#modules.keys());
    const importers = this.#importers();
    const all = new Set(outdated.map(([url]) => url));
    for (const url of all) for (const importer of importers.get(url) ?? []) all.add(importer);
    return all;
  }

  /** Adds what CommonJS modules require: an import that `require` answers from its cache is not resolved. */
  addRequired(requiredBy: (path: string) => readonly string[]): void {
    for (const { path: importer, imports } of this.#modules.values()) {
      for (const path of requiredBy(importer)) {
        if (this.#modules.has(toUrl(path))) imports.set(toUrl(path), undefined);
      }
    }
  }

  /** The modules that have been loaded and whose content is known. */
  get contents(): FileContent[] {
    return [...this.#modules.values()].flatMap(({ path, hash, content }) =>
      typeof hash === "string" && content !== undefined ? [[path, hash, content]] : []
    );
  }

  #importers(): Map<string, string[]> {
    const importers = new Map<string, string[]>();
    for (const [importer, { imports }] of this.#modules) {
      for (const url of imports.keys()) {
        const of = importers.get(url);
        if (of === undefined) importers.set(url, [importer]);
        else of.push(importer);
      }
    }
    return importers;
  }
}

/** Matches the version at the end of a URL. */
const VERSION = /[?&]v=\d+$/;

/** The URL under which a version loads a module, such as `file:///app/my_executor.ts?v=7`; stacks contain it. */
export function withVersion(url: string, version: number): string {
  return url.startsWith("file:") ? `${url}${url.includes("?") ? "&" : "?"}v=${version}` : url;
}

/** The URL of a module without the version. */
export function withoutVersion(url: string): string {
  return url.replace(VERSION, "");
}
