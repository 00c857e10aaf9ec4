import { InvalidRequestError, type Issue } from "../errors/mod.ts";
import { DocumentArray, toDocumentArray } from "./document_array.ts";
import { BY_JSON, DecodeIssue, isFieldName, isRecord } from "./_fields.ts";
import { relate } from "./parts.ts";
import { encodeDocument } from "./encode.ts";
import { newId } from "./ids.ts";
import { setOwn } from "./json_value.ts";
import type { NdArray } from "./ndarray.ts";

/** A named score of a match or an evaluation. */
export interface NamedScore {
  /** The score. */
  value: number;
  /** The operation that computed it, such as `cosine`. */
  opName?: string;
  /** A description for people. */
  description?: string;
  /** The id of the Document it refers to. */
  refId?: string;
}

/** The fields that a {@linkcode Document} can be created from; all are optional. */
export interface DocumentInit {
  /** The id. @default 32 random hexadecimal characters */
  id?: string;
  /** Text. */
  text?: string;
  /** Bytes. */
  blob?: Uint8Array;
  /** Numbers of any shape. */
  tensor?: NdArray;
  /** The vector that stands for this document. */
  embedding?: NdArray;
  /** Any JSON values by name. */
  tags?: Record<string, unknown>;
  /** The location of the content. */
  uri?: string;
  /** The content's media type. */
  mimeType?: string;
  /** Parts of this document. */
  chunks?: Iterable<Document | DocumentInit>;
  /** Documents that a search found for this one. */
  matches?: Iterable<Document | DocumentInit>;
  /** Scores by name. */
  scores?: Record<string, NamedScore>;
  /** Evaluations by name. */
  evaluations?: Record<string, NamedScore>;
  /** The id of the document that this is a chunk of. */
  parentId?: string;
  /** The depth of this document in the levels of chunks. */
  granularity?: number;
  /** The depth of this document in the levels of matches. */
  adjacency?: number;
  /** The weight. */
  weight?: number;
  /** The position of a chunk in its parent. */
  offset?: number;
  /** The area of a chunk in its parent, such as a box. */
  location?: number[];
  /** The kind of content, such as `text`. */
  modality?: string;
  /** Fields that a Document does not have: see {@linkcode Document.extra}. */
  extra?: Record<string, unknown>;
}

/**
 * The unit of data of a Flow: an id and optional fields. A field that is not set is not sent.
 * The JSON form is Jina's (docarray 0.21).
 *
 * @example
 * ```ts
 * import { Document } from "@hotflow/hotflow";
 *
 * const doc = new Document({ text: "hello", tags: { lang: "en" }, embedding: Float32Array.of(0.5, 1) });
 * console.assert(JSON.stringify(doc).includes('"embedding":[0.5,1]'));
 * ```
 */
export class Document {
  /** The id. */
  declare id: string;
  /** Text; `""` when not set. */
  declare text: string;
  /** Bytes; base64 in JSON. */
  declare blob?: Uint8Array;
  /** Numbers of any shape; from JSON the innermost rows are `Float64Array`s. */
  declare tensor?: NdArray;
  /** The vector that stands for this document; from JSON a `Float64Array`. */
  declare embedding?: NdArray;
  /** Any JSON values by name; created on first use. */
  declare tags: Record<string, unknown>;
  /** The location of the content. */
  declare uri?: string;
  /** The content's media type. */
  declare mimeType?: string;
  /** Parts of this document; created on first use. */
  declare chunks: DocumentArray;
  /** Documents that a search found for this one; created on first use. */
  declare matches: DocumentArray;
  /** Scores by name. */
  declare scores?: Record<string, NamedScore>;
  /** Evaluations by name. */
  declare evaluations?: Record<string, NamedScore>;
  /** The id of the document that this is a chunk of. */
  declare parentId?: string;
  /** The depth of this document in the levels of chunks. */
  declare granularity?: number;
  /** The depth of this document in the levels of matches. */
  declare adjacency?: number;
  /** The weight. */
  declare weight?: number;
  /** The position of a chunk in its parent. */
  declare offset?: number;
  /** The area of a chunk in its parent. */
  declare location?: number[];
  /** The kind of content. */
  declare modality?: string;
  /**
   * Fields that a Document does not have, by name. Documents of Jina's second generation (docarray since 0.30), which
   * come over gRPC or WebSocket, have those of their own classes: numbers, booleans, texts, bytes, arrays of numbers,
   * lists, dicts, and Documents. They go back as they came, unless they are changed here. Over HTTP, a Flow has them when
   * an endpoint has a schema. A client sends them; over gRPC and WebSocket, a request with an `extra`, be it empty, has
   * an answer whose documents may have such fields. `toJSON()` does not contain them.
   */
  declare extra?: Record<string, unknown>;

