import type { FileHashes } from "../errors/mod.ts";
import { isSourceModule } from "../paths.ts";
import { contentHash } from "../runtime/content_hash.ts";
import { runtime } from "../runtime/mod.ts";
import type { ChangedFile } from "./flow_event.ts";
import { lineDiff } from "./line_diff.ts";

/** The longest text that is kept, and the most that all have together, in bytes. */
const MAX_BYTES = 256 * 1024;
const MAX_TOTAL = 8 * 1024 * 1024;
/** How many characters the diffs of one load have together at most. */
const MAX_DIFF = 16_384;

/** A module's text, with the hash of its content; left out when it is not known, or there is no room for it. */
interface Source {
  readonly hash: string;
  readonly text?: string;
}

/** The texts of the modules that serve, as long as somebody may want to see what has changed in them. */
export class SourceTexts {
  /** By deployment and path. */
  readonly #texts = new Map<string, ReadonlyMap<string, Source>>();

  /** @param read Reads a file; `undefined` when there is none. */
  constructor(private readonly read = (path: string) => runtime.readBytes(path)) {}

  /** Keeps the modules of the version that serves, as far as they are on disk as it has loaded them. */
  keep(deployment: string, files: FileHashes): void {
    const before = this.#texts.get(deployment);
    this.#texts.delete(deployment);
    let room = MAX_TOTAL - this.#size;
    const kept = new Map<string, Source>();
    for (const [path, hash] of files) {
      // Other files may have secrets.
      if (hash === null || !isSourceModule(path)) continue;
      const known = before?.get(path);
      const { text, hash: now } = known?.hash === hash ? known : this.#read(path);
      const isKept = now === hash && text !== undefined && text.length <= room;
      if (isKept) room -= text.length;
      kept.set(path, isKept ? { hash, text } : { hash });
    }
    this.#texts.set(deployment, kept);
  }

  /**
   * What has changed in files since {@linkcode keep}. Files that are no modules of the version have no diff.
   *
   * @param files The modules of the new version, which may be new themselves; empty when it could not be loaded.
   */
  changes(deployment: string, paths: readonly string[], files: FileHashes = []): ChangedFile[] {
    const before = this.#texts.get(deployment);
    if (before === undefined) return paths.map((path) => ({ path }));
    const loaded = new Map(files);
    let room = MAX_DIFF;
    return paths.map((path) => {
      const hash = loaded.get(path);
      const isNew = !before.has(path) && isSourceModule(path) && typeof hash === "string";
      const old = isNew ? "" : before.get(path)?.text;
      if (old === undefined || room <= 0) return { path };
      const now = this.#read(path);
      // It was saved again meanwhile, or is too long.
      if (now.text === undefined || (typeof hash === "string" && now.hash !== hash)) return { path };
      const diff = lineDiff(old, now.text, room);
      room -= diff.length;
      return { path, diff };
    });
  }

  /** Drops the texts of deployments that are not among these. */
  retain(names: readonly string[]): void {
    for (const name of this.#texts.keys()) if (!names.includes(name)) this.#texts.delete(name);
  }

  get #size(): number {
    const sizes = [...this.#texts.values()].flatMap((texts) =>
      Array.from(texts.values(), ({ text = "" }) => text.length)
    );
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  /** A file as it is now, empty when it is gone. */
  #read(path: string): Source {
    const bytes = this.read(path) ?? new Uint8Array();
    const hash = contentHash(bytes);
    return bytes.length > MAX_BYTES ? { hash } : { hash, text: new TextDecoder().decode(bytes) };
  }
}
