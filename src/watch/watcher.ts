import type { FsEvent } from "../runtime/runtime.ts";
import { runtime } from "../runtime/mod.ts";
import { dirname } from "../runtime/paths.ts";

/** After how long without a further write a file counts as complete where nobody says that it was closed. */
const QUIET_MS = 50;

/** Watches folders and tells which of their files may have changed, once their writers are done. */
export class Watcher {
  #folders: readonly string[] = [];
  #asked = "";
  /** Whether some of the folders are not there yet. */
  #incomplete = false;
  #stop: () => void = () => {};
  #timers = new Map<string, ReturnType<typeof setTimeout>>();
  #settled = new Set<string>();

  /** @param tell Called with the paths that settled in one turn of the event loop. */
  constructor(private readonly tell: (paths: string[]) => void) {}

  /** The folders that are watched. */
  get folders(): readonly string[] {
    return this.#folders;
  }

  /** Whether somebody began to write a file and is not done yet. */
  isWriting(path: string): boolean {
    return this.#timers.has(path);
  }

  /** Watches these folders and no others. A folder that is not there is waited for in the one above it. */
  async watch(folders: Iterable<string>): Promise<void> {
    const asked = [...new Set(folders)].sort();
    if (!this.#incomplete && asked.join("\n") === this.#asked) return;
    const wanted = [...new Set(await Promise.all(asked.map(existing)))].sort();
    this.#asked = asked.join("\n");
    this.#incomplete = wanted.join("\n") !== this.#asked;
    if (wanted.join("\n") === this.#folders.join("\n")) return;
    const old = this.#stop;
    this.#folders = wanted;
    // The new watch begins before the old one ends: nothing is missed, and what is told twice does no harm.
    this.#stop = wanted.length === 0 ? () => {} : runtime.watch(wanted, (event) => this.#receive(event));
    old();
  }

  /** Ends it. */
  close(): void {
    this.#stop();
    this.#stop = () => {};
    this.#folders = [];
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#settled.clear();
  }

  /** Tells of a path again when it has been quiet for a while. */
  again(path: string): void {
    clearTimeout(this.#timers.get(path));
    this.#timers.set(path, setTimeout(() => this.#settle(path), QUIET_MS));
  }

  #receive({ path, kind }: FsEvent): void {
    if (kind === "done") this.#settle(path);
    else this.again(path);
  }

  #settle(path: string): void {
    clearTimeout(this.#timers.get(path));
    this.#timers.delete(path);
    if (this.#folders.length === 0) return;
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
