import { BY_NAME, type Field, hasFields, isRecord } from "./_fields.ts";
import { partFields } from "./parts.ts";
import type { Document, DocumentInit } from "./document.ts";
import { newId } from "./ids.ts";
import {
  type Ancestors,
  cycle,
  EncodeIssue,
  isPlain,
  isWithin,
  located,
  lossIn,
  lossInFields,
  nameOf,
  setOwn,
} from "./json_value.ts";

type Json = Record<string, unknown>;

/**
 * Which values are rejected: those that JSON would lose, or also those that could not be read again. `open` is readable,
 * and includes the fields in `extra`.
 */
export type Strictness = "lossless" | "readable" | "open";

/**
 * Converts a document, or a plain object with the same fields, to its JSON form.
 *
 * @throws {TypeError} When a chunk or match is not a document, or JSON would lose a value; the message contains the path.
 */
export function encodeDocument(doc: Document | DocumentInit): Json {
  return withFieldPath(() => encode(doc, "lossless"));
}

/**
 * Converts documents to JSON. The types of their fields are left for the reader to check.
 *
 * @param first The index of the first one, for messages.
 * @throws {TypeError} When one is not a document, or JSON would lose a value of it; the message contains the path.
 */
export function encodeLossless(docs: Iterable<unknown>, first = 0): Json[] {
  return withFieldPath(() => encodeAll(docs, "docs", "lossless", undefined, first));
}

/** Converts the documents of a handler to JSON; throws also when a field could not be read again. */
export function encodeDocuments(
  docs: Iterable<unknown>,
  first = 0,
  strictness: Strictness = "readable",
): Json[] {
  return withFieldPath(() => encodeAll(docs, "docs", strictness, undefined, first));
}

/** Throws an {@linkcode EncodeIssue}, which has collected its path, as a `TypeError`. */
export function withFieldPath<T>(write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw error instanceof EncodeIssue ? error.toError() : error;
  }
}

/** The document whose chunks or matches are being encoded. */
export interface Parent extends Ancestors {
  /** The fields of its parts that refer to it. */
  readonly fields: DocumentInit;
}

/** Not by {@linkcode encodeEach}: a function for each document would make this a fifth slower. */
function encodeAll(
  docs: Iterable<unknown>,
  name: string,
  strictness: Strictness,
  parent?: Parent,
  first = 0,
): Json[] {
  const all: Json[] = [];
  try {
    if (Array.isArray(docs)) {
      for (let index = 0; index < docs.length; index++) all.push(encode(docs[index], strictness, parent));
    } else for (const doc of docs) all.push(encode(doc, strictness, parent));
    return all;
  } catch (error) {
    throw located(located(error, first + all.length), name);
  }
}

/** Encodes items one by one; an {@linkcode EncodeIssue} gets the index of the item, and the name of all if they have one. */
export function encodeEach(
  docs: Iterable<unknown>,
  name: string | undefined,
  encodeOne: (doc: unknown) => void,
  first = 0,
): void {
  let index = 0;
  try {
    if (Array.isArray(docs)) { for (; index < docs.length; index++) encodeOne(docs[index]); }
    else for (const doc of docs) encodeOne(doc), index++;
  } catch (error) {
    const placed = located(error, first + index);
    throw name === undefined ? placed : located(placed, name);
  }
}

/** A document's own fields, and those that refer to its parent; throws when the value is not a document. */
export function fieldsOf(doc: unknown, parent?: Ancestors & Partial<Parent>): Json {
  if (!isRecord(doc)) throw new EncodeIssue("a Document", doc);
  // Nearly all documents have an id.
  if (typeof doc.id !== "string" && !hasFields(doc)) throw new EncodeIssue("a Document", doc, nameOf(doc));
  if (isWithin(doc, parent)) throw cycle(doc);
  return parent?.fields === undefined ? doc : { ...doc, ...parent.fields };
}

