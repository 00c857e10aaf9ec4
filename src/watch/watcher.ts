import type { FsEvent } from "../runtime/runtime.ts";
import { runtime } from "../runtime/mod.ts";
import { dirname, sep } from "../runtime/paths.ts";

/** After how long without a further write a file counts as complete where nobody says that it was closed. */
const QUIET_MS = 50;

/**
 * Watches folders and tells which of their files may have changed, once their writers are done. Each folder has a
 * watch of its own: a watch that took the place of another one would miss what that one had not told yet.
 */
export class Watcher {
  /** What ends the watch of each folder. */
  readonly #watches = new Map<string, () => void>();
  #asked = "";
  /** Whether all folders that were asked for are watched. */
  #complete = true;
  #timers = new Map<string, ReturnType<typeof setTimeout>>();
  #settled = new Set<string>();
  #closed = false;

  /** @param tell Called with the paths that settled in one turn of the event loop. */
  constructor(private readonly tell: (paths: string[]) => void) {}

  /** The folders that are watched. */
  get folders(): readonly string[] {
    return [...this.#watches.keys()].sort();
  }

  /** Whether somebody began to write a file and is not done yet. */
  isWriting(path: string): boolean {
    return this.#timers.has(path);
  }

  /**
   * Watches these folders and no others. A folder that is not there is waited for in the one above it.
   *
   * @param folders Their paths.
   * @returns Those that were not watched before: what happened in them until now was not told.
   */
  async watch(folders: Iterable<string>): Promise<string[]> {
    const asked = [...new Set(folders)];
    if (this.#closed || (this.#complete && asked.join("\n") === this.#asked)) return [];
    const wanted = new Set(await Promise.all(asked.map(existing)));
    if (this.#closed) return [];
    this.#asked = asked.join("\n");
    for (const folder of this.#watches.keys()) if (!wanted.has(folder)) this.#forget(folder);
    const added = [...wanted].filter((folder) => !this.#watches.has(folder) && this.#add(folder));
    this.#complete = asked.every((folder) => this.#watches.has(folder));
    return added;
  }

  /** Ends it. */
  close(): void {
    this.#closed = true;
    for (const folder of this.#watches.keys()) this.#forget(folder);
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#settled.clear();
  }

  /** Tells of a path again when it has been quiet for a while. */
  again(path: string): void {
    clearTimeout(this.#timers.get(path));
    this.#timers.set(path, setTimeout(() => this.#settle(path), QUIET_MS));
  }

  #add(folder: string): boolean {
    try {
      this.#watches.set(folder, runtime.watch(folder, (event) => this.#receive(event, folder)));
      return true;
    } catch (error) {
      // It went away a moment ago.
      if ((error as Error).name === "NotFound") return false;
      throw error;
    }
  }

  #forget(folder: string): void {
    this.#watches.get(folder)?.();
    this.#watches.delete(folder);
  }

  #receive({ path, kind }: FsEvent, from: string): void {
    // A folder is also told of what happens in subfolders that are watched.
    if (path !== from && dirname(path) !== from) return;
    if (kind === "writing") return this.again(path);
    // A folder that was removed or moved takes its watch with it, whatever stands in its place by now.
    for (const folder of this.#watches.keys()) {
      if (folder !== path && !folder.startsWith(path + sep)) continue;
      this.#forget(folder);
      this.#complete = false;
    }
    this.#settle(path);
  }

  #settle(path: string): void {
    clearTimeout(this.#timers.get(path));
    this.#timers.delete(path);
    if (this.#closed) return;
    this.#settled.add(path);
    if (this.#settled.size > 1) return;
    setImmediate(() => {
      const paths = [...this.#settled];
      this.#settled.clear();
      if (paths.length > 0) this.tell(paths);
    });
  }
}

/** The folder, or the nearest one above it that exists. */
async function existing(folder: string): Promise<string> {
  while (!await runtime.isFolder(folder) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}
