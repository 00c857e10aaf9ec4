/** Documents of the first generation (docarray before 0.30): `DocumentProto` and `DocumentArrayProto`. @module */
import { DecodedDocument, type Document, type NamedScore } from "../document/document.ts";
import { type DocumentArray, toDocumentArray } from "../document/document_array.ts";
import {
  encodeEach,
  fieldIssue,
  fieldsOf,
  idOf,
  type Parent,
  partsOf,
  withFieldPath,
} from "../document/encode.ts";
import { newId } from "../document/ids.ts";
import { EncodeIssue, isPlain, located, lossInFields, nameOf, setOwn } from "../document/json_value.ts";
import { partFields, relate } from "../document/parts.ts";
import { metadata } from "./_origins.ts";
import { decodeAt, within } from "./decode_error.ts";
import { readNdArray, writeNdArray } from "./ndarray.ts";
import { readFieldsTo, writeFields } from "./struct.ts";
import {
  BinaryReader,
  type BinaryWriter,
  checkEnd,
  endOf,
  readTo,
  skip,
  writeMessage,
  written,
} from "./wire.ts";

/** The names of the fields of a document, by number. */
const FIELDS = [
  ...[
    "",
    "id",
    "blob",
    "tensor",
    "text",
    "granularity",
    "adjacency",
    "parent_id",
    "weight",
    "uri",
    "modality",
  ],
  ...["mime_type", "offset", "location", "chunks", "matches", "embedding", "tags", "scores", "evaluations"],
  "_metadata",
];

/**
 * Decodes a `DocumentArrayProto`.
 *
 * @param loc The path of the bytes, for errors.
 * @throws {InvalidRequestError} When the bytes are not valid; the error has the place.
 */
export function decodeDocuments1(bytes: Uint8Array, loc: readonly (string | number)[] = []): DocumentArray {
  return decodeAt(loc, () => {
    const docs: Document[] = [];
    const reader = new BinaryReader(bytes);
    while (reader.pos < bytes.length) {
      const tag = reader.uint32();
      if (tag === 10) docs.push(readAt(reader, bytes.length, docs.length));
      else skip(reader, tag);
    }
    checkEnd(reader, bytes.length);
    return toDocumentArray(docs);
  });
}

/** Decodes a `DocumentProto`; see {@linkcode decodeDocuments1}. */
export function decodeDocument1(bytes: Uint8Array, loc: readonly (string | number)[] = []): Document {
  return decodeAt(loc, () => readDocument(new BinaryReader(bytes), bytes.length, false));
}

/**
 * Encodes documents as a `DocumentArrayProto`.
 *
 * @param first The index of the first one, for error messages.
 * @throws {TypeError} When one is not a document, or has a field that cannot be sent; the message contains the path.
 */
export function encodeDocuments1(docs: Iterable<unknown>, first = 0): Uint8Array<ArrayBuffer> {
  return withFieldPath(() => written((writer) => writeDocuments(writer, 10, docs, "docs", undefined, first)));
}

/**
 * Encodes a document as a `DocumentProto`.
 *
 * @param index Its index, for error messages.
 * @throws {TypeError} As {@linkcode encodeDocuments1}.
 */
export function encodeDocument1(doc: unknown, index = 0): Uint8Array<ArrayBuffer> {
  return withFieldPath(() =>
    written((writer) => encodeEach([doc], "docs", (doc) => writeDocument(writer, doc), index))
  );
}

/** Reads a document that begins with its length. */
function readAt(reader: BinaryReader, end: number, index: number, isPart = false): Document {
  try {
    return readDocument(reader, endOf(reader, end), isPart);
  } catch (error) {
    throw within(error, index);
  }
}

function readDocument(reader: BinaryReader, end: number, isPart: boolean): Document {
  const doc = new DecodedDocument("");
  let tag = 0;
  try {
    while (reader.pos < end) {
      tag = reader.uint32();
      readField(reader, end, tag, doc);
    }
    checkEnd(reader, end);
  } catch (error) {
    throw within(error, FIELDS[tag >>> 3] ?? tag >>> 3);
  }
  if (doc.id === "") doc.id = newId();
  // Levels are counted from the top.
  if (!isPart && (Object.hasOwn(doc, "chunks") || Object.hasOwn(doc, "matches"))) relate(doc);
  return doc;
}

