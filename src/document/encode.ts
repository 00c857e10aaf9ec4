import { BY_NAME, hasFields, isRecord } from "./_fields.ts";
import { chunkOf, matchOf } from "./_parts.ts";
import type { Document, DocumentInit } from "./document.ts";
import { newId } from "./ids.ts";
import { cycle, lossIn, nameOf, Unfit } from "./json_value.ts";

type Json = Record<string, unknown>;

/** Which values are refused: those that JSON would lose, or also those that could not be read again. */
type Strictness = "lossless" | "readable";

/**
 * Writes one document; a plain object with the same fields, as plain JavaScript pushes it, is one too.
 *
 * @throws {TypeError} When a part of it is no document, or JSON would lose a value of it; it names the place.
 */
export function encodeDocument(doc: Document | DocumentInit): Json {
  return told(() => encode(doc, "lossless"));
}

/**
 * Writes documents whose fields are checked by who reads them.
 *
 * @param docs The documents.
 * @param first The number of the first one, for messages.
 * @throws {TypeError} When one is no document, or JSON would lose a value of it; it names the place.
 */
export function encodeLossless(docs: Iterable<unknown>, first = 0): Json[] {
  return told(() => encodeAll(docs, "docs", "lossless", undefined, first));
}

/**
 * Writes documents as they leave a handler.
 *
 * @param docs The documents.
 * @param first The number of the first one, for messages.
 * @throws {TypeError} When one is no document, or a field of it could not be read again; it says which, and what is
 * wanted there.
 */
export function encodeDocuments(docs: Iterable<unknown>, first = 0): Json[] {
  return told(() => encodeAll(docs, "docs", "readable", undefined, first));
}

function told<T>(write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw error instanceof Unfit ? error.toError() : error;
  }
}

/** What the documents are in that are parts of another one. */
interface Whole {
  /** What they are told of where they stand. */
  readonly place: DocumentInit;
  /** The document that they are parts of, and those above it. */
  readonly above: readonly unknown[];
}

function encodeAll(
  docs: Iterable<unknown>,
  name: string,
  strictness: Strictness,
  whole?: Whole,
  first = 0,
): Json[] {
  const all: Json[] = [];
  try {
    for (const doc of docs) all.push(encode(doc, strictness, whole));
    return all;
  } catch (error) {
    if (error instanceof Unfit) error.in(first + all.length).in(name);
    throw error;
  }
}

function encode(doc: unknown, strictness: Strictness, whole?: Whole): Json {
  if (!isRecord(doc)) throw new Unfit("a Document", doc);
  // Nearly every document has an id.
  if (typeof doc.id !== "string" && !hasFields(doc)) throw new Unfit("a Document", doc, nameOf(doc));
  if (whole?.above.includes(doc)) throw cycle(doc);
  const own = whole === undefined ? doc : { ...doc, ...whole.place };
  const id = idOf(own, strictness);
  const json: Json = { id };
  for (const key in own) {
    const value = own[key];
    if (value === undefined || value === null || value === "" || key === "id") continue;
    // The one that nearly every document has.
    if (key === "text" && typeof value === "string") json.text = value;
    else if (key === "chunks" || key === "matches") {
      const place = key === "chunks" ? chunkOf({ ...own, id }) : matchOf(own);
      const parts = encodeParts(key, value, strictness, { place, above: [...whole?.above ?? [], doc] });
      if (parts.length > 0) json[key] = parts;
    } else encodeField(json, key, value, strictness);
  }
  return json;
}

/** A document without an id gets one; a number for an id becomes text where it is read. */
function idOf({ id }: Json, strictness: Strictness): string {
  if (id === undefined || id === null || id === "") return newId();
  if (typeof id === "string") return id;
  const unfit = strictness === "readable" ? new Unfit("a string", id) : lossIn(id);
  if (unfit !== undefined) throw unfit.in("id");
  return id as string;
}

function encodeParts(
  key: "chunks" | "matches",
  parts: unknown,
  strictness: Strictness,
  whole: Whole,
): Json[] {
  if (!(typeof parts === "object" && parts !== null && Symbol.iterator in parts)) {
    throw new Unfit("a DocumentArray", parts).in(key);
  }
  return encodeAll(parts as Iterable<unknown>, key, strictness, whole);
}

function encodeField(json: Json, key: string, value: unknown, strictness: Strictness): void {
  const field = BY_NAME.get(key);
  if (field === undefined) return;
  if ((field.isExact || strictness === "readable") && !field.fits(value)) {
    throw (field.unfitIn?.(value as never) ?? new Unfit(field.wanted, value)).in(key);
  }
  const encoded = field.encode === undefined ? value : field.encode(value as never);
  const unfit = encoded instanceof Unfit ? encoded : field.isExact ? undefined : lossIn(encoded);
  if (unfit !== undefined) throw unfit.in(key);
  if (key === "tags" && isRecord(value) && Object.keys(value).length === 0) return;
  json[field.json] = encoded;
}
