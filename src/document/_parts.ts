import type { Document, DocumentInit } from "./document.ts";

/** Sets the fields of chunks and matches that refer to their document, as Jina does; their own values are replaced. */
export function relate(doc: Document): void {
  for (const key of ["chunks", "matches"] as const) {
    if (!Object.hasOwn(doc, key)) continue;
    for (const part of doc[key]) {
      Object.assign(part, key === "chunks" ? chunkOf(doc) : matchOf(doc));
      relate(part);
    }
  }
}

/** The fields of a document's chunks that refer to it. */
export function chunkOf({ id, granularity = 0 }: DocumentInit): DocumentInit {
  return { parentId: id, granularity: granularity + 1 };
}

/** The fields of a document's matches that refer to it. */
export function matchOf({ adjacency = 0 }: DocumentInit): DocumentInit {
  return { adjacency: adjacency + 1 };
}
