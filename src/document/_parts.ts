import type { Document, DocumentInit } from "./document.ts";

/** Sets the fields of chunks and matches that refer to their document, as Jina does; their own values are replaced. */
export function relate(doc: Document): void {
  if (Object.hasOwn(doc, "chunks")) {
    const { parentId, granularity } = chunkOf(doc);
    for (const part of doc.chunks) {
      part.parentId = parentId;
      part.granularity = granularity;
      relate(part);
    }
  }
  if (Object.hasOwn(doc, "matches")) {
    const { adjacency } = matchOf(doc);
    for (const part of doc.matches) {
      part.adjacency = adjacency;
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
