import { type FsEvent, runtime, WatchLimitError } from "../runtime/mod.ts";
import { dirname, sep } from "../paths.ts";
import { limitMessage } from "./_limit_message.ts";
import { realOf } from "./links.ts";
import { Poller } from "./poller.ts";

/** After how long without a further write a file counts as complete where nobody says that it was closed. */
const QUIET_MS = 50;
/** After how long without one a file that is empty, or gone, is meant to be. */
const EMPTY_MS = 250;
/** The same where its end is told: not all that changes a file also closes it. */
const ENDLESS_MS = 1_000;
/** After how long a folder that took the place of another one is watched anew. */
const RENEW_MS = 250;

/** How folders are watched. */
export interface WatcherOptions {
  /** Whether they are looked at again and again instead of waiting for events; after how many milliseconds. */
  readonly poll?: boolean | number;
  /** Called with what a person has to know, once. */
  readonly warn?: (message: string) => void;
}

/**
 * Watches folders and tells which of their files may have changed, once their writers are done. Each folder has a
 * watch of its own: a watch that took the place of another one would miss what that one had not told yet. Folders are
 * watched under their real path, once, and told of by the names they were asked for.
 */
export class Watcher {
  /** What ends the watch of each folder, by its real path. */
  readonly #watches = new Map<string, () => void>();
  /** What a folder is called in what is told, by its real path. */
  #names = new Map<string, Set<string>>();
  #asked: readonly string[] = [];
  /** Whether some folder is not there yet, or has gone. */
  #incomplete = false;
  #timers = new Map<string, ReturnType<typeof setTimeout>>();
  #settled = new Set<string>();
  #closed = false;
  /** What looks after folders without events: all of them, or those for which the system allows no more watches. */
  #poller?: Poller;
  readonly #polled = new Set<string>();
  #limit?: WatchLimitError;
  #warned = false;
  /** Folders whose watches were given up because they were removed or moved. */
  readonly #replaced = new Set<string>();
  #renewal?: ReturnType<typeof setTimeout>;

  /**
   * @param tell Called with the paths that settled in one turn of the event loop.
   * @param options How to watch.
   */
  constructor(
    private readonly tell: (paths: string[]) => void,
    private readonly options: WatcherOptions = {},
  ) {}

