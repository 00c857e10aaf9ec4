import type { FileHashes } from "../errors/mod.ts";
import { runtime } from "../runtime/mod.ts";
import { realPathsOf } from "../watch/links.ts";
import { dirname, isSourceModule, resolve } from "../paths.ts";

/** A string that may be a relative path, in any form of import. */
const SPECIFIER = /["'](\.\.?\/[^"'\n]+)["']/g;

/**
 * Finds the paths by which files import each other over symbolic links. Node and Bun load a module under its real path
 * and do not report the links on the way; Deno does.
 */
export class LinkedImports {
  /** The relative paths in the text of each file, with the hash of the text: a cache, to parse each text once. */
  readonly #specifiers = new Map<string, { hash: string | null; paths: readonly string[] }>();

  /** Returns the other paths by which files that were loaded are imported. */
  async find(loaded: FileHashes): Promise<string[]> {
    if (!runtime.resolvesLinks) return [];
    const known = new Set(loaded.map(([path]) => path));
    const imported = new Set<string>();
    for (const [file, hash] of loaded) {
      for (const path of await this.#specifiersIn(file, hash)) imported.add(path);
    }
    const reals = await realPathsOf(imported.difference(known));
    return [...reals].filter(([, real]) => known.has(real)).map(([path]) => path);
  }

  async #specifiersIn(file: string, hash: string | null): Promise<readonly string[]> {
    if (!isSourceModule(file)) return [];
    const before = this.#specifiers.get(file);
    if (before !== undefined && before.hash === hash) return before.paths;
    const text = await runtime.readText(file) ?? "";
    const paths = [...text.matchAll(SPECIFIER)].map(([, specifier = ""]) =>
      resolve(dirname(file), specifier.replace(/[?#].*$/, ""))
    );
    this.#specifiers.set(file, { hash, paths });
    return paths;
  }
}
