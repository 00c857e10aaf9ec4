import type { FileHashes } from "../errors/mod.ts";
import { runtime } from "../runtime/mod.ts";
import { type Content, readContent } from "../watch/content.ts";

/** The clock of a file system may be behind by so many milliseconds. */
const CLOCK_STEP_MS = 10;

/** What is known of a file, and since when; in milliseconds since 1970. */
interface Known extends Content {
  /** When it was looked at. */
  readonly readAt: number;
  /** When it got this content; `undefined` where that is not known. */
  readonly changedAt?: number;
}

/** Files with their content at one moment. */
export type Snapshot = ReadonlyMap<string, Content>;

/** Tells of a file whether its changes matter, and whether they are not told at all. */
export interface FileRules {
  matters(path: string): boolean;
  isIgnored(path: string): boolean;
}

/** What was in the files of one deployment when they were looked at last, and when the serving version was loaded. */
export class FileContents {
  /** The content of each file as the newest load, done or under way, is to have it. */
  readonly #known = new Map<string, Known>();
  /** What the version that serves was loaded from. */
  #served = new Map<string, string | null>();
  /** Whether there is such a version. */
  #serves = false;

  constructor(private readonly rules: FileRules) {}

  /** The files. */
  get paths(): string[] {
    return [...this.#known.keys()];
  }

  /** Whether a file was met before. */
  has(path: string): boolean {
    return this.#known.has(path);
  }

  /** Takes note of a file that was not met before: it is as it was loaded. */
  remember(path: string): void {
    if (this.#known.has(path)) return;
    const content = readContent(path);
    this.#note(path, content);
    this.#served.set(path, content.hash);
  }

  /**
   * When a file got the content that it has now, in milliseconds since 1970. `undefined` when that is not known: another
   * file took its place, by a link that was pointed elsewhere or by a move.
   */
  changedAt(path: string): number | undefined {
    const known = this.#known.get(path);
    const written = runtime.writtenAt(path);
    if (known !== undefined && (known.hash === null || known.written === written)) return known.changedAt;
    return timeOf(written, known);
  }

  #note(path: string, content: Content): void {
    const before = this.#known.get(path);
    const readAt = Date.now();
    const changedAt = before?.hash === content.hash
      ? before.changedAt
      : timeOf(content.hash === null ? readAt : content.written, before);
    this.#known.set(path, { ...content, readAt, ...(changedAt !== undefined && { changedAt }) });
  }

  /**
   * Looks at a file and compares it with what the newest load is to have.
   *
   * @param path The file.
   * @param certain Whether a file without content counts; otherwise it may be that its writer has just begun.
   * @returns `touched`: saved as it was; `blank`: there is nothing in it, or no file.
   */
  check(path: string, certain: boolean): "same" | "touched" | "changed" | "blank" {
    const [before, now] = [this.#known.get(path), readContent(path)];
    if (before === undefined && now.hash === null) return "same";
    if (before?.hash === now.hash) {
      this.#note(path, now);
      return before.written === now.written ? "same" : "touched";
    }
    if (now.isEmpty && !certain) return "blank";
    this.#note(path, now);
    return "changed";
  }

  /** Whether everything on disk is as the serving version was loaded from. */
  get isServed(): boolean {
    return this.#serves && [...this.#known.keys()].every((path) => !this.differsFromServed(path));
  }

  /** Whether a file is not as the serving version was loaded from. */
  differsFromServed(path: string): boolean {
    return !this.#serves || (this.#served.get(path) ?? null) !== (this.#known.get(path)?.hash ?? null);
  }

  /** Whether one of the files has another content than it is known to have: an event about it is on its way. */
  haveChanged(paths: Iterable<string>): boolean {
    return [...paths].some((path) =>
      this.#known.has(path) && this.rules.matters(path) &&
      this.#known.get(path)?.hash !== readContent(path).hash
    );
  }

  /** Of the files that a load read, those that have another content now. */
  changedOnDisk(files: FileHashes): string[] {
    return files.filter(([path, hash]) =>
      hash !== null && this.rules.matters(path) && readContent(path).hash !== hash
    ).map(([path]) => path);
  }

  /** The files as they are known now: what a load that begins now is to have. */
  snapshot(): Snapshot {
    return new Map(this.#known);
  }

  /**
   * Compares what a load really read with what is on disk; to be called when its files are watched.
   *
   * @param loaded The files it read.
   * @param before The files as they were known when it began.
   * @param serves Whether the load became the serving version.
   * @param rereads Whether to read the files once more: they have been watched for a moment only.
   * @returns Files that were written meanwhile: they have to be loaded again.
   */
  staleAfterLoad(loaded: FileHashes, before: Snapshot, serves: boolean, rereads: boolean): string[] {
    const stale: string[] = [];
    const served = new Map(this.#served);
    for (const [path, { hash }] of before) served.set(path, hash);
    for (const [path, hash] of loaded) {
      // Its changes are not told: nothing is to be concluded from them.
      if (this.rules.isIgnored(path)) continue;
      served.set(path, hash);
      this.remember(path);
      // What was known may be older than what was read: no event told of it while it was not watched.
      const older = hash === null || this.#known.get(path)?.hash !== hash;
      if (rereads || older) this.#note(path, readContent(path));
      // A file that could not be read is loaded again only when it was not there before.
      const readable = hash !== null || (before.get(path)?.hash ?? null) === null;
      if (!readable || this.#known.get(path)?.hash === hash) continue;
      if (this.rules.matters(path)) stale.push(path);
    }
    if (serves) {
      this.#served = served;
      this.#serves = true;
    }
    return stale;
  }
}

/** When a file was written, as it says itself. It cannot have been before it was looked at with another content. */
function timeOf(written: number | undefined, before: Known | undefined): number | undefined {
  return written === undefined || written < (before?.readAt ?? 0) - CLOCK_STEP_MS ? undefined : written;
}
