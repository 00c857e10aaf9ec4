import { type FsEvent, runtime } from "../runtime/mod.ts";
import { dirname, sep } from "../paths.ts";
import { FolderWatches, type WatcherOptions } from "./_folder_watches.ts";
import { PathSettler } from "./path_settler.ts";
import { realPathsOf } from "./links.ts";

export type { WatcherOptions } from "./_folder_watches.ts";

/**
 * Watches folders, and reports which of their files may have changed once they are no longer being written. Each folder
 * has a watch of its own: a new watch that replaces another one misses what that one has not reported yet. Folders are
 * watched once, under their real path, and reported by the names that they were requested under.
 */
export class Watcher {
  /** The watches of folders, by their real paths. */
  readonly #watches: FolderWatches;
  readonly settler: PathSettler;
  /** The names that each folder is reported by, by its real path. */
  #names: ReadonlyMap<string, readonly string[]> = new Map();
  #requested: readonly string[] = [];
  /** Whether some folder does not exist yet, or was removed. */
  #isIncomplete = false;
  #closed = false;

  /** @param report Called with the paths that have settled in one turn of the event loop. */
  constructor(report: (paths: string[]) => void, options: WatcherOptions = {}) {
    this.#watches = new FolderWatches((event, folder) => this.#receive(event, folder), options);
    this.settler = new PathSettler(report);
  }

  /** The folders that are watched, by their real paths. */
  get folders(): readonly string[] {
    return [...this.#watches.folders].sort();
  }

  /**
   * Watches these folders and no others. For a folder that does not exist, the nearest one above it is watched.
   *
   * @returns Those that were not watched before: earlier changes in them are not reported.
   */
  async watch(folders: Iterable<string>): Promise<string[]> {
    const requested = [...new Set(folders)].sort();
    if (this.#closed || (!this.#isIncomplete && requested.join("\n") === this.#requested.join("\n"))) {
      return [];
    }
    this.#isIncomplete = false;
    const found = await Promise.all(requested.map(existingFolder));
    const real = await realPathsOf(new Set(found));
    await this.#watches.ended();
    if (this.#closed) return [];
    this.#requested = requested;
    this.#isIncomplete ||= requested.some((folder, index) => folder !== found[index]);
    const unchanged = this.#open(Map.groupBy(real.keys(), (name) => real.get(name) ?? name));
    await this.#watches.ready();
    if (this.#closed) return [];
    const added = found.filter((name) => !unchanged.has(name));
    // The target of a symbolic link may have changed before its folder was watched.
    if ([...await realPathsOf(real.keys())].every(([name, path]) => path === real.get(name))) return added;
    this.#isIncomplete = true;
    return [...added, ...await this.watch(requested)];
  }

  close(): void {
    this.#closed = true;
    for (const folder of this.#watches.folders) this.#watches.close(folder);
    this.settler.close();
  }

  /** Opens and closes watches. Returns the names of the folders that were watched all the time. */
  #open(names: ReadonlyMap<string, readonly string[]>): Set<string> {
    const unchanged = new Set([...this.#names.values()].flat());
    this.#names = names;
    for (const folder of this.#watches.folders) if (!names.has(folder)) this.#watches.close(folder);
    for (const [folder, own] of names) {
      if (this.#watches.has(folder)) continue;
      if (this.#watches.open(folder)) own.forEach((name) => unchanged.delete(name));
      else this.#isIncomplete = true;
    }
    return unchanged;
  }

  #receive({ path, kind }: FsEvent, from: string): void {
    // A watch also reports what happens in subfolders that have watches of their own.
    if (path !== from && dirname(path) !== from) return;
    // The watch of a folder that is removed or moved ends, even if another folder has taken its place by now.
    if (kind === "done") {
      for (const folder of this.#watches.folders) if (isWithin(folder, path)) this.#watches.close(folder);
    }
    const reportsEnd = runtime.reportsClose || this.#watches.isPolled(from);
    for (const name of this.#names.get(from) ?? []) {
      const named = name + path.slice(from.length);
      if (kind === "writing") this.settler.written(named, reportsEnd);
      else {
        this.#isIncomplete ||= this.#requested.some((folder) => isWithin(folder, named));
        this.settler.settle(named);
      }
    }
  }
}

/** Whether a folder is the path, or is below it. */
function isWithin(folder: string, path: string): boolean {
  return folder === path || folder.startsWith(path + sep);
}

/** The folder, or the nearest one above it that exists. */
async function existingFolder(folder: string): Promise<string> {
  while (!await runtime.isFolder(folder) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}
