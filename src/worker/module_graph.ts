import type { FileHashes } from "../errors/mod.ts";
import { dirname, resolve, toPath, toUrl } from "../paths.ts";
import type { FileContent, LoadOrder } from "../protocol/protocol.ts";
import { contentHash } from "../runtime/content_hash.ts";
import type { OwnFile } from "../runtime/mod.ts";
import { workerRuntime } from "../runtime/worker.ts";
import { specifiersIn } from "../script/specifiers.ts";
import { isThirdParty } from "../script/third_party.ts";
import { instrumentModule } from "./_instrument.ts";
import { isLibraryFile } from "./_library_files.ts";
import { type Module, VersionModules, withoutVersion } from "./version_modules.ts";

/** Reports a file that a version imports. */
export type OnImported = (version: VersionModules, file: FileHashes[number]) => void;

/** Why a version cannot be loaded in place: a module that has to be evaluated again cannot be. */
export class FixedModuleError extends Error {}

/** The user's modules of all versions in this worker. Decides which version's module an import gets. */
export class ModuleGraph {
  /** The newest version first. */
  readonly #versions: VersionModules[] = [];
  /**
   * The version that was added last to others, the one that served then, and the required modules of that one, which have
   * been taken from the cache of `require` since.
   */
  #newest?: {
    readonly version: VersionModules;
    readonly base: VersionModules;
    readonly taken: ReadonlyMap<string, unknown>;
  };
  /** The contents of files that are loaded in place of those on disk, by path. */
  #restored: readonly FileContent[] = [];
  /** The modules that are linked, for the first version, and the URL of the module that imports them. */
  #linked?: VersionModules;
  #linker?: string;

  /**
   * Adds the modules of a version that is going to be loaded.
   *
   * @param base The version whose unchanged modules it shares; without one, all are loaded.
   * @throws {FixedModuleError} When that takes a fresh worker.
   */
  add({ modules, version, changed = [], restored = [] }: LoadOrder, base?: VersionModules): VersionModules {
    const candidates = modules.map(({ url }) => loadedUrl(url));
    base?.addRequired(workerRuntime.requiredBy);
    const loaded = new Set(changed.map((path) => workerRuntime.loadedPath(path)));
    const linked = base === undefined ? this.#takeLinked() : undefined;
    const outdated = base?.outdatedBy(withNewImports(base, [...loaded])) ??
      linked?.outdatedBy([...changedSince(linked, restored), ...candidates.map(toPath)]);
    if (base !== undefined) refuseFixed(base, outdated ?? []);
    const added = new VersionModules(version, base ?? linked, outdated);
    if (base !== undefined) this.#takeRequired(added, base, Array.from(outdated ?? [], toPath));
    this.#restored = restored;
    this.#versions.unshift(added);
    for (const url of candidates) added.addCandidate(url);
    return added;
  }

  /**
   * Loads modules and links them, but evaluates nothing: for the first version, only those that have changed by then, and
   * those that import them, are loaded again.
   */
  async link(urls: readonly string[]): Promise<void> {
    this.#linked = new VersionModules(0);
    this.#versions.unshift(this.#linked);
    for (const url of urls) this.#linked.take(url);
    const imports = urls.map((url) => `import ${JSON.stringify(url)};`).join("");
    // The link fails at the last import, when all others are loaded.
    const failing = `${imports}import { none } from ${JSON.stringify("data:text/javascript,")};`;
    this.#linker = `data:text/javascript,${encodeURIComponent(failing)}`;
    await import(this.#linker).catch(() => {});
  }

  /** Has the files of a new version required again, and those that a version has loaded which did not serve. */
  #takeRequired(version: VersionModules, base: VersionModules, outdated: readonly string[]): void {
    const former = this.#newest?.base === base ? this.#newest.taken : [];
    const taken = new Map(former);
    for (const path of [...taken.keys(), ...outdated]) {
      const module = workerRuntime.takeRequired(path);
      if (!taken.has(path)) taken.set(path, module);
    }
    this.#newest = { version, base, taken };
  }

  #takeLinked(): VersionModules | undefined {
    const linked = this.#linked;
    if (linked !== undefined) this.remove(linked);
    this.#linked = undefined;
    return linked;
  }

  /** Removes the modules of a version that has ended. */
  remove(version: VersionModules): void {
    this.#versions.splice(this.#versions.indexOf(version), 1);
    this.restoreRequired(version);
  }

  /** Called when a version has failed: the version that serves on gets its required modules back. */
  restoreRequired(version: VersionModules): void {
    const { version: newest, base, taken = [] } = this.#newest ?? {};
    if (newest !== version || base === undefined || !this.#versions.includes(base)) return;
    for (const [path, module] of taken) if (module !== undefined) workerRuntime.putRequired(path, module);
  }

  /** Observes imports from now on, and reports each of the user's files. */
  observe(onImported: OnImported): void {
    workerRuntime.hookLoads({
      open: (url, isRequired = false) => this.#open(url, isRequired, onImported),
      resolve: (url, importer, specifier) => this.#resolve(url, importer, specifier),
      transform: instrumentModule,
    });
  }

  #open(url: string, isRequired: boolean, onImported: OnImported): OwnFile | undefined {
    const newest = this.#versions.at(0);
    const [found = newest, known] = this.#versionOf(url) ?? [];
    // Without a version in its URL, a required file that is evaluated again looks like the one before.
    const version = isRequired ? newest : found;
    const path = toPath(url);
    if (version === undefined || (known === undefined && isForeign(path))) return undefined;
    const plain = withoutVersion(url);
    version.isImportedByPackage ||= known === undefined;
    return {
      path,
      isTransformed: version.isCandidate(plain),
      begin: (hash, content) => {
        const restored = this.#restored.find(([other, itsHash]) => other === path && itsHash !== hash);
        const [, loadedHash, loaded] = restored ?? [path, hash, content];
        version.begin(plain, loadedHash, loaded, isRequired);
        onImported(version, [path, loadedHash]);
        return restored?.[2];
      },
      end: () => version.finish(path),
    };
  }

  /** The URL to load for an import: that of the module in the version that the importer belongs to. */
  #resolve(url: string, importer: string, specifier?: string): string {
    const [version, module] = this.#versionOf(importer) ?? [];
    if (version === undefined) return this.#resolveFixed(url, importer);
    if (url.startsWith("file:") && isLibraryFile(toPath(url))) return url;
    const plain = withoutVersion(url);
    module?.imports.set(plain, specifier);
    if (isPackage(url)) return url;
    version.hasCommonJs ||= specifier === undefined;
    // The cache of `require` has no versions.
    return specifier === undefined ? version.take(plain, false) && url : version.take(plain).url;
  }

  /** The URL to load for an import of a `data:` or `blob:` URL: it belongs to no version, and so is evaluated once. */
  #resolveFixed(url: string, importer: string): string {
    const version = this.#versions.at(0);
    if (version === undefined || !/^(?:data|blob):/.test(importer) || importer === this.#linker) return url;
    if (isPackage(url) || isLibraryFile(toPath(url))) return url;
    const plain = withoutVersion(url);
    version.fixed.add(plain);
    return version.take(plain).url;
  }

  /** The newest version that contains a module as it is loaded from a URL. */
  #versionOf(url: string): [version: VersionModules, module?: Module] | undefined {
    const plain = withoutVersion(url);
    let other: [VersionModules, Module] | undefined;
    for (const version of this.#versions) {
      const module = version.get(plain);
      if (module?.url === url) return [version, module];
      // A module that is required has no version in its URL.
      if (module !== undefined) other ??= [version, module];
    }
    return other;
  }
}