  /**
   * Creates a Document, with a new id when none is given.
   *
   * @param init The fields to set.
   */
  constructor(init: DocumentInit = {}) {
    this.id = init.id ?? newId();
    for (const key in init) {
      const value = init[key as keyof DocumentInit];
      if (value === undefined || key === "id" || key === "__proto__") continue;
      const docs = key === "chunks" || key === "matches";
      const own = docs ? DocumentArray.from(value as Iterable<DocumentInit>) : value;
      (this as unknown as Record<string, unknown>)[key] = own;
    }
  }

  /**
   * Reads a Document from its JSON form. Unknown fields and `null`s are ignored.
   *
   * @param value A parsed JSON object.
   * @returns The Document.
   * @throws {InvalidRequestError} When fields have the wrong form; the error lists each one.
   */
  static fromJSON(value: unknown): Document {
    const issues: Issue[] = [];
    const doc = decodeOne(value, () => [], issues);
    if (doc === undefined) throw new InvalidRequestError(issues);
    return doc;
  }

  /**
   * Returns the JSON form: only fields that are set, `blob` as base64, numbers as plain arrays.
   *
   * @throws {TypeError} When JSON would lose a value, such as `NaN` or a `Map`; the message contains its path.
   */
  toJSON(): Record<string, unknown> {
    return encodeDocument(this);
  }
}

/**
 * A base class whose constructor returns a document: the fields of a subclass are then defined on that document. This is
 * ten times as fast as `Object.defineProperty()`.
 */
class OnDocument {
  constructor(doc: Document) {
    return doc;
  }
}

/**
 * Fields with a default value, which is not sent: `text` is `""`, the others are created on first use. They are not
 * enumerable: a loop over a document's keys is much faster when its prototype has no enumerable keys.
 */
Object.defineProperty(Document.prototype, "text", { value: "", writable: true, configurable: true });
for (const [name, make] of [["tags", () => ({})], ["chunks", newArray], ["matches", newArray]] as const) {
  class Own extends OnDocument {
    [name]: unknown;
    constructor(doc: Document, value: unknown) {
      super(doc);
      this[name] = value;
    }
  }
  Object.defineProperty(Document.prototype, name, {
    get(this: Document): unknown {
      const value = make();
      new Own(this, value);
      return value;
    },
    set(this: Document, value: unknown): void {
      new Own(this, value);
    },
    configurable: true,
  });
}

function newArray(): DocumentArray {
  return toDocumentArray([]);
}

/** Whether a value is a Document, also of another copy of this package, or a plain object with only a Document's fields. */
export function isDocument(value: unknown): value is Document | DocumentInit {
  if (!isRecord(value)) return false;
  const proto = Object.getPrototypeOf(value);
  if (proto !== Object.prototype && proto !== null) {
    return typeof value.id === "string" && typeof value.toJSON === "function";
  }
  return Object.keys(value).every(isFieldName);
}

type Loc = Issue["loc"];

/**
 * Reads one document; returns `undefined` after it has added problems to `issues`. `loc` is called only when there is a
 * problem.
 */
