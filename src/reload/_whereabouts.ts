import { dirname } from "../runtime/paths.ts";
import { linksOn, realOf } from "../watch/links.ts";

/** Where files really are, behind the symbolic links on the way to them. */
export class Whereabouts {
  #reals = new Map<string, string>();
  #aliases = new Map<string, string[]>();
  #links = new Set<string>();

  /** The paths under which a file that is watched where a link leads is known. */
  aliasesOf(real: string): readonly string[] {
    return this.#aliases.get(real) ?? [];
  }

  /** Whether a path is a link that leads to one of the files. */
  isLink(path: string): boolean {
    return this.#links.has(path);
  }

  /** Follows the links on the way to all files; answers the folders in which a change may be one of theirs. */
  async follow(files: Iterable<string>): Promise<Set<string>> {
    const folders = new Set<string>();
    this.#aliases = new Map();
    this.#links = new Set();
    this.#reals = new Map(
      await Promise.all(Array.from(files, async (path) => [path, await realOf(path)] as const)),
    );
    for (const [path, real] of this.#reals) {
      if (real === path) continue;
      this.#aliases.set(real, [...this.#aliases.get(real) ?? [], path]);
      folders.add(dirname(real));
      for (const link of await linksOn(path)) {
        this.#links.add(link);
        folders.add(dirname(link));
      }
    }
    return folders;
  }

  /** Whether one of the files is somewhere else than it was: it has become a link, or is none any more. */
  async haveMoved(paths: Iterable<string>): Promise<boolean> {
    for (const path of paths) {
      if (this.#reals.has(path) && await realOf(path) !== this.#reals.get(path)) return true;
    }
    return false;
  }
}
