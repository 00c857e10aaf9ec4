import { Document } from "../document/document.ts";
import { DocumentArray } from "../document/document_array.ts";
import { encodeEach, fieldIssue, fieldJson, fieldsOf, idOf, partsOf } from "../document/encode.ts";
import {
  type Ancestors,
  cycle,
  EncodeIssue,
  isPlain,
  isWithin,
  located,
  lossIn,
  nameOf,
} from "../document/json_value.ts";
import {
  BLOB,
  BOOLEAN,
  DICT,
  DOC,
  DOC_ARRAY,
  fieldKindsOf,
  FLOAT,
  INTEGER,
  itemKinds,
  type Kind,
  KINDS,
  LIST,
  NDARRAY,
  NONE,
  ownIds,
  SET,
  SLOTS,
  TEXT,
  TUPLE,
} from "./_origins.ts";
import { writeNdArray } from "./ndarray.ts";
import type { BinaryWriter } from "./wire.ts";

/** The type of arrays that a handler makes: Jina reads none without a type. */
const NDARRAY_TYPE = "ndarray";

/** The kinds of a Document's fields that did not come with it. */
const DEFAULTS: Readonly<Record<string, Kind>> = {
  id: { content: TEXT, type: "id" },
  embedding: { content: NDARRAY, type: NDARRAY_TYPE },
  tensor: { content: NDARRAY, type: NDARRAY_TYPE },
  chunks: KINDS[DOC_ARRAY],
  matches: KINDS[DOC_ARRAY],
};

/** The names that a field of a Document may have in a message; of those that did not come with it, the first one. */
const NAMES: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(Object.groupBy(SLOTS, ([, [field]]) => field)).map((
    [field, slots = []],
  ) => [field, slots.map(([name]) => name)]),
);

const NO_KINDS: ReadonlyMap<string, Kind> = new Map();

/** Writes the content of a `DocListProto`. */
export function writeDocuments(
  writer: BinaryWriter,
  docs: Iterable<unknown>,
  name?: string,
  parent?: Ancestors,
  first?: number,
): void {
  encodeEach(docs, name, (doc) => {
    writer.uint32(10).fork();
    writeDocument(writer, doc, parent);
    writer.join();
  }, first);
}

/** Writes the content of a `DocProto`. */
export function writeDocument(writer: BinaryWriter, doc: unknown, parent?: Ancestors): void {
  const own = fieldsOf(doc, parent);
  const kinds = fieldKindsOf(own) ?? NO_KINDS;
  const ancestors = { value: own, parent };
  const extra = extraOf(own);
  const values = valuesOf(own, extra, kinds);
  for (const [name, value] of values) {
    const known = kinds.get(name);
    const kind = known === undefined || known.content === NONE ? DEFAULTS[name] ?? known : known;
    writeEntry(writer, name, value, kind, ancestors);
  }
  for (const name of Object.keys(extra)) {
    const value = extra[name];
    if (value === undefined || values.has(name)) continue;
    values.set(name, value);
    try {
      writeEntry(writer, name, value, kinds.get(name), ancestors);
    } catch (error) {
      throw located(error, "extra");
    }
  }
  // What a handler removed, or what had no value.
  for (const [name, kind] of kinds) if (!values.has(name)) writeEntry(writer, name, null, kind, ancestors);
}

function extraOf({ extra = {} }: Record<string, unknown>): Record<string, unknown> {
  if (isPlain(extra)) return extra;
  throw new EncodeIssue("a plain object", extra, nameOf(extra)).within("extra");
}

/** The values of a document's own fields by their names in a message. */
function valuesOf(
  own: Record<string, unknown>,
  extra: Record<string, unknown>,
  kinds: ReadonlyMap<string, Kind>,
): Map<string, unknown> {
  const values = new Map<string, unknown>();
  const id = idOf(own, "readable");
  if (id !== ownIds.get(own)) values.set("id", id);
  for (const key in own) {
    const value = own[key];
    if (value === undefined || value === null || key === "id" || key === "extra") continue;
    const names = NAMES.get(key);
    if (names === undefined) {
      if (value === "") continue;
      for (const [name, json] of Object.entries(fieldJson(key, value))) values.set(name, json);
      continue;
    }
    const name = names.find((name) => kinds.has(name) && !Object.hasOwn(extra, name)) ?? names[0];
    if (isUnset(key, value) && (kinds.get(name)?.content ?? NONE) === NONE) continue;
    values.set(name, key === "chunks" || key === "matches" ? partsOf(key, value) : checked(key, value));
  }
  return values;
}

/** Whether a value is the default of a Document's field. */
function isUnset(key: string, value: unknown): boolean {
  if (key === "chunks" || key === "matches") return Array.isArray(value) && value.length === 0;
  return value === "" || (key === "tags" && isPlain(value) && Object.keys(value).length === 0);
}

