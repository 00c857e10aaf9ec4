/** Documents of the second generation as plain objects with their own fields, and back. @module */
import { Document } from "../document/document.ts";
import { setOwn } from "../document/json_value.ts";
import type { PlainDocument } from "../document/plain.ts";
import { NumberSchema } from "./_number_schema.ts";
import { fieldKindsOf, ownIds, SLOTS } from "./_origins.ts";
import { typedDocument } from "./_typed_v2.ts";

type Json = Record<string, unknown>;

/** The Documents that plain objects were made of. */
const origins = new WeakMap<PlainDocument, Document>();

/** What decides as what the values of a plain object are sent. */
interface Types {
  readonly received: Document | undefined;
  readonly schema: NumberSchema;
}

const types = new WeakMap<PlainDocument, Types>();

/** The fields of a Document by their names in its message, with plain arrays of numbers. */
export function plainDocument2(doc: Document): PlainDocument {
  const plain = plainOf(doc, true) as PlainDocument;
  origins.set(plain, doc);
  return plain;
}

/**
 * Notes as what the values of a document are sent.
 *
 * @param received The plain object of the document that was received.
 * @param schema A JSON Schema of the document.
 */
export function noteTypes2(doc: PlainDocument, received: PlainDocument | undefined, schema: Json): void {
  const origin = received && origins.get(received);
  types.set(doc, { received: origin, schema: NumberSchema.of(schema) });
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

/** A Document whose fields go out by their own names. One that was received, and no handler had, is that Document. */
export function documentOfPlain2(doc: PlainDocument): Document {
  const { received, schema = NumberSchema.none } = types.get(doc) ?? {};
  return origins.get(doc) ?? typedDocument(doc, received, schema);
}
