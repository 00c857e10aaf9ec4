import { preview } from "../errors/mod.ts";
import { BY_NAME, isRecord } from "./_fields.ts";
import { chunkOf, matchOf } from "./_parts.ts";
import type { Document, DocumentInit } from "./document.ts";
import { newId } from "./ids.ts";

type Json = Record<string, unknown>;

/**
 * Writes one document; a plain object with the same fields, as plain JavaScript pushes it, is one too.
 *
 * @throws {TypeError} When a part of it is no document.
 */
export function encodeDocument(doc: Document | DocumentInit): Json {
  return told(() => encode(doc, false));
}

/**
 * Writes documents as they leave a handler.
 *
 * @throws {TypeError} When one is no document, or a field of it could not be read again; it says which, and what is
 * wanted there.
 */
export function encodeDocuments(docs: Iterable<unknown>): Json[] {
  return told(() => encodeAll(docs, "docs", true));
}

function told<T>(write: () => T): T {
  try {
    return write();
  } catch (error) {
    if (!(error instanceof Unfit)) throw error;
    const { path, wanted, value } = error;
    throw new TypeError(`Cannot send ${path.replace(/^\./, "")}: ${wanted} is wanted, not ${preview(value)}`);
  }
}

/** A value that cannot be sent. */
class Unfit {
  constructor(public path: string, readonly wanted: string, readonly value: unknown) {}
}

/** `place` is what the documents are told of where they stand, as parts of another one. */
function encodeAll(docs: Iterable<unknown>, name: string, check: boolean, place?: DocumentInit): Json[] {
  const all: Json[] = [];
  try {
    for (const doc of docs) {
      const part = place !== undefined && isRecord(doc) ? { ...doc, ...place } : doc;
      all.push(encode(part as Document, check));
    }
    return all;
  } catch (error) {
    if (error instanceof Unfit) error.path = `${name}[${all.length}]${error.path}`;
    throw error;
  }
}

function encode(doc: Document | DocumentInit, check: boolean): Json {
  if (!isRecord(doc)) throw new Unfit("", "a Document", doc);
  const id = doc.id || newId();
  if (check && typeof id !== "string") throw new Unfit(".id", "a string", id);
  const json: Json = { id };
  for (const key in doc) {
    const value = (doc as unknown as Json)[key];
    if (value === undefined || value === null || value === "" || key === "id") continue;
    // The one that nearly every document has.
    if (key === "text" && typeof value === "string") json.text = value;
    else if (key === "chunks" || key === "matches") encodeParts(json, key, value, doc, check);
    else encodeField(json, key, value, check);
  }
  return json;
}

function encodeParts(
  json: Json,
  key: "chunks" | "matches",
  parts: unknown,
  doc: DocumentInit,
  check: boolean,
): void {
  if (!(typeof parts === "object" && parts !== null && Symbol.iterator in parts)) {
    throw new Unfit(`.${key}`, "a DocumentArray", parts);
  }
  const whole = { ...doc, id: json.id as string };
  const place = key === "chunks" ? chunkOf(whole) : matchOf(whole);
  const docs = encodeAll(parts as Iterable<unknown>, `.${key}`, check, place);
  if (docs.length > 0) json[key] = docs;
}

function encodeField(json: Json, key: string, value: unknown, check: boolean): void {
  const field = BY_NAME.get(key);
  if (field === undefined) return;
  if (check && !field.fits(value)) throw new Unfit(`.${key}`, field.wanted, value);
  if (key === "tags" && isRecord(value) && Object.keys(value).length === 0) return;
  json[field.json] = field.encode === undefined ? value : field.encode(value as never);
}
