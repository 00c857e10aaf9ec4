import { invalidArgument, InvalidRequestError, type Issue, outOfRange } from "../errors/mod.ts";
import { decodeDocuments, Document, type DocumentInit } from "./document.ts";
import { encodeLossless } from "./encode.ts";
import { hasFields, isRecord } from "./_fields.ts";
import { nameOf } from "./json_value.ts";

/**
 * An array of {@linkcode Document}s: an ordinary array (indexing, iteration, `push`, `filter`…) with a few methods to
 * create and convert it. Methods that create new arrays, such as `filter` and `map`, return ordinary arrays; a handler
 * may return those too.
 *
 * @example
 * ```ts
 * import { DocumentArray } from "@hotflow/hotflow";
 *
 * const docs = DocumentArray.from([{ id: "a", text: "one" }, { id: "b", text: "two" }]);
 * console.assert(docs.get("b")?.text === docs[1].text);
 * console.assert(DocumentArray.fromJSON(JSON.parse(JSON.stringify(docs))).length === 2);
 * ```
 */
export class DocumentArray extends Array<Document> {
  /** Methods such as `map` return ordinary arrays, since their elements may be anything. */
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  /**
   * Creates an array of empty documents, each with its own id.
   *
   * @param length The number of documents.
   * @returns The documents.
   * @throws {RangeError} When `length` is not a whole number of at least 0.
   */
  static empty(length = 0): DocumentArray {
    if (!Number.isInteger(length) || length < 0) {
      throw outOfRange(`Cannot create ${length} documents: expected a whole number of at least 0`);
    }
    return toDocumentArray(Array.from({ length }, () => new Document()));
  }

  /**
   * Creates an array of documents from any iterable. Documents are used unchanged; other objects become Documents with
   * those fields.
   *
   * @param items Documents or their fields.
   * @returns The documents.
   * @throws {TypeError} When an item is something else, such as a Promise of a Document.
   */
  static override from(
    items: Iterable<Document | DocumentInit> | ArrayLike<Document | DocumentInit>,
  ): DocumentArray;
  // deno-lint-ignore no-explicit-any -- a static override has to fit Array.from's other forms too
  static override from(items: any): any {
    return toDocumentArray(Array.from(items, documentOf));
  }

  /**
   * Reads documents from their JSON form.
   *
   * @param value A parsed JSON array of objects.
   * @returns The documents.
   * @throws {InvalidRequestError} When fields have the wrong form; the error lists each one.
   */
  static fromJSON(value: unknown): DocumentArray {
    const issues: Issue[] = [];
    const docs = decodeDocuments(value, () => [], issues);
    if (docs === undefined) throw new InvalidRequestError(issues);
    return docs;
  }

  /**
   * Finds the document with an id.
   *
   * @param id The id.
   * @returns The document, or `undefined` when there is none.
   */
  get(id: string): Document | undefined {
    return this.find((doc) => doc.id === id);
  }

  /**
   * Returns the JSON form: an array of objects.
   *
   * @throws {TypeError} When JSON would lose a value; the message contains its path.
   */
  toJSON(): Record<string, unknown>[] {
    return encodeLossless(this);
  }
}

/**
 * Returns the document itself, or a new one with these fields.
 *
 * @throws {TypeError} When the item is neither.
 */
export function documentOf(item: Document | DocumentInit | undefined): Document {
  if (item instanceof Document) return item;
  if (item === undefined || (isRecord(item) && hasFields(item))) return new Document(item);
  throw invalidArgument(`Cannot create a Document from ${nameOf(item)}: expected a Document or its fields`);
}

/**
 * Turns an ordinary array into a DocumentArray, in place. Filling a `new DocumentArray()` takes several times as long:
 * V8 (15.0) repeatedly tries to compile a function that does so, and fails each time.
 */
export function toDocumentArray(docs: Document[]): DocumentArray {
  return Object.setPrototypeOf(docs, DocumentArray.prototype);
}