/** The value of a field of a Document; throws when it is not valid. Arrays are checked when they are written. */
function checked(key: string, value: unknown): unknown {
  const issue = key === "embedding" || key === "tensor"
    ? undefined
    : key === "tags" && !isPlain(value)
    ? new EncodeIssue("a plain object", value, nameOf(value))
    : fieldIssue(key, value);
  if (issue !== undefined) throw issue.within(key);
  return value;
}

function writeEntry(
  writer: BinaryWriter,
  name: string,
  value: unknown,
  kind: Kind | undefined,
  parent: Ancestors,
): void {
  writer.uint32(10).fork().uint32(10).string(name).uint32(18).fork();
  try {
    writeNode(writer, value, kind, parent);
  } catch (error) {
    throw located(error, name);
  }
  writer.join().join();
}

/** Writes the content of a `NodeProto`: as the kind that the value came as, if it still fits. */
function writeNode(writer: BinaryWriter, value: unknown, kind: Kind | undefined, parent: Ancestors): void {
  if (value !== null && typeof value === "object" && isWithin(value, parent)) throw cycle(value);
  const content = contentOf(value, kind);
  const tag = content << 3 | 2;
  switch (content) {
    case NONE:
      break;
    case TEXT:
      writer.uint32(tag).string(typeof value === "string" ? value : (value as Date).toJSON());
      break;
    case INTEGER:
      writer.uint32(content << 3).int32(value as number);
      break;
    case FLOAT:
      writer.uint32(content << 3 | 1).double(value as number);
      break;
    case BOOLEAN:
      writer.uint32(content << 3).bool(value as boolean);
      break;
    case BLOB:
      writer.uint32(tag).bytes(value as Uint8Array);
      break;
    case NDARRAY:
      writeNdArray(writer.uint32(tag), value, 2);
      break;
    default:
      writer.uint32(tag).fork();
      writeContainer(writer, content, value as object, parent);
      writer.join();
  }
  const type = kind?.content === content ? kind.type : content === NDARRAY ? NDARRAY_TYPE : undefined;
  if (type !== undefined) writer.uint32(106).string(type);
}

function writeContainer(writer: BinaryWriter, content: number, value: object, parent: Ancestors): void {
  const ancestors = { value, parent };
  if (content === DOC) return writeDocument(writer, value, parent);
  if (content === DOC_ARRAY) {
    return writeDocuments(writer, value as Iterable<unknown>, undefined, ancestors);
  }
  if (content === DICT) {
    const kinds = fieldKindsOf(value) ?? NO_KINDS;
    for (const [name, item] of Object.entries(value)) {
      if (item !== undefined) writeEntry(writer, name, item, kinds.get(name), ancestors);
    }
    return;
  }
  const kinds = itemKinds.get(value);
  let index = 0;
  encodeEach(value as Iterable<unknown>, undefined, (item) => {
    writer.uint32(10).fork();
    writeNode(writer, item, kinds?.[index++], ancestors);
    writer.join();
  });
}

/** The content that a value is written as. */
function contentOf(value: unknown, kind: Kind = KINDS[NONE]): number {
  switch (typeof value) {
    case "undefined":
      return NONE;
    case "string":
      return TEXT;
    case "boolean":
      return BOOLEAN;
    case "number":
      return kind.content === FLOAT || !isInt32(value) ? FLOAT : INTEGER;
    case "object":
      return value === null ? NONE : contentOfObject(value, kind.content);
  }
  throw unsendable(value);
}

/** An integer node has 32 bits. A larger number is a float, which is exact up to 2^53. */
function isInt32(value: number): boolean {
  return (value | 0) === value && !Object.is(value, -0);
}

function contentOfObject(value: object, before: number): number {
  if (before === DOC_ARRAY && Symbol.iterator in value) return before;
  const isList = before === LIST || before === SET || before === TUPLE;
  if (ArrayBuffer.isView(value)) {
    if (isList) return before;
    return before !== NDARRAY && (value as Uint8Array)[Symbol.toStringTag] === "Uint8Array" ? BLOB : NDARRAY;
  }
  if (Array.isArray(value)) {
    if (isList || before === NDARRAY) return before;
    if (value instanceof DocumentArray || (value.length > 0 && value.every(isDocument))) return DOC_ARRAY;
    return isRows(value) ? NDARRAY : LIST;
  }
  if (value instanceof Set) return SET;
  if (before === DOC || isDocument(value)) return DOC;
  if (isPlain(value)) return DICT;
  // A Date is sent as its text.
  const issue = lossIn(value);
  if (issue !== undefined) throw unsendable(value);
  return TEXT;
}

function isDocument(value: unknown): boolean {
  return value instanceof Document;
}

/** Whether the value is a matrix: its innermost rows are typed arrays. */
function isRows(value: unknown[]): boolean {
  let first: unknown = value[0];
  while (Array.isArray(first)) first = first[0];
  return ArrayBuffer.isView(first);
}

function unsendable(value: unknown): EncodeIssue {
  return lossIn(value) ?? new EncodeIssue("a value that can be sent", value, nameOf(value));
}