function decodeOne(
  value: unknown,
  loc: () => Loc,
  issues: Issue[],
  isPart = false,
  keep?: Keep,
): Document | undefined {
  if (!isRecord(value)) {
    issues.push({ loc: loc(), ...notADocument(value) });
    return undefined;
  }
  const before = issues.length;
  const { id } = value;
  const doc = new DecodedDocument(typeof id === "string" && id !== "" ? id : newId());
  let hasParts = false;
  for (const key in value) {
    const item = value[key];
    if (keep !== undefined && isBeyond(key, item, keep)) {
      setOwn(doc.extra ??= {}, key, item);
      continue;
    }
    if (item === null || item === undefined) continue;
    // Most documents have these two, and assigning a property by a constant name is ten times as fast.
    if (typeof item === "string" && (key === "id" || key === "text")) {
      if (key === "text") doc.text = item;
      continue;
    }
    if (key === "chunks" || key === "matches") {
      const docs = decodeDocuments(item, inside(loc, key), issues, true, keep);
      if (docs !== undefined) doc[key] = docs;
      hasParts = true;
      continue;
    }
    const field = BY_JSON.get(key);
    if (field === undefined) continue;
    const decoded = field.decode(item);
    if (decoded instanceof DecodeIssue) {
      const { at, msg, type } = decoded;
      issues.push({ loc: [...loc(), key, ...at], msg, type });
    } else (doc as unknown as Record<string, unknown>)[field.name] = decoded;
  }
  if (issues.length > before) return undefined;
  // Levels are counted from the top.
  if (hasParts && !isPart) relate(doc);
  return doc;
}

/** Creates documents as the constructor of Document does, without an object and a loop for the id alone. */
export const DecodedDocument = function (this: Document, id: string): void {
  this.id = id;
} as unknown as new (id: string) => Document;
DecodedDocument.prototype = Document.prototype;

/** Not a closure in a loop over keys: each turn of the loop would then cost an object for its key. */
function inside(loc: () => Loc, key: string): () => Loc {
  return () => [...loc(), key];
}

/** Which fields of JSON are kept in `extra`: those that a Document does not have, or also values that it cannot return. */
export type Keep = "unknown" | "unfit";

/** Whether a field is kept in `extra`. */
function isBeyond(key: string, item: unknown, keep: Keep): boolean {
  if (key === "id") return false;
  const areParts = key === "chunks" || key === "matches";
  const field = BY_JSON.get(key);
  if (field === undefined && !areParts) return true;
  if (keep === "unknown") return false;
  if (item === null || item === "" || (isRecord(item) && Object.keys(item).length === 0)) return true;
  if (field === undefined) return !Array.isArray(item) || item.length === 0 || !item.every(isRecord);
  const decoded = field.decode(item);
  return decoded instanceof DecodeIssue || (typeof item === "number" && typeof decoded !== "number");
}

/** The issue of a document that is not an object, without its place. */
export function notADocument(value: unknown): Omit<Issue, "loc"> {
  return value === null ? NO_NULL : NO_DICT;
}

const NO_DICT = { msg: "value is not a valid dict", type: "type_error.dict" };
const NO_NULL = { msg: "none is not an allowed value", type: "type_error.none.not_allowed" };

/** Reads an array of documents, as {@linkcode decodeOne}; returns `undefined` after it has added problems to `issues`. */
export function decodeDocuments(
  value: unknown,
  loc: () => Loc,
  issues: Issue[],
  areParts = false,
  keep?: Keep,
): DocumentArray | undefined {
  if (!Array.isArray(value)) {
    issues.push({ loc: loc(), msg: "value is not a valid list", type: "type_error.list" });
    return undefined;
  }
  const before = issues.length;
  const docs: Document[] = [];
  let index = 0;
  const at = () => [...loc(), index];
  for (; index < value.length; index++) {
    const doc = decodeOne(value[index], at, issues, areParts, keep);
    if (doc !== undefined) docs.push(doc);
  }
  return issues.length === before ? toDocumentArray(docs) : undefined;
}