  /** The folders that are watched, by their real path. */
  get folders(): readonly string[] {
    return [...this.#watches.keys()].sort();
  }

  /** The files that somebody began to write, and that were not told of yet. */
  get writing(): Iterable<string> {
    return this.#timers.keys();
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
    const asked = [...new Set(folders)].sort();
    if (this.#closed || (!this.#incomplete && asked.join("\n") === this.#asked.join("\n"))) return [];
    this.#incomplete = false;
    const found = await Promise.all(asked.map(existing));
    const names = new Map<string, Set<string>>();
    for (
      const [name, real] of await Promise.all(found.map(async (name) => [name, await realOf(name)] as const))
    ) {
      names.set(real, new Set([...names.get(real) ?? [], name]));
    }
    if (this.#closed) return [];
    this.#asked = asked;
    this.#incomplete ||= asked.some((folder, index) => folder !== found[index]);
    const known = new Set([...this.#names.values()].flatMap((names) => [...names]));
    this.#names = names;
    for (const folder of this.#watches.keys()) if (!names.has(folder)) this.#forget(folder);
    for (const folder of names.keys()) {
      if (!this.#watches.has(folder) && this.#add(folder)) {
        names.get(folder)?.forEach((name) => known.delete(name));
      }
    }
    await this.#poller?.ready();
    if (this.#closed) return [];
    this.#warn();
    const added = found.filter((name) => !known.has(name));
    // A link may have been pointed elsewhere before its folder was watched.
    const real = await Promise.all(found.map(realOf));
    if (real.every((path, index) => names.get(path)?.has(found[index]))) return added;
    this.#incomplete = true;
    return [...added, ...await this.watch(asked)];
  }

  /** Ends it. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#renewal);
    for (const folder of this.#watches.keys()) this.#forget(folder);
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#settled.clear();
  }

  /**
   * Tells of a path again when it has been quiet for a while. On a busy machine a writer may have nothing but emptied
   * its file by then: where nobody tells its end, it is given longer.
   */
  settleLater(path: string): void {
    this.#settleIn(runtime.reportsClose ? QUIET_MS : EMPTY_MS, path);
  }

  #settleIn(ms: number, path: string): void {
    clearTimeout(this.#timers.get(path));
    this.#timers.set(path, setTimeout(() => this.#quiet(ms, path), ms));
  }

  /** On a busy machine an event may still be on its way: the file itself says when it was written last. */
  #quiet(ms: number, path: string): void {
    const age = Date.now() - (runtime.writtenAt(path) ?? 0);
    if (age >= 0 && age < ms) this.#settleIn(ms, path);
    else this.#settle(path);
  }

  #add(folder: string): boolean {
    try {
      this.#watches.set(folder, this.#open(folder));
      return true;
    } catch (error) {
      if ((error as Error).name !== "NotFound") throw error;
      // It went away a moment ago.
      this.#incomplete = true;
      return false;
    }
  }

  #open(folder: string): () => void {
    const receive = (event: FsEvent) => this.#receive(event, folder);
    const { poll = false } = this.options;
    if (poll === false) {
      try {
        return runtime.watch(folder, receive);
      } catch (error) {
        if (!(error instanceof WatchLimitError)) throw error;
        this.#limit ??= error;
      }
    }
    this.#polled.add(folder);
    this.#poller ??= new Poller(typeof poll === "number" ? poll : undefined);
    return this.#poller.watch(folder, receive);
  }

  /** Says once that folders are polled because the system allows no more watches. */
  #warn(): void {
    if (this.#limit === undefined || this.#poller === undefined || this.#warned) return;
    this.#warned = true;
    const { size } = this.#watches;
    this.options.warn?.(limitMessage(this.#limit, [...this.#polled].sort(), size, this.#poller.interval));
  }

  #forget(folder: string): void {
    this.#watches.get(folder)?.();
    this.#watches.delete(folder);
    this.#polled.delete(folder);
  }

  #receive({ path, kind }: FsEvent, from: string): void {
    // A folder is also told of what happens in subfolders that are watched.
    if (path !== from && dirname(path) !== from) return;
    // A folder that was removed or moved takes its watch with it, whatever stands in its place by now.
    if (kind === "done") {
      for (const folder of this.#watches.keys()) if (isBelow(path, folder)) this.#lose(folder);
    }
    const endIsTold = runtime.reportsClose || this.#polled.has(from);
    for (const name of this.#names.get(from) ?? []) {
      const told = name + path.slice(from.length);
      if (kind === "writing") this.#settleIn(endIsTold ? ENDLESS_MS : QUIET_MS, told);
      else {
        this.#incomplete ||= this.#asked.some((folder) => isBelow(told, folder));
        this.#settle(told);
      }
    }
  }

  #lose(folder: string): void {
    if (!this.#polled.has(folder)) {
      this.#replaced.add(folder);
      this.#renewal ??= setTimeout(() => this.#renew(), RENEW_MS);
    }
    this.#forget(folder);
  }

  /**
   * A removal is told in several pieces. Deno ends the watch of that path at each of them, also one that was begun in
   * between for the folder that stands there now, and does not say so.
   */
  #renew(): void {
    this.#renewal = undefined;
    for (const folder of this.#replaced) {
      if (!this.#watches.has(folder)) continue;
      this.#forget(folder);
      this.#incomplete = true;
      for (const name of this.#names.get(folder) ?? []) this.#settle(name);
    }
    this.#replaced.clear();
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

/** Whether a folder is the path, or in it. */
function isBelow(path: string, folder: string): boolean {
  return folder === path || folder.startsWith(path + sep);
}

/** The folder, or the nearest one above it that exists. */
async function existing(folder: string): Promise<string> {
  while (!await runtime.isFolder(folder) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}