/** Reads the field with a tag, which is `number << 3 | wireType`. */
function readField(reader: BinaryReader, end: number, tag: number, doc: Document): void {
  switch (tag) {
    case 10:
      return void (doc.id = reader.string());
    case 18:
      return void (doc.blob = copyOf(reader.bytes()));
    case 26:
      return void (doc.tensor = readNdArray(reader, end, 1) ?? doc.tensor);
    case 34:
      return setText(doc, "text", reader.string());
    case 40:
      return void (doc.granularity = reader.uint32());
    case 48:
      return void (doc.adjacency = reader.uint32());
    case 58:
      return setText(doc, "parentId", reader.string());
    case 69:
      return void (doc.weight = reader.float());
    case 74:
      return setText(doc, "uri", reader.string());
    case 82:
      return setText(doc, "modality", reader.string());
    case 90:
      return setText(doc, "mimeType", reader.string());
    case 101:
      return void (doc.offset = reader.float());
    case 106:
    case 109:
      return readLocation(reader, end, tag, doc);
    case 114:
      return void doc.chunks.push(readAt(reader, end, doc.chunks.length, true));
    case 122:
      return void doc.matches.push(readAt(reader, end, doc.matches.length, true));
    case 130:
      return void (doc.embedding = readNdArray(reader, end, 1) ?? doc.embedding);
    case 138:
      return void (doc.tags = readFieldsTo(reader, endOf(reader, end)));
    case 146:
      return readScore(reader, end, doc.scores ??= {});
    case 154:
      return readScore(reader, end, doc.evaluations ??= {});
    case 162:
      return void metadata.set(doc, copyOf(reader.bytes()));
    default:
      if (tag >>> 3 < FIELDS.length && tag >>> 3 > 0) throw new Error(`invalid wire type ${tag & 7}`);
      skip(reader, tag);
  }
}

/** A copy, since the bytes are a view of the whole request. */
function copyOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

/** Sets a text, unless it is empty: protobuf does not distinguish that from one that is not set. */
function setText(
  doc: Document,
  name: "text" | "uri" | "parentId" | "modality" | "mimeType",
  text: string,
): void {
  if (text !== "") doc[name] = text;
}

function readLocation(reader: BinaryReader, end: number, tag: number, doc: Document): void {
  const location = doc.location ??= [];
  const last = tag === 109 ? reader.pos + 4 : endOf(reader, end);
  while (reader.pos < last) location.push(reader.float());
  checkEnd(reader, last);
}

function readScore(reader: BinaryReader, parentEnd: number, scores: Record<string, NamedScore>): void {
  const end = endOf(reader, parentEnd);
  let name = "";
  const score: NamedScore = { value: 0 };
  readTo(reader, end, (tag) => {
    if (tag === 10) name = reader.string();
    else if (tag === 18) readScoreFields(reader, endOf(reader, end), score);
    else return false;
  });
  setOwn(scores as Record<string, unknown>, name, score);
}

function readScoreFields(reader: BinaryReader, end: number, score: NamedScore): void {
  readTo(reader, end, (tag) => {
    if (tag === 13) score.value = reader.float();
    else if (tag === 18) score.opName = reader.string();
    else if (tag === 26) score.description = reader.string();
    else if (tag === 34) score.refId = reader.string();
    else return false;
  });
}

function writeDocuments(
  writer: BinaryWriter,
  tag: number,
  docs: Iterable<unknown>,
  name: string,
  parent?: Parent,
  first = 0,
): void {
  encodeEach(docs, name, (doc) => {
    writer.uint32(tag).fork();
    writeDocument(writer, doc, parent);
    writer.join();
  }, first);
}

function writeDocument(writer: BinaryWriter, doc: unknown, parent?: Parent): void {
  const own = fieldsOf(doc, parent);
  const id = idOf(own, "readable");
  writer.uint32(10).string(id);
  for (const key in own) {
    const value = own[key];
    if (value === undefined || value === null || value === "" || key === "id") continue;
    if (key === "chunks" || key === "matches") {
      const fields = partFields(key, own, id);
      const tag = key === "chunks" ? 114 : 122;
      writeDocuments(writer, tag, partsOf(key, value), key, { value: doc as object, parent, fields });
    } else writeField(writer, key, value);
  }
  const kept = metadata.get(doc as object);
  if (kept !== undefined) writeMessage(writer, 20, kept);
}

