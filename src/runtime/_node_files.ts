/** The file functions of the runtime on Node and Bun. @module */
import { type BigIntStats, lstatSync, mkdirSync, readFileSync, realpathSync, statSync, watch } from "node:fs";
import { lstat, readdir, readFile, readlink, realpath, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { orUndefined, orUndefinedSync } from "./_or_undefined.ts";
import type { FsEvent, Runtime, Stamp } from "./runtime.ts";
import { watchLimit } from "./watch_limit.ts";

/** The part of {@linkcode Runtime} for files. */
export const files = {
  watch: watchFolder,
  readText: (path) =>
    orUndefined(stat(path).then((found) => found.isFile() ? readFile(path, "utf8") : undefined)),
  // Opening a pipe would wait for its writer, and a device may never end.
  readBytes: (path) => orUndefinedSync(() => statSync(path).isFile() ? readFileSync(path) : undefined),
  writtenAt: (path) => orUndefinedSync(() => statSync(path).mtimeMs),
  stamp: (path) => orUndefined(stampOf(path)),
  list: (folder) => orUndefined(listFolder(folder)),
  isFolder: async (path) => (await orUndefined(stat(path)))?.isDirectory() ?? false,
  realPath: (path) => orUndefined(realpath(path)),
  realFile: (path) => orUndefinedSync(() => statSync(path).isFile() ? realpathSync(path) : undefined),
  readLink: (path) => orUndefined(readlink(path)),
  mayRead: () => true,
  makeFolder: (path) => void mkdirSync(path, { recursive: true }),
} satisfies Partial<Runtime>;

async function listFolder(folder: string) {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }));
}

async function stampOf(path: string): Promise<Stamp> {
  const stats = await lstat(path, { bigint: true });
  const print = [stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs, stats.mode].join(" ");
  const [written, changed] = [Number(stats.mtimeMs), Number(stats.ctimeMs)];
  return { written, changed, size: Number(stats.size), print };
}

/** Watches a folder without its subfolders: on Linux, Node 22 and 24 lose events of a recursive watch. */
function watchFolder(folder: string, callback: (event: FsEvent) => void): () => Promise<void> {
  const arrivals = new NewFiles((path, complete) => callback({ path, kind: complete ? "done" : "writing" }));
  try {
    const watcher = watch(folder, (type, name) => {
      if (name === null) return;
      const path = pathOf(folder, name);
      if (type === "rename") arrivals.onRename(path);
      else arrivals.onChange(path);
    });
    // The watch of the parent folder reports that this folder is removed.
    watcher.on("error", () => {});
    return () => Promise.resolve(watcher.close());
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") throw new DOMException(message, "NotFound");
    throw watchLimit(error, (path) => orUndefinedSync(() => readFileSync(path, "utf8"))) ?? error;
  }
}

/**
 * Distinguishes complete files from those that are being written. The system does not report when a writer is done. But
 * a file that was moved here, as most editors save, is not written to afterwards, and one that was created here is.
 */
class NewFiles {
  readonly #new = new Set<string>();

  constructor(private readonly report: (path: string, complete: boolean) => void) {}

  /** Handles the event of an added or removed path. */
  onRename(path: string): void {
    const stats = statsOf(path);
    // Removed, not a file, or renamed after its last change.
    if (stats === undefined || !stats.isFile() || stats.ctimeNs !== stats.mtimeNs) {
      return this.report(path, true);
    }
    if (stats.size === 0n) return this.report(path, false);
    this.#new.add(path);
    // It has content: if that was written here, the event follows within the next turn of the event loop.
    setImmediate(() => setImmediate(() => this.#new.delete(path) && this.report(path, true)));
  }

  /** Handles the event of a changed file. */
  onChange(path: string): void {
    this.#new.delete(path);
    this.report(path, false);
  }
}

/** The path of an event. The removal of the folder itself is reported with the folder's name. */
function pathOf(folder: string, name: string): string {
  const path = join(folder, name);
  return name === basename(folder) && statsOf(path) === undefined && statsOf(folder) === undefined
    ? folder
    : path;
}

function statsOf(path: string): BigIntStats | undefined {
  return orUndefinedSync(() => lstatSync(path, { bigint: true }));
}
