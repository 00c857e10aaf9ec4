import { InvalidRequestError, type Issue } from "../errors/mod.ts";
import { DocumentArray, toDocumentArray } from "./document_array.ts";
import { BY_JSON, BY_NAME, isRecord, Wanted } from "./_fields.ts";
import { relate } from "./_parts.ts";
import { encodeDocument } from "./encode.ts";
import { newId } from "./ids.ts";
import type { NdArray } from "./ndarray.ts";

/** A named score of a match or an evaluation. */
export interface NamedScore {
  /** The score. */
  value: number;
  /** The operation that gave it, such as `cosine`. */
  opName?: string;
  /** What it means, in words. */
  description?: string;
  /** The id of the Document it refers to. */
  refId?: string;
}

/** What a {@linkcode Document} can be made from: any of its fields. */
export interface DocumentInit {
  /** Identity; 32 random hexadecimal characters when left out. */
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
  /** Where the content is. */
  uri?: string;
  /** The content's media type. */
  mimeType?: string;
  /** Parts of this document. */
  chunks?: Iterable<Document | DocumentInit>;
  /** What was found for this document. */
  matches?: Iterable<Document | DocumentInit>;
  /** Scores by name. */
  scores?: Record<string, NamedScore>;
  /** Evaluations by name. */
  evaluations?: Record<string, NamedScore>;
  /** The id of the document that this is a chunk of. */
  parentId?: string;
  /** How many chunk levels deep this is. */
  granularity?: number;
  /** How many match levels deep this is. */
  adjacency?: number;
  /** The weight. */
  weight?: number;
  /** Where a chunk begins in its parent. */
  offset?: number;
  /** Where a chunk is in its parent, such as a box. */
  location?: number[];
  /** The kind of content, such as `text`. */
  modality?: string;
}

/**
 * What travels through a Flow: an id, and whatever of the other fields is set. A field that is not set is not sent.
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
  /** Identity. */
  declare id: string;
  /** Text; `""` when not set. */
  declare text: string;
  /** Bytes; base64 in JSON. */
  declare blob?: Uint8Array;
  /** Numbers of any shape; from JSON the innermost rows are `Float64Array`s. */
  declare tensor?: NdArray;
  /** The vector that stands for this document; from JSON a `Float64Array`. */
  declare embedding?: NdArray;
  /** Any JSON values by name; made on first use. */
  declare tags: Record<string, unknown>;
  /** Where the content is. */
  declare uri?: string;
  /** The content's media type. */
  declare mimeType?: string;
  /** Parts of this document; made on first use. */
  declare chunks: DocumentArray;
  /** What was found for this document; made on first use. */
  declare matches: DocumentArray;
  /** Scores by name. */
  declare scores?: Record<string, NamedScore>;
  /** Evaluations by name. */
  declare evaluations?: Record<string, NamedScore>;
  /** The id of the document that this is a chunk of. */
  declare parentId?: string;
  /** How many chunk levels deep this is. */
  declare granularity?: number;
  /** How many match levels deep this is. */
  declare adjacency?: number;
  /** The weight. */
  declare weight?: number;
  /** Where a chunk begins in its parent. */
  declare offset?: number;
  /** Where a chunk is in its parent. */
  declare location?: number[];
  /** The kind of content. */
  declare modality?: string;

  /**
   * Makes an id when none is given.
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
   * Reads a Document from its JSON form. Unknown fields and `null`s are passed over.
   *
   * @param value A parsed JSON object.
   * @returns The Document.
   * @throws {InvalidRequestError} When a field has not the right form; it names each one.
   */
  static fromJSON(value: unknown): Document {
    const issues: Issue[] = [];
    const doc = decodeDocument(value, [], issues);
    if (doc === undefined) throw new InvalidRequestError(issues);
    return doc;
  }

  /**
   * The JSON form: only what is set, `blob` as base64, numbers as plain arrays.
   *
   * @throws {TypeError} When JSON would lose a value, such as `NaN` or a `Map`; it names the place.
   */
  toJSON(): Record<string, unknown> {
    return encodeDocument(this);
  }
}

