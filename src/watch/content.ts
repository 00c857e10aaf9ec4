import { contentHash } from "../runtime/content_hash.ts";
import { runtime } from "../runtime/mod.ts";

/** What is in a file at one moment. */
export interface Content {
  /** Equal for equal contents; `null` when the file is not there. */
  readonly hash: string | null;
  /** Whether there is nothing in it. */
  readonly isEmpty: boolean;
  /** When it was written last, in milliseconds since 1970. */
  readonly written: number;
}

/** Reads what is in a file now. */
export function readContent(path: string): Content {
  const bytes = runtime.readBytes(path);
  if (bytes === undefined) return { hash: null, isEmpty: true, written: 0 };
  return { hash: contentHash(bytes), isEmpty: bytes.length === 0, written: runtime.writtenAt(path) ?? 0 };
}
