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
  fieldKinds,
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
  const kinds = new Map<string, Kind>();
  readEntries(reader, end, (name, { value, kind }) => {
    kinds.set(name, kind);
    assign(doc, name, value, kind);
  });
  fieldKinds.set(doc, kinds);
  if (doc.id === "") ownIds.set(doc, doc.id = newId());
  return doc;
}

/** Sets the field of a Document that a field of the message is; others are kept in `extra`. */
function assign(doc: Document, name: string, value: unknown, { content }: Kind): void {
  const slot = SLOTS.get(name);
  if (slot !== undefined && content === NONE) return;
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
function readEntries(reader: BinaryReader, end: number, set: (name: string, node: Node) => void): void {
  readTo(reader, end, (tag) => {
    if (tag !== 10) return false;
    const entryEnd = endOf(reader, end);
    let name = "";
    let node: Node | undefined;
    try {
      readTo(reader, entryEnd, (tag) => {
        if (tag === 10) name = reader.string();
        else if (tag === 18) node = readNode(reader, endOf(reader, entryEnd));
        else return false;
      });
    } catch (error) {
      throw name === "" ? error : within(error, name);
    }
    set(name, node ?? { value: null, kind: KINDS[NONE] });
  });
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
  return { value, kind: type === undefined ? KINDS[content] : { content, type } };
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
  const kinds = new Map<string, Kind>();
  readEntries(reader, endOf(reader, parentEnd), (name, { value, kind }) => {
    kinds.set(name, kind);
    setOwn(dict, name, value);
  });
  fieldKinds.set(dict, kinds);
  return dict;
}
