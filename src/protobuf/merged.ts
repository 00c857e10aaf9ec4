/** Documents of several branches: what they came as outlives their merge. @module */
import { Document } from "../document/document.ts";
import { fieldKindsOf, type Kind, metadata, ownIds, setFieldKinds } from "./_origins.ts";

/**
 * Gives documents that came without an id the same one in all branches: they are known by their places.
 *
 * @returns The documents.
 */
export function alignIds(docs: readonly Document[]): readonly Document[] {
  for (const [index, doc] of docs.entries()) {
    if (ownIds.has(doc)) ownIds.set(doc, doc.id = String(index));
    if (Object.hasOwn(doc, "chunks")) alignIds(doc.chunks);
    if (Object.hasOwn(doc, "matches")) alignIds(doc.matches);
  }
  return docs;
}

/** Creates a document, or the value of one of its fields, from fields of several, and has it go back as they came. */
export function mergedFrom(
  fields: Record<string, unknown>,
  sources: readonly object[],
): Record<string, unknown> {
  const isDocument = sources.some((source) => source instanceof Document);
  const merged = isDocument ? new Document(fields) as unknown as Record<string, unknown> : fields;
  const kinds = new Map<string, Kind>();
  for (const source of sources) {
    const kept = metadata.get(source);
    if (kept !== undefined) metadata.set(merged, kept);
    for (const [name, kind] of fieldKindsOf(source) ?? []) kinds.set(name, kind);
    if (ownIds.has(source)) ownIds.set(merged, String(merged.id));
  }
  if (kinds.size > 0) setFieldKinds(merged, kinds);
  return merged;
}
