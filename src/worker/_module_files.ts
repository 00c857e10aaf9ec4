import type { FileHashes } from "../errors/mod.ts";
import { toPath } from "../paths.ts";
import type { LoadOrder } from "../protocol/protocol.ts";
import { workerRuntime } from "../runtime/worker.ts";
import { codeOf, isCommonJs } from "../script/script_text.ts";
import { isThirdParty } from "../script/third_party.ts";
import { instrumentModule } from "./_instrument.ts";
import { isLibraryFile } from "./_library_files.ts";

/** The user's files that a version imports. */
export class ModuleFiles {
  readonly #hashes = new Map<string, string | null>();
  /** Files whose load has begun and not ended; a broken file stays here. */
  readonly #unfinished = new Set<string>();
  /** The versioned URLs of the modules that may contain the Executor, by path. */
  readonly #versioned = new Map<string, string>();

  get hashes(): FileHashes {
    return [...this.#hashes];
  }

  get paths(): string[] {
    return [...this.#hashes.keys()];
  }

  get unfinished(): string | undefined {
    return [...this.#unfinished].at(0);
  }

  isMissing(path: string): boolean {
    return this.#hashes.get(path) === null;
  }

  /** Adds a file that was imported and does not exist, so that it is watched. */
  addMissing(path: string): void {
    this.#hashes.set(path, null);
  }

  setCandidates({ modules, version }: LoadOrder): void {
    for (const { url } of modules) {
      this.#versioned.set(workerRuntime.loadedPath(toPath(url)), versionedUrl(url, version));
    }
  }

  /** Observes imports from now on, and reports each file. */
  observe(onImported: (file: FileHashes[number]) => void): void {
    workerRuntime.hookLoads({
      isOwn: (path) => this.#versioned.has(path) || !(isThirdParty(path) || isLibraryFile(path)),
      seen: (path, hash) => {
        this.#hashes.set(path, hash);
        this.#unfinished.add(path);
        onImported([path, hash]);
      },
      loaded: (path, hash) => {
        if (this.#unfinished.delete(path) && hash !== undefined) this.#hashes.set(path, hash);
      },
      transform: (url, code, text) => this.#transform(url, code, text),
    });
  }

  #transform(url: string, code: string, text?: string): string {
    const path = toPath(url);
    const own = this.#versioned.get(path);
    // Only candidates are searched for classes.
    if (own === undefined) return code;
    const isFirst = /\?v=\d+$/.test(url) || !workerRuntime.keepsQueries;
    return isFirst ? instrumentModule(path, code, text) : facadeOf(own, code);
  }
}

/** The URL under which a version imports a module, such as `file:///app/my_executor.ts?v=7`; stacks contain it. */
export function versionedUrl(url: string, version: number): string {
  return url.startsWith("file:") ? `${url}?v=${version}` : url;
}

/**
 * The code that stands for a version's own module where a circular import names its plain URL: it re-exports the
 * versioned module, which would otherwise be loaded twice.
 */
function facadeOf(url: string, code: string): string {
  // CommonJS modules are cached by path, whatever the URL.
  if (isCommonJs(code)) return code;
  const from = `from ${JSON.stringify(url)};`;
  const hasDefault = /\bexport\s+default\b|\bas\s+default\b/.test(codeOf(code));
  return `export * ${from}${hasDefault ? ` export { default } ${from}` : ""}\n`;
}