/** Of text, blob and tensor a reader takes the last one, as Jina takes the one that was set last. */
function writeField(writer: BinaryWriter, key: string, value: unknown): void {
  try {
    switch (key) {
      case "text":
        return writeText(writer, 34, key, value);
      case "blob":
        return void writer.uint32(18).bytes(valid<Uint8Array>(key, value));
      case "tensor":
        return writeNdArray(writer.uint32(26), value, 1);
      case "embedding":
        return writeNdArray(writer.uint32(130), value, 1);
      case "granularity":
        return writeInteger(writer, 40, key, value);
      case "adjacency":
        return writeInteger(writer, 48, key, value);
      case "parentId":
        return writeText(writer, 58, key, value);
      case "weight":
        return writeFloat(writer, 69, valid<number>(key, value));
      case "uri":
        return writeText(writer, 74, key, value);
      case "modality":
        return writeText(writer, 82, key, value);
      case "mimeType":
        return writeText(writer, 90, key, value);
      case "offset":
        return writeFloat(writer, 101, valid<number>(key, value));
      case "location":
        return writeLocation(writer, value);
      case "tags":
        return writeTags(writer, value);
      case "scores":
        return writeScores(writer, 146, valid(key, value));
      case "evaluations":
        return writeScores(writer, 154, valid(key, value));
    }
  } catch (error) {
    throw located(error, key);
  }
}

/** The value of a field; throws when it could not be read again. */
function valid<T>(key: string, value: unknown): T {
  const issue = fieldIssue(key, value);
  if (issue !== undefined) throw issue;
  return value as T;
}

function writeText(writer: BinaryWriter, tag: number, key: string, value: unknown): void {
  writer.uint32(tag).string(typeof value === "string" ? value : valid(key, value));
}

function writeInteger(writer: BinaryWriter, tag: number, key: string, value: unknown): void {
  const number = valid<number>(key, value);
  if (number < 0 || number > 0xffffffff) throw new EncodeIssue("a whole number from 0 to 2^32 - 1", value);
  if (number !== 0) writer.uint32(tag).uint32(number);
}

/** Writes a number, of which a float32 is sent. */
function writeFloat(writer: BinaryWriter, tag: number, value: number): void {
  if (value !== 0) writer.uint32(tag).float(asFloat(value));
}

function asFloat(value: unknown): number {
  if (typeof value !== "number") throw new EncodeIssue("a number", value);
  if (Number.isFinite(value) && !Number.isFinite(Math.fround(value))) {
    throw new EncodeIssue("a number that a float32 can hold", value);
  }
  return value;
}

function writeLocation(writer: BinaryWriter, value: unknown): void {
  const isRow = Array.isArray(value) || ArrayBuffer.isView(value);
  const numbers = isRow ? value as number[] : valid<number[]>("location", value);
  if (numbers.length === 0) return;
  writer.uint32(106).fork();
  for (let index = 0; index < numbers.length; index++) {
    try {
      writer.float(asFloat(numbers[index]));
    } catch (error) {
      throw located(error, index);
    }
  }
  writer.join();
}

function writeTags(writer: BinaryWriter, value: unknown): void {
  const tags = valid<object>("tags", value);
  const issue = isPlain(tags) ? lossInFields(tags) : new EncodeIssue("a plain object", tags, nameOf(tags));
  if (issue !== undefined) throw issue;
  if (Object.keys(tags).length === 0) return;
  writer.uint32(138).fork();
  writeFields(writer, tags);
  writer.join();
}

function writeScores(writer: BinaryWriter, tag: number, scores: Record<string, NamedScore>): void {
  for (const name of Object.keys(scores)) {
    const { value, opName, description, refId } = scores[name];
    writer.uint32(tag).fork().uint32(10).string(name).uint32(18).fork();
    try {
      if ((value ?? 0) !== 0) writer.uint32(13).float(asFloat(value));
    } catch (error) {
      throw located(located(error, "value"), name);
    }
    for (const [number, text] of [[18, opName], [26, description], [34, refId]] as const) {
      if (text) writer.uint32(number).string(text);
    }
    writer.join().join();
  }
}
