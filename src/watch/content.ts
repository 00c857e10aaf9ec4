import { contentHash } from "../runtime/content_hash.ts";
import { runtime } from "../runtime/mod.ts";

/** The content of a file at one moment. */
export interface Content {
  /** Equal for equal contents; `null` when the file does not exist. */
  readonly hash: string | null;
  /** Whether the file is empty or does not exist. */
  readonly isEmpty: boolean;
  /** When the file was last written, in milliseconds since 1970. */
  readonly written: number;
}

/** Reads the content of a file. */
export function readContent(path: string): Content {
  const bytes = runtime.readBytes(path);
  if (bytes === undefined) return { hash: null, isEmpty: true, written: 0 };
  return { hash: contentHash(bytes), isEmpty: bytes.length === 0, written: runtime.writtenAt(path) ?? 0 };
}
