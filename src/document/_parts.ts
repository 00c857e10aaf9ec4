import type { Document, DocumentInit } from "./document.ts";

/** As in Jina, chunks and matches know what they belong to, whatever they say themselves. */
export function relate(doc: Document): void {
  for (const key of ["chunks", "matches"] as const) {
    if (!Object.hasOwn(doc, key)) continue;
    for (const part of doc[key]) {
      Object.assign(part, key === "chunks" ? chunkOf(doc) : matchOf(doc));
      relate(part);
    }
  }
}

/** What a document's chunks say of their place. */
export function chunkOf({ id, granularity = 0 }: DocumentInit): DocumentInit {
  return { parentId: id, granularity: granularity + 1 };
}

/** What a document's matches say of their place. */
export function matchOf({ adjacency = 0 }: DocumentInit): DocumentInit {
  return { adjacency: adjacency + 1 };
}
