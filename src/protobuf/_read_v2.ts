import { DecodedDocument, type Document } from "../document/document.ts";
import { type DocumentArray, toDocumentArray } from "../document/document_array.ts";
import { newId } from "../document/ids.ts";
import { setOwn } from "../document/json_value.ts";
import {
  BLOB,
  BOOLEAN,
  DICT,
  DOC,
  DOC_ARRAY,
  FLOAT,
  INTEGER,
  itemKinds,
  type Kind,
  kindOf,
  KINDS,
  kindsByName,
  LIST,
  NDARRAY,
  NONE,
  ownIds,
  SET,
  setFieldKinds,
  SLOTS,
  TEXT,
  TUPLE,
} from "./_origins.ts";
import { within } from "./decode_error.ts";
import { readNdArray } from "./ndarray.ts";
import { type BinaryReader, checkEnd, endOf, readTo, skip } from "./wire.ts";

/** Reads a `DocListProto` up to its end. */
export function readDocuments(reader: BinaryReader, end: number): DocumentArray {
  const docs: Document[] = [];
  readTo(reader, end, (tag) => {
    if (tag !== 10) return false;
    try {
      docs.push(readDocument(reader, endOf(reader, end)));
    } catch (error) {
      throw within(error, docs.length);
    }
  });
  return toDocumentArray(docs);
}

/** Reads a `DocProto` up to its end. */
export function readDocument(reader: BinaryReader, end: number): Document {
  const doc = new DecodedDocument("");
  readEntries(reader, end, doc, assign);
  if (doc.id === "") ownIds.set(doc, doc.id = newId());
  return doc;
}

/** Sets the field of a Document that a field of the message is; others are kept in `extra`. */
function assign(doc: Document, name: string, value: unknown, { content }: Kind): void {
  const slot = SLOTS.get(name);
  if (slot !== undefined && value === null) return;
  if (slot !== undefined) {
    const [field, expected] = slot;
    const fits = content === expected || (expected === NDARRAY && isNumbers(value));
    if (fits && (field === "id" || !Object.hasOwn(doc, field))) {
      (doc as unknown as Record<string, unknown>)[field] = value;
      return;
    }
  }
  setOwn(doc.extra ??= {}, name, value);
}

function isNumbers(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === "number" || isNumbers(item));
}

interface Node {
  readonly value: unknown;
  readonly kind: Kind;
}

/** Reads the entries of a map of nodes, which are the fields of a document or of a dict. */
function readEntries<T extends object>(
  reader: BinaryReader,
  end: number,
  object: T,
  set: (object: T, name: string, value: unknown, kind: Kind) => void,
): void {
  const names: string[] = [];
  const kinds: Kind[] = [];
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag !== 10) {
      skip(reader, tag);
      continue;
    }
    const { name, value, kind } = readEntry(reader, endOf(reader, end));
    names.push(name);
    kinds.push(kind);
    set(object, name, value, kind);
  }
  checkEnd(reader, end);
  setFieldKinds(object, kindsByName(names, kinds));
}

function readEntry(reader: BinaryReader, end: number): Node & { readonly name: string } {
  let name = "";
  let node: Node | undefined;
  try {
    while (reader.pos < end) {
      const tag = reader.uint32();
      if (tag === 10) name = reader.string();
      else if (tag === 18) node = readNode(reader, endOf(reader, end));
      else skip(reader, tag);
    }
    checkEnd(reader, end);
  } catch (error) {
    throw name === "" ? error : within(error, name);
  }
  return { name, value: node?.value ?? null, kind: node?.kind ?? KINDS[NONE] };
}

/** Reads a `NodeProto`; an empty one is `null`. */
function readNode(reader: BinaryReader, end: number): Node {
  let content = NONE;
  let value: unknown = null;
  let type: string | undefined;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === 106) {
      type = reader.string();
      continue;
    }
    const number = tag >>> 3;
    const read = CONTENTS.get(tag);
    if (read !== undefined) {
      content = number;
      value = read(reader, end);
    } else if (number >= TEXT && number <= DICT + 1) throw new Error(`invalid wire type ${tag & 7}`);
    else skip(reader, tag);
  }
  checkEnd(reader, end);
  return { value, kind: kindOf(content, type) };
}

type Read = (reader: BinaryReader, end: number) => unknown;

/** What reads the content with a tag. */
const CONTENTS: ReadonlyMap<number, Read> = new Map<number, Read>([
  [TEXT << 3 | 2, (reader) => reader.string()],
  [INTEGER << 3, (reader) => reader.int32()],
  [FLOAT << 3 | 1, (reader) => reader.double()],
  [BOOLEAN << 3, (reader) => reader.bool()],
  [BLOB << 3 | 2, (reader) => new Uint8Array(reader.bytes())],
  [NDARRAY << 3 | 2, (reader, end) => readNdArray(reader, end, 2) ?? null],
  [DOC << 3 | 2, (reader, end) => readDocument(reader, endOf(reader, end))],
  [DOC_ARRAY << 3 | 2, (reader, end) => readDocuments(reader, endOf(reader, end))],
  [LIST << 3 | 2, readList],
  [SET << 3 | 2, readList],
  [TUPLE << 3 | 2, readList],
  [DICT << 3 | 2, readDict],
]);

function readList(reader: BinaryReader, parentEnd: number): unknown[] {
  const end = endOf(reader, parentEnd);
  const items: unknown[] = [];
  const kinds: Kind[] = [];
  readTo(reader, end, (tag) => {
    if (tag !== 10) return false;
    try {
      const { value, kind } = readNode(reader, endOf(reader, end));
      items.push(value);
      kinds.push(kind);
    } catch (error) {
      throw within(error, items.length);
    }
  });
  itemKinds.set(items, kinds);
  return items;
}

function readDict(reader: BinaryReader, parentEnd: number): Record<string, unknown> {
  const dict = {};
  readEntries(reader, endOf(reader, parentEnd), dict, setOwn);
  return dict;
}
