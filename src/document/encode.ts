import { preview } from "../errors/mod.ts";
import { BY_NAME, isRecord } from "./_fields.ts";
import type { Document, DocumentInit } from "./document.ts";
import { newId } from "./ids.ts";

type Json = Record<string, unknown>;

/** Writes one document; a plain object with the same fields, as plain JavaScript pushes it, is one too. */
export function encodeDocument(doc: Document | DocumentInit): Json {
  return encode(doc, false);
}

/**
 * Writes documents as they leave a handler.
 *
 * @throws {TypeError} When one is no document, or a field of it could not be read again; it says which, and what is
 * wanted there.
 */
export function encodeDocuments(docs: Iterable<unknown>): Json[] {
  try {
    return encodeAll(docs, "docs", true);
  } catch (error) {
    if (!(error instanceof Unfit)) throw error;
    throw new TypeError(`Cannot send ${error.path}: ${error.wanted} is wanted, not ${preview(error.value)}`);
  }
}

/** A value that cannot be sent. */
class Unfit {
  constructor(public path: string, readonly wanted: string, readonly value: unknown) {}
}

function encodeAll(docs: Iterable<unknown>, name: string, check: boolean): Json[] {
  const all: Json[] = [];
  try {
    for (const doc of docs) all.push(encode(doc as Document, check));
    return all;
  } catch (error) {
    if (error instanceof Unfit) error.path = `${name}[${all.length}]${error.path}`;
    throw error;
  }
}

function encode(doc: Document | DocumentInit, check: boolean): Json {
  if (check && !isRecord(doc)) throw new Unfit("", "a Document", doc);
  const id = doc.id ?? newId();
  if (check && typeof id !== "string") throw new Unfit(".id", "a string", id);
  const json: Json = { id };
  for (const key in doc) {
    const value = (doc as unknown as Json)[key];
    if (value === undefined || value === null || value === "" || key === "id") continue;
    // The one that nearly every document has.
    if (key === "text" && typeof value === "string") json.text = value;
    else encodeField(json, key, value, check);
  }
  return json;
}

function encodeField(json: Json, key: string, value: unknown, check: boolean): void {
  if (key === "chunks" || key === "matches") {
    if (check && !(typeof value === "object" && Symbol.iterator in (value as object))) {
      throw new Unfit(`.${key}`, "a DocumentArray", value);
    }
    const docs = encodeAll(Array.from(value as Iterable<unknown>), `.${key}`, check);
    if (docs.length > 0) json[key] = docs;
    return;
  }
  const field = BY_NAME.get(key);
  if (field === undefined) return;
  if (check && !field.fits(value)) throw new Unfit(`.${key}`, field.wanted, value);
  if (key === "tags" && isRecord(value) && Object.keys(value).length === 0) return;
  json[field.json] = field.encode === undefined ? value : field.encode(value as never);
}
