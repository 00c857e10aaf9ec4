import { dirname, sep } from "../paths.ts";
import { linksOn, realOf } from "../watch/links.ts";

/** A symbolic link on the way to files. */
interface Link {
  /** Where it leads, as it is written there; `undefined` while something else stands in its place. */
  readonly target: string | undefined;
  readonly files: string[];
}

/** Where files really are, behind the symbolic links on the way to them. */
export class SymlinkIndex {
  #reals = new Map<string, string>();
  #aliases = new Map<string, string[]>();
  #links = new Map<string, Link>();

  /** The paths under which a file that is watched where a link leads is known. */
  aliasesOf(real: string): readonly string[] {
    return this.#aliases.get(real) ?? [];
  }

  /** The paths of all files that are really below a folder, and known under others. */
  aliasesBelow(folder: string): string[] {
    return [...this.#aliases].filter(([real]) => real.startsWith(folder + sep)).flatMap(([, paths]) => paths);
  }

  /** The files that a link leads to, or led to before; `undefined` when the path is none that does. */
  filesBehind(link: string): readonly string[] | undefined {
    return this.#links.get(link)?.files;
  }

  /** Where each link leads, as it is written there; `undefined` where there was one before. */
  get targets(): ReadonlyMap<string, string | undefined> {
    return new Map([...this.#links].map(([link, { target }]) => [link, target]));
  }

  /** Follows the links on the way to all files; answers the folders in which a change may be one of theirs. */
  async follow(files: Iterable<string>): Promise<Set<string>> {
    const folders = new Set<string>();
    const aliases = new Map<string, string[]>();
    const links = new Map<string, Link>();
    const reals = new Map(
      await Promise.all(Array.from(files, async (path) => [path, await realOf(path)] as const)),
    );
    for (const [path, real] of reals) {
      if (real === path) continue;
      aliases.set(real, [...aliases.get(real) ?? [], path]);
      folders.add(dirname(real));
      for (const [link, target] of await linksOn(path)) {
        links.set(link, { target, files: [...links.get(link)?.files ?? [], path] });
        folders.add(dirname(link));
      }
    }
    this.#keepFormer(links, reals);
    // In one step: an event that comes meanwhile is to find the files as they were.
    [this.#reals, this.#aliases, this.#links] = [reals, aliases, links];
    return folders;
  }

  /** A link that is gone, or a folder by now, may be there again later: the same files are behind it then. */
  #keepFormer(links: Map<string, Link>, reals: ReadonlyMap<string, string>): void {
    for (const [link, { files }] of this.#links) {
      const left = links.has(link) ? [] : files.filter((path) => reals.has(path));
      if (left.length > 0) links.set(link, { target: undefined, files: left });
    }
  }

  /** Whether one of the files is somewhere else than it was: it has become a link, or is none any more. */
  async haveMoved(paths: Iterable<string>): Promise<boolean> {
    for (const path of paths) {
      if (this.#reals.has(path) && await realOf(path) !== this.#reals.get(path)) return true;
    }
    return false;
  }
}
