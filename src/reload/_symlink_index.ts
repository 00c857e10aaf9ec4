import { dirname, sep } from "../paths.ts";
import { linksOn, realOf } from "../watch/links.ts";

/** A symbolic link on the way to some of the files. */
interface Link {
  /** The target as written in the link; `undefined` while there is no link at its path. */
  readonly target: string | undefined;
  readonly files: string[];
}

/** The real paths of files, and the symbolic links on the way to them. */
export class SymlinkIndex {
  #reals = new Map<string, string>();
  #aliases = new Map<string, string[]>();
  #links = new Map<string, Link>();

  /** The paths of the files that have this real path. */
  aliasesOf(real: string): readonly string[] {
    return this.#aliases.get(real) ?? [];
  }

  /** The paths of the files whose real path is below a folder, and differs from their path. */
  aliasesBelow(folder: string): string[] {
    return [...this.#aliases].filter(([real]) => real.startsWith(folder + sep)).flatMap(([, paths]) => paths);
  }

  /** The files that a symbolic link leads to, or led to before; `undefined` for any other path. */
  filesBehind(link: string): readonly string[] | undefined {
    return this.#links.get(link)?.files;
  }

  /** The target of each link, as written there; `undefined` where the link is gone. */
  get targets(): ReadonlyMap<string, string | undefined> {
    return new Map([...this.#links].map(([link, { target }]) => [link, target]));
  }

  /** Resolves the links on the way to all files. Returns the further folders that have to be watched for them. */
  async update(files: Iterable<string>): Promise<Set<string>> {
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
    // Assigned in one step: an event that is handled meanwhile needs a consistent state.
    [this.#reals, this.#aliases, this.#links] = [reals, aliases, links];
    return folders;
  }

  /** Keeps links that are gone: when they exist again, the same files are behind them. */
  #keepFormer(links: Map<string, Link>, reals: ReadonlyMap<string, string>): void {
    for (const [link, { files }] of this.#links) {
      const kept = links.has(link) ? [] : files.filter((path) => reals.has(path));
      if (kept.length > 0) links.set(link, { target: undefined, files: kept });
    }
  }

  /** Whether the real path of one of the files has changed: it has become a link, or is no longer one. */
  async haveMoved(paths: Iterable<string>): Promise<boolean> {
    for (const path of paths) {
      if (this.#reals.has(path) && await realOf(path) !== this.#reals.get(path)) return true;
    }
    return false;
  }
}
