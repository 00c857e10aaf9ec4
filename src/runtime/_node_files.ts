/** Files, on Node and Bun. @module */
import {
  type BigIntStats,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  watch as watchFolder,
} from "node:fs";
import { lstat, readdir, readFile, readlink, realpath, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import type { FsEvent, Runtime, Stamp } from "./runtime.ts";
import { watchLimit } from "./watch_limit.ts";

/** What cannot be read counts as absent. */
function orUndefined<T>(value: Promise<T>): Promise<T | undefined> {
  return value.catch(() => undefined);
}

/** The same at once. */
export function orNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** The part of the runtime that is about files. */
export const files = {
  watch,
  readText: (path) =>
    orUndefined(stat(path).then((found) => found.isFile() ? readFile(path, "utf8") : undefined)),
  // To open a pipe would wait for whoever writes to it, and a device may never end.
  readBytes: (path) => orNothing(() => statSync(path).isFile() ? readFileSync(path) : undefined),
  writtenAt: (path) => orNothing(() => statSync(path).mtimeMs),
  stamp: (path) => orUndefined(stampOf(path)),
  list: (folder) => orUndefined(listFolder(folder)),
  isFolder: async (path) => (await orUndefined(stat(path)))?.isDirectory() ?? false,
  realPath: (path) => orUndefined(realpath(path)),
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

/** One folder without those below it: Linux loses events of a recursive watch on Node 22 and 24. */
function watch(folder: string, callback: (event: FsEvent) => void): () => void {
  const arrivals = new Arrivals((path, complete) => callback({ path, kind: complete ? "done" : "writing" }));
  try {
    const watcher = watchFolder(folder, (type, name) => {
      if (name === null) return;
      const path = pathOf(folder, name);
      if (type === "rename") arrivals.came(path);
      else arrivals.written(path);
    });
    // A folder that goes away is told of by the one above it.
    watcher.on("error", () => {});
    return () => watcher.close();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") throw new DOMException(message, "NotFound");
    throw watchLimit(error, (path) => orNothing(() => readFileSync(path, "utf8"))) ?? error;
  }
}

/**
 * Tells files that are as they will stay from those that are being written. Nobody says when a writer is done; but a
 * file that was moved here, as most editors save, is not written to after it came, and one that is made here is.
 */
class Arrivals {
  readonly #new = new Set<string>();

  constructor(private readonly tell: (path: string, complete: boolean) => void) {}

  /** A path has come or gone. */
  came(path: string): void {
    const stats = statsOf(path);
    // Gone, no file, or its name changed after its content did.
    if (stats === undefined || !stats.isFile() || stats.ctimeNs !== stats.mtimeNs) {
      return this.tell(path, true);
    }
    if (stats.size === 0n) return this.tell(path, false);
    this.#new.add(path);
    // Something was written: if it was here, that is told within the next turn of the event loop.
    setImmediate(() => setImmediate(() => this.#new.delete(path) && this.tell(path, true)));
  }

  /** A file was written to. */
  written(path: string): void {
    this.#new.delete(path);
    this.tell(path, false);
  }
}

/** The end of the folder itself is told of under its own name. */
function pathOf(folder: string, name: string): string {
  const path = join(folder, name);
  return name === basename(folder) && statsOf(path) === undefined && statsOf(folder) === undefined
    ? folder
    : path;
}

function statsOf(path: string): BigIntStats | undefined {
  return orNothing(() => lstatSync(path, { bigint: true }));
}
