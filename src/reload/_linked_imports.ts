import type { FileHashes } from "../errors/mod.ts";
import { runtime } from "../runtime/mod.ts";
import { dirname, resolve } from "../paths.ts";

/** What may name a file beside, in any form of import. */
const SPECIFIER = /["'](\.\.?\/[^"'\n]+)["']/g;
const SOURCE = /\.[cm]?[jt]sx?$/;

/**
 * Finds the paths by which files import each other over symbolic links. Node and Bun load a module under its real path,
 * and do not tell of the links on the way; Deno does.
 */
export class LinkedImports {
  /** The paths that a file names, by the file, as long as its content is the same. */
  readonly #named = new Map<string, { readonly hash: string | null; readonly paths: readonly string[] }>();

  /** Of files that were loaded, the other paths by which they were imported. */
  async of(loaded: FileHashes): Promise<string[]> {
    if (!runtime.resolvesLinks) return [];
    const known = new Set(loaded.map(([path]) => path));
    const found = new Set<string>();
    for (const [file, hash] of loaded) {
      for (const path of await this.#namedIn(file, hash)) {
        if (known.has(path) || found.has(path)) continue;
        const real = await runtime.realPath(path);
        if (real !== undefined && known.has(real)) found.add(path);
      }
    }
    return [...found];
  }

  async #namedIn(file: string, hash: string | null): Promise<readonly string[]> {
    if (!SOURCE.test(file)) return [];
    const before = this.#named.get(file);
    if (before !== undefined && before.hash === hash) return before.paths;
    const text = await runtime.readText(file) ?? "";
    const paths = [...text.matchAll(SPECIFIER)].map(([, specifier = ""]) =>
      resolve(dirname(file), specifier.replace(/[?#].*$/, ""))
    );
    this.#named.set(file, { hash, paths });
    return paths;
  }
}
