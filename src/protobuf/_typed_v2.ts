/** Plain objects as documents of the second generation. @module */
import { Document } from "../document/document.ts";
import { DocumentArray, toDocumentArray } from "../document/document_array.ts";
import { isPlain, setOwn } from "../document/json_value.ts";
import { isNdArray, type NumberArray } from "../document/ndarray.ts";
import type { NumberSchema } from "./_number_schema.ts";
import {
  DOC,
  DOC_ARRAY,
  fieldKindsOf,
  itemKinds,
  type Kind,
  kindOf,
  KINDS,
  kindsByName,
  NDARRAY,
  NONE,
  ownIds,
  setFieldKinds,
  SLOTS,
  TEXT,
} from "./_origins.ts";

type Json = Record<string, unknown>;

/** A value of a document that was received, and what it came as. */
interface Received {
  readonly value: unknown;
  readonly kind: Kind | undefined;
}

/** The fields that Jina reads as arrays, however they were made. */
const ARRAYS: ReadonlySet<string> = new Set(["embedding", "tensor"]);

/**
 * Makes a Document whose fields go out by their own names: numbers as what the schema says, and other values as what
 * those of the received document came as, where they still fit.
 */
export function typedDocument(
  { id, ...others }: Json,
  received: Document | undefined,
  schema: NumberSchema,
): Document {
  const hasId = typeof id === "string";
  const fields: Json = hasId || id === undefined ? others : { id, ...others };
  const extra: Json = {};
  const names = hasId ? ["id"] : [];
  const kinds = hasId ? [kindOf(TEXT, "id")] : [];
  for (const [name, field] of Object.entries(fields)) {
    if (field === undefined) continue;
    const [value, kind] = typedValue(field, fieldOf(received, name), schema.field(name));
    setOwn(extra, name, value);
    names.push(name);
    const isArray = kind === undefined && ARRAYS.has(name) && isNdArray(value);
    kinds.push(isArray ? kindOf(NDARRAY, "ndarray") : kind ?? KINDS[NONE]);
  }
  const doc = new Document({ ...(hasId && { id }), extra });
  if (!hasId) ownIds.set(doc, doc.id);
  setFieldKinds(doc, kindsByName(names, kinds));
  return doc;
}

/** A field of a document by its name in a message. */
function fieldOf(doc: Document | undefined, name: string): Received | undefined {
  if (doc === undefined) return undefined;
  const { extra = {} } = doc;
  const slot = SLOTS.get(name)?.[0];
  const value = Object.hasOwn(extra, name) ? extra[name] : slot && (doc as unknown as Json)[slot];
  return { value, kind: fieldKindsOf(doc)?.get(name) };
}

/** A value, and what it goes out as; without a kind, that is decided by the value alone. */
function typedValue(
  value: unknown,
  received: Received | undefined,
  schema: NumberSchema,
): [unknown, Kind | undefined] {
  const kind = received?.kind;
  if (typeof value === "number") {
    const { content } = schema;
    return [value, content === undefined || content === kind?.content ? kind : KINDS[content]];
  }
  if (Array.isArray(value) && !(value instanceof DocumentArray)) return typedList(value, received, schema);
  if (!isPlain(value)) return [value, kind];
  const before = received?.value;
  if (kind?.content === DOC && before instanceof Document) {
    return [typedDocument(value, before, schema), kind];
  }
  return [typedDict(value, before, schema), kind?.content === DOC ? undefined : kind];
}

function typedDict(value: Json, received: unknown, schema: NumberSchema): Json {
  const isDict = isPlain(received);
  const before = isDict ? fieldKindsOf(received) : undefined;
  const dict: Json = {};
  const names = Object.keys(value);
  const kinds = names.map((name) => {
    const own = isDict ? { value: received[name], kind: before?.get(name) } : undefined;
    const [item, kind] = typedValue(value[name], own, schema.field(name));
    setOwn(dict, name, item);
    return kind ?? KINDS[NONE];
  });
  setFieldKinds(dict, kindsByName(names, kinds));
  return dict;
}

function typedList(
  value: readonly unknown[],
  { value: before, kind }: Partial<Received> = {},
  schema: NumberSchema,
): [unknown, Kind | undefined] {
  if (kind?.content === NDARRAY && isNdArray(value)) return [rowsLike(value, before), kind];
  const list = Array.isArray(before) ? before : [];
  if (kind?.content === DOC_ARRAY && value.every(isPlain)) {
    const docs = value.map((item, index) => {
      const same = list.find(({ id }) => id === item.id) ?? list[index];
      return typedDocument(item, same, schema.item(index));
    });
    return [toDocumentArray(docs), kind];
  }
  const itemsBefore = itemKinds.get(list) ?? [];
  const kinds: Kind[] = [];
  const items = value.map((item, index) => {
    // An item that is new is taken to be like the last one.
    const own = itemsBefore.length === 0
      ? undefined
      : { value: list[index] ?? list.at(-1), kind: itemsBefore[index] ?? itemsBefore.at(-1) };
    const [typed, itemKind] = typedValue(item, own, schema.item(index));
    kinds.push(itemKind ?? KINDS[NONE]);
    return typed;
  });
  itemKinds.set(items, kinds);
  return [items, kind?.content === DOC_ARRAY || kind?.content === NDARRAY ? undefined : kind];
}

/** Numbers in typed arrays of the class that was received, if it holds them. */
function rowsLike(value: readonly unknown[], received: unknown): unknown {
  const like = Array.isArray(received) ? received[0] : received;
  if (Array.isArray(value[0])) return value.map((row) => rowsLike(row as unknown[], like));
  if (!ArrayBuffer.isView(like)) return value;
  const row = new (like.constructor as new (values: readonly unknown[]) => NumberArray)(value);
  const isFloat32 = like instanceof Float32Array;
  return isFloat32 || row.every((number, index) => number === value[index]) ? row : value;
}
