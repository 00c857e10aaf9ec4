import type { FileHashes } from "../errors/mod.ts";
import { runtime } from "../runtime/mod.ts";
import { type Content, readContent } from "../watch/content.ts";

/** The clock of a file system may lag behind by this many milliseconds. */
const CLOCK_LAG_MS = 10;

/** How files are read. */
export type Disk = typeof DISK;

const DISK = { read: readContent, writtenAt: (path: string) => runtime.writtenAt(path) };

/** Files with the hashes of their contents at one moment. */
export type Snapshot = ReadonlyMap<string, string | null>;

/** The state of one file. Times are in milliseconds since 1970. */
interface FileState {
  /** The content that the newest load, done or under way, starts from. */
  content: Content;
  readAt: number;
  /** When the file got this content; `undefined` when that is unknown. */
  changedAt: number | undefined;
  /** The hash that the serving version was loaded from; `null` when the file did not exist then. */
  served: string | null;
}

/** The contents of one deployment's files: as last read, and as the serving version was loaded from. */
export class FileContents {
  readonly #states = new Map<string, FileState>();
  #serves = false;

  constructor(private readonly disk: Disk = DISK) {}

  get paths(): string[] {
    return [...this.#states.keys()];
  }

  /** The hash of a file as last read; `undefined` when it was never read. */
  hashOf(path: string): string | null | undefined {
    return this.#states.get(path)?.content.hash;
  }

  /** The hashes of all files as last read: the contents that a load starts from. */
  snapshot(): Snapshot {
    return new Map(Array.from(this.#states, ([path, { content }]) => [path, content.hash]));
  }

  /**
   * Records a file that was not read before, as one that the serving version was loaded from.
   *
   * @returns Whether it was not read before.
   */
  remember(path: string): boolean {
    if (this.#states.has(path)) return false;
    const state = this.#record(path, this.disk.read(path));
    state.served = state.content.hash;
    return true;
  }

  update(path: string): string | null {
    return this.#record(path, this.disk.read(path)).content.hash;
  }

  /**
   * Reads a file again and compares it with the content before.
   *
   * @param emptyCounts Whether a file that is empty or gone counts as changed. Many writers empty a file first.
   * @returns `touched` when it was saved with the same content; `empty` when it is empty or gone, which does not count.
   */
  check(path: string, emptyCounts: boolean): "same" | "touched" | "changed" | "empty" {
    const [before, now] = [this.#states.get(path)?.content, this.disk.read(path)];
    if (before === undefined && now.hash === null) return "same";
    if (before?.hash === now.hash) {
      this.#record(path, now);
      return before.written === now.written ? "same" : "touched";
    }
    if (now.isEmpty && !emptyCounts) return "empty";
    this.#record(path, now);
    return "changed";
  }

  /**
   * Checks files that have settled.
   *
   * @param wereEmpty Files that were empty or gone at an earlier check, which counts as changed at the second.
   * @param retries Whether saving a file with the same content counts, as a request for another try.
   * @returns Files that are empty or gone now, the others, and those of them that have changed.
   */
  checkAll(
    paths: Iterable<string>,
    wereEmpty: ReadonlySet<string>,
    retries: boolean,
  ): { empty: string[]; settled: string[]; changed: string[] } {
    const [empty, settled, changed]: string[][] = [[], [], []];
    for (const path of paths) {
      const state = this.check(path, wereEmpty.has(path));
      (state === "empty" ? empty : settled).push(path);
      if (state === "changed" || (retries && state === "touched")) changed.push(path);
    }
    return { empty, settled, changed };
  }

  /**
   * When a file got its present content, in milliseconds since 1970; `undefined` when that is unknown because another
   * file took its place, through a symbolic link that was changed or by a move.
   */
  changedAt(path: string): number | undefined {
    const state = this.#states.get(path);
    const written = this.disk.writtenAt(path);
    const isRecorded = state !== undefined &&
      (state.content.hash === null || state.content.written === written);
    return isRecorded ? state.changedAt : plausibleTime(written, state);
  }

  /** Whether all files are as the serving version was loaded from. */
  get isServed(): boolean {
    return this.#serves && this.paths.every((path) => !this.differsFromServed(path));
  }

  /** Whether a file is not as the serving version was loaded from. */
  differsFromServed(path: string): boolean {
    const state = this.#states.get(path);
    return !this.#serves || (state !== undefined && state.served !== state.content.hash);
  }

  /**
   * Reads a file, and compares it without recording it.
   *
   * @param hash What it is compared with. @default the content last read: if it differs, an event about it is to come
   */
  hasChanged(path: string, hash: string | null | undefined = this.hashOf(path)): boolean {
    return hash !== undefined && this.disk.read(path).hash !== hash;
  }

  /**
   * Compares what a load read with what is on disk. Called once the files are watched.
   *
   * @param before The contents that the load started from.
   * @param serves Whether the load became the serving version.
   * @param rereads Whether to read the files again, since they were not watched while the load read them.
   * @returns Files that were written meanwhile: they have to be loaded again.
   */
  staleAfterLoad(loaded: FileHashes, before: Snapshot, serves: boolean, rereads: boolean): string[] {
    const stale = loaded.filter(([path, hash]) => {
      const isNew = this.remember(path);
      // No event reported a change while the file was not watched.
      const isOlder = hash === null || this.hashOf(path) !== hash;
      if (!isNew && (rereads || isOlder)) this.update(path);
      // A file that could not be read is loaded again only if it did not exist before.
      const isReadable = hash !== null || (before.get(path) ?? null) === null;
      return isReadable && this.hashOf(path) !== hash;
    });
    if (serves) {
      this.#serves = true;
      for (const [path, hash] of [...before, ...loaded]) {
        const state = this.#states.get(path);
        if (state !== undefined) state.served = hash;
      }
    }
    return stale.map(([path]) => path);
  }

  #record(path: string, content: Content): FileState {
    const before = this.#states.get(path);
    const readAt = Date.now();
    const changedAt = before?.content.hash === content.hash
      ? before.changedAt
      : plausibleTime(content.hash === null ? readAt : content.written, before);
    const state = { content, readAt, changedAt, served: before?.served ?? null };
    this.#states.set(path, state);
    return state;
  }
}

/** The modification time of a file with a new content, unless the file had another content after that time. */
function plausibleTime(written: number | undefined, before: FileState | undefined): number | undefined {
  return written === undefined || written < (before?.readAt ?? 0) - CLOCK_LAG_MS ? undefined : written;
}
