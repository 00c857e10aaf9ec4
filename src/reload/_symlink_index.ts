import { dirname, sep } from "../paths.ts";
import { runtime } from "../runtime/mod.ts";
import { linksOn, realOf, realPathsOf } from "../watch/links.ts";

/** A symbolic link on the way to some of the files. */
interface Link {
  /** The target as written in the link; `undefined` while there is no link at its path. */
  readonly target: string | undefined;
  readonly files: string[];
}

/** The real paths of files, and the symbolic links on the way to them. */
export class SymlinkIndex {
  #reals: ReadonlyMap<string, string> = new Map();
  /** The files whose real path differs from their path, with both. */
  #aliases: readonly (readonly [path: string, real: string])[] = [];
  #links: ReadonlyMap<string, Link> = new Map();

  /** The paths of the files that have this real path. */
  aliasesOf(real: string): string[] {
    return this.#aliases.filter((alias) => alias[1] === real).map(([path]) => path);
  }

  /** The paths of the files whose real path is below a folder, and differs from their path. */
  aliasesBelow(folder: string): string[] {
    return this.#aliases.filter(([, real]) => real.startsWith(folder + sep)).map(([path]) => path);
  }

  /** The files that a symbolic link leads to, or led to before; `undefined` for any other path. */
  filesBehind(link: string): readonly string[] | undefined {
    return this.#links.get(link)?.files;
  }

  get hasLinks(): boolean {
    return this.#links.size > 0;
  }

  /** The links that have another target by now, are gone, or exist again. */
  async changedLinks(): Promise<string[]> {
    const changed: string[] = [];
    for (const [link, { target }] of this.#links) {
      if (await runtime.readLink(link) !== target) changed.push(link);
    }
    return changed;
  }

  /** Resolves the links on the way to all files. Returns the further folders that have to be watched for them. */
  async update(files: Iterable<string>): Promise<string[]> {
    const links = new Map<string, Link>();
    const reals = await realPathsOf(files);
    const aliases = [...reals].filter(([path, real]) => real !== path);
    for (const [path] of aliases) {
      for (const [link, target] of await linksOn(path)) {
        links.set(link, { target, files: [...links.get(link)?.files ?? [], path] });
      }
    }
    const folders = [...aliases.map(([, real]) => real), ...links.keys()].map(dirname);
    // Links that have left the way are kept: when they come back, the same files are behind them.
    for (const [link, { files }] of this.#links) {
      const kept = links.has(link) ? [] : files.filter((path) => reals.has(path));
      if (kept.length > 0) links.set(link, { target: await runtime.readLink(link), files: kept });
    }
    // Assigned in one step: an event that is handled meanwhile needs a consistent state.
    [this.#reals, this.#aliases, this.#links] = [reals, aliases, links];
    return folders;
  }

  /** Whether the real path of one of the files has changed: it has become a link, or is no longer one. */
  async haveMoved(paths: Iterable<string>): Promise<boolean> {
    for (const path of paths) {
      if (this.#reals.has(path) && await realOf(path) !== this.#reals.get(path)) return true;
    }
    return false;
  }
}