/**
 * Fields that read as something before they are set, without being sent: text at once, the others made on first use.
 * Not enumerable: a loop over a document's keys is far faster when its prototype adds none.
 */
Object.defineProperty(Document.prototype, "text", { value: "", writable: true, configurable: true });
for (const [name, make] of [["tags", () => ({})], ["chunks", newArray], ["matches", newArray]] as const) {
  const own = (doc: Document, value: unknown) =>
    Object.defineProperty(doc, name, { value, writable: true, enumerable: true, configurable: true });
  Object.defineProperty(Document.prototype, name, {
    get(this: Document): unknown {
      return (own(this, make()) as unknown as Record<string, unknown>)[name];
    },
    set(this: Document, value: unknown): void {
      own(this, value);
    },
    configurable: true,
  });
}

function newArray(): DocumentArray {
  return toDocumentArray([]);
}

/** Whether something is a Document, be it of another copy of this package, or a plain object of a Document's fields. */
export function isDocument(value: unknown): value is Document | DocumentInit {
  if (!isRecord(value)) return false;
  const proto = Object.getPrototypeOf(value);
  if (proto !== Object.prototype && proto !== null) {
    return typeof value.id === "string" && typeof value.toJSON === "function";
  }
  return Object.keys(value).every((key) => BY_NAME.has(key) || key === "chunks" || key === "matches");
}

/** Where a value stands in the request: `[...path]` of an issue, as a list linked from the inside. */
export type Loc = readonly (string | number)[];

/** Reads one document; what is wrong goes to `issues`, and then the answer is `undefined`. */
export function decodeDocument(value: unknown, loc: Loc, issues: Issue[]): Document | undefined {
  return decodeOne(value, () => loc, issues);
}

/** The place is worked out only when something is wrong. */
function decodeOne(value: unknown, loc: () => Loc, issues: Issue[], isPart = false): Document | undefined {
  if (!isRecord(value)) {
    issues.push({ loc: loc(), ...(value === null ? NO_NULL : NO_DICT) });
    return undefined;
  }
  const before = issues.length;
  const { id } = value;
  const doc = new Document(typeof id === "string" && id !== "" ? { id } : undefined);
  let whole = false;
  for (const key in value) {
    const item = value[key];
    if (item === null || item === undefined) continue;
    // The two that nearly every document has; a store by a name that is known is ten times as fast.
    if (typeof item === "string" && (key === "id" || key === "text")) {
      if (key === "text") doc.text = item;
      continue;
    }
    if (key === "chunks" || key === "matches") {
      const docs = decodeDocuments(item, [...loc(), key], issues, true);
      if (docs !== undefined) doc[key] = docs;
      whole = true;
      continue;
    }
    const field = BY_JSON.get(key);
    if (field === undefined) continue;
    const decoded = field.decode(item);
    if (decoded instanceof Wanted) {
      const { at, msg, type } = decoded;
      issues.push({ loc: [...loc(), key, ...at], msg, type });
    } else (doc as unknown as Record<string, unknown>)[field.name] = decoded;
  }
  if (issues.length > before) return undefined;
  // Levels count from the top.
  if (whole && !isPart) relate(doc);
  return doc;
}

const NO_DICT = { msg: "value is not a valid dict", type: "type_error.dict" };
const NO_NULL = { msg: "none is not an allowed value", type: "type_error.none.not_allowed" };

/** Reads an array of documents; what is wrong goes to `issues`, and then the answer is `undefined`. */
export function decodeDocuments(
  value: unknown,
  loc: Loc,
  issues: Issue[],
  areParts = false,
): DocumentArray | undefined {
  if (!Array.isArray(value)) {
    issues.push({ loc, msg: "value is not a valid list", type: "type_error.list" });
    return undefined;
  }
  const before = issues.length;
  const docs: Document[] = [];
  let index = 0;
  const at = () => [...loc, index];
  for (; index < value.length; index++) {
    const doc = decodeOne(value[index], at, issues, areParts);
    if (doc !== undefined) docs.push(doc);
  }
  return issues.length === before ? toDocumentArray(docs) : undefined;
}
