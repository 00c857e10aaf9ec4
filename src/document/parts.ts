import type { Document, DocumentInit } from "./document.ts";

/** Sets the fields of chunks and matches that refer to their document, as Jina does; their own values are replaced. */
export function relate(doc: Document): void {
  if (Object.hasOwn(doc, "chunks")) {
    const { parentId, granularity } = partFields("chunks", doc, doc.id);
    for (const part of doc.chunks) {
      part.parentId = parentId;
      part.granularity = granularity;
      relate(part);
    }
  }
  if (Object.hasOwn(doc, "matches")) {
    const { adjacency } = partFields("matches", doc, doc.id);
    for (const part of doc.matches) {
      part.adjacency = adjacency;
      relate(part);
    }
  }
}

/** The fields of a document's chunks or matches that refer to it. */
export function partFields(
  key: "chunks" | "matches",
  { granularity = 0, adjacency = 0 }: DocumentInit,
  id: string,
): DocumentInit {
  return key === "chunks" ? { parentId: id, granularity: granularity + 1 } : { adjacency: adjacency + 1 };
}
