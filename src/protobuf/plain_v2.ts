/** Documents of the second generation as plain objects with their own fields, and back. @module */
import { Document } from "../document/document.ts";
import { setOwn } from "../document/json_value.ts";
import type { PlainDocument } from "../document/plain.ts";
import { fieldKindsOf, kindOf, kindsByName, NDARRAY, ownIds, setFieldKinds, SLOTS } from "./_origins.ts";

type Json = Record<string, unknown>;

/** The fields of a Document by their names in its message, with plain arrays of numbers. */
export function plainDocument2(doc: Document): PlainDocument {
  return plainOf(doc, true) as PlainDocument;
}

function plainOf(doc: Document, isTop: boolean): Json {
  const plain: Json = isTop || !ownIds.has(doc) ? { id: doc.id } : {};
  const { extra = {} } = doc;
  const kinds = fieldKindsOf(doc);
  const taken = new Set<string>(["id", "extra"]);
  for (const name of kinds?.keys() ?? []) {
    const field = SLOTS.get(name)?.[0];
    const isOwn = field !== undefined && !Object.hasOwn(extra, name) && Object.hasOwn(doc, field);
    if (isOwn && field !== "id") {
      setOwn(plain, name, plainValue((doc as unknown as Json)[field]));
      taken.add(field);
    } else if (Object.hasOwn(extra, name)) setOwn(plain, name, plainValue(extra[name]));
    else if (field !== "id") setOwn(plain, name, null);
  }
  for (const [field, value] of Object.entries(doc)) {
    if (!taken.has(field) && value !== undefined) plain[field] = plainValue(value);
  }
  for (const [name, value] of Object.entries(extra)) {
    if (!Object.hasOwn(plain, name)) setOwn(plain, name, plainValue(value));
  }
  return plain;
}

function plainValue(value: unknown): unknown {
  if (value instanceof Document) return plainOf(value, false);
  if (ArrayBuffer.isView(value)) {
    return Object.prototype.toString.call(value) === "[object Uint8Array]"
      ? value
      : Array.from(value as Float64Array);
  }
  if (Array.isArray(value)) return Array.from(value, plainValue);
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) {
    return value;
  }
  const plain: Json = {};
  for (const [key, item] of Object.entries(value)) setOwn(plain, key, plainValue(item));
  return plain;
}

/** The content of fields that Jina reads as arrays, however they were made. */
const ARRAYS: ReadonlySet<string> = new Set(["embedding", "tensor"]);

/** A Document whose fields go out by their own names. */
export function documentOfPlain2({ id, ...fields }: PlainDocument): Document {
  const doc = new Document({ id, extra: fields });
  const names = ["id", ...Object.keys(fields).filter((name) => ARRAYS.has(name) && fields[name] != null)];
  const kinds = names.map((name) => name === "id" ? kindOf(1, "id") : kindOf(NDARRAY, "ndarray"));
  setFieldKinds(doc, kindsByName(names, kinds));
  return doc;
}