function refuseFixed(base: VersionModules, outdated: Iterable<string>): void {
  for (const url of outdated) {
    const path = toPath(url);
    if (base.fixed.has(url)) throw new FixedModuleError(`a data: or blob: URL imports ${path}`);
    if (workerRuntime.isEsmRequired(path)) throw new FixedModuleError(`the ES module ${path} is required`);
  }
}

/** Whether a module is not of the user's files, such as one of an installed package. */
export function isPackage(url: string): boolean {
  return !url.startsWith("file:") || isThirdParty(toPath(url));
}

/** Whether a file is of an installed package or of the library. */
function isForeign(path: string): boolean {
  return isThirdParty(path) || isLibraryFile(path);
}

/** The URL that a module is loaded from: with links resolved where the runtime does so. */
export function loadedUrl(url: string): string {
  return !url.startsWith("file:") ? url : toUrl(workerRuntime.loadedPath(toPath(url)));
}

/** The paths of the files whose contents, on disk or restored, are not those that were loaded. */
function changedSince(linked: VersionModules, restored: readonly FileContent[]): string[] {
  const wanted = new Map(restored.map(([path, hash]) => [path, hash]));
  return linked.hashes.filter(([path, hash]) => (wanted.get(path) ?? hashNow(path)) !== hash)
    .map(([path]) => path);
}

function hashNow(path: string): string | null {
  const content = workerRuntime.readBytes(path);
  return content === undefined ? null : contentHash(content);
}

/** The changed files without new ones that changed modules import: these are loaded in any case. */
function withNewImports(base: VersionModules, changed: readonly string[]): string[] {
  const known = new Set(base.paths);
  const fresh = new Set(changed.filter((path) => !known.has(path)));
  if (fresh.size === 0) return [...changed];
  const imported = new Set(changed.filter((path) => known.has(path)));
  for (const path of imported) {
    for (const specifier of specifiersIn(workerRuntime.readText(path) ?? "")) {
      const target = /^\.\.?\//.test(specifier) ? resolve(dirname(path), specifier) : undefined;
      if (target !== undefined && fresh.has(target)) imported.add(target);
    }
  }
  return changed.filter((path) => known.has(path) || !imported.has(path));
}
