import { runtime } from "../runtime/mod.ts";
import type { Stamp } from "../runtime/runtime.ts";

/** A file's content at one moment. */
export interface Content {
  /** Equal for equal contents; `null` when the file is not there. */
  readonly hash: string | null;
  /** Its stamp while it was read. */
  readonly stamp: Stamp | null;
}

/** Reads what is in a file now; the stamp holds for exactly this content. */
export async function readContent(path: string): Promise<Content> {
  for (let before = await runtime.stamp(path);;) {
    const bytes = await runtime.readBytes(path);
    const after = await runtime.stamp(path);
    if (before === after) {
      return {
        hash: bytes === undefined ? null : hashOf(bytes),
        stamp: bytes === undefined ? null : after ?? null,
      };
    }
    before = after;
  }
}

/** FNV-1a in two halves: told apart are saves of one file, not attackers. */
function hashOf(bytes: Uint8Array): string {
  let low = 0x811c9dc5, high = 0x01000193;
  for (const byte of bytes) {
    low = Math.imul(low ^ byte, 0x01000193);
    high = Math.imul(high ^ byte, 0x85ebca6b);
  }
  return `${bytes.length}:${(low >>> 0).toString(36)}${(high >>> 0).toString(36)}`;
}