function encode(doc: unknown, strictness: Strictness, parent?: Parent): Json {
  const own = fieldsOf(doc, parent);
  const id = idOf(own, strictness);
  // V8 reserves room for four properties in an empty literal, and for one in { id }.
  const json: Json = {};
  json.id = id;
  for (const key in own) {
    const value = own[key];
    if (value === undefined || value === null || value === "" || key === "id") continue;
    // Nearly all documents have a text.
    if (key === "text" && typeof value === "string") json.text = value;
    else if (key === "chunks" || key === "matches") {
      const fields = partFields(key, own, id);
      const parts = encodeAll(partsOf(key, value), key, strictness, { value: doc as Json, parent, fields });
      if (parts.length > 0) json[key] = parts;
    } else if (key === "tags" && isPlain(value)) {
      const issue = lossInFields(value);
      if (issue !== undefined) throw issue.within(key);
      if (!isEmpty(value)) json.tags = value;
    } else encodeField(json, key, value, strictness);
  }
  if (strictness === "open" && isPlain(own.extra)) mergeExtra(json, own.extra);
  return json;
}

/**
 * Adds the fields in `extra` to the JSON of a document.
 *
 * @param index The index of the document, for messages.
 * @throws {TypeError} When JSON would lose a value; the message contains the path.
 */
export function addExtra(json: Json, extra: unknown, index: number): void {
  if (!isPlain(extra)) return;
  withFieldPath(() => encodeEach([extra], "docs", () => mergeExtra(json, extra), index));
}

/** Adds the fields in `extra`; those of the document itself are newer. */
function mergeExtra(json: Json, extra: Json): void {
  const issue = lossInFields(extra);
  if (issue !== undefined) throw issue.within("extra");
  for (const key of Object.keys(extra)) if (!Object.hasOwn(json, key)) setOwn(json, key, extra[key]);
}

function isEmpty(value: object): boolean {
  for (const key in value) if (Object.hasOwn(value, key)) return false;
  return true;
}

/** The document's id, or a new one. The reader of the JSON converts an id that is a number. */
export function idOf({ id }: Json, strictness: Strictness): string {
  if (id === undefined || id === null || id === "") return newId();
  if (typeof id === "string") return id;
  const issue = strictness !== "lossless" ? new EncodeIssue("a string", id) : lossIn(id);
  if (issue !== undefined) throw issue.within("id");
  return id as string;
}

/** Chunks or matches; throws when they cannot be any. */
export function partsOf(key: "chunks" | "matches", parts: unknown): Iterable<unknown> {
  if (typeof parts === "object" && parts !== null && Symbol.iterator in parts) {
    return parts as Iterable<unknown>;
  }
  throw new EncodeIssue("a DocumentArray", parts).within(key);
}

/** The issue of a value that could not be read again as the field of a document with this name, if it is one. */
export function fieldIssue(name: string, value: unknown): EncodeIssue | undefined {
  return issueOf(BY_NAME.get(name) as Field, value);
}

function issueOf({ isValid, issueIn, expected }: Field, value: unknown): EncodeIssue | undefined {
  if (isValid(value)) return undefined;
  return issueIn?.(value as never) ?? new EncodeIssue(expected, value);
}

/** The JSON form of one field, by its name in JSON; none for another property of a document. */
export function fieldJson(name: string, value: unknown): Json {
  const json: Json = {};
  encodeField(json, name, value, "readable");
  return json;
}

function encodeField(json: Json, key: string, value: unknown, strictness: Strictness): void {
  const field = BY_NAME.get(key);
  if (field === undefined) return;
  const invalid = field.isExact || strictness !== "lossless" ? issueOf(field, value) : undefined;
  if (invalid !== undefined) throw invalid.within(key);
  const encoded = field.encode === undefined ? value : field.encode(value as never);
  const issue = encoded instanceof EncodeIssue ? encoded : field.isExact ? undefined : lossIn(encoded);
  if (issue !== undefined) throw issue.within(key);
  json[field.json] = encoded;
}
