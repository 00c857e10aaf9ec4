import { invalidArgument, InvalidRequestError, type Issue, outOfRange } from "../errors/mod.ts";
import { decodeDocuments, Document, type DocumentInit } from "./document.ts";
import { encodeLossless } from "./encode.ts";
import { hasFields, isRecord } from "./_fields.ts";
import { nameOf } from "./json_value.ts";

/**
 * An array of {@linkcode Document}s: an ordinary array (indexing, iteration, `push`, `filter`…) with a few ways in
 * and out. Methods that make new arrays, such as `filter` and `map`, give ordinary arrays; a handler may return
 * those too.
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
  /** `map` and the like may hold anything, so they give ordinary arrays. */
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  /**
   * An array of new, empty documents, each with its own id.
   *
   * @param length How many.
   * @returns The documents.
   * @throws {RangeError} When `length` is not a whole number from 0 up.
   */
  static empty(length = 0): DocumentArray {
    if (!Number.isInteger(length) || length < 0) {
      throw outOfRange(`Cannot make ${length} documents: a whole number from 0 up is wanted`);
    }
    return toDocumentArray(Array.from({ length }, () => new Document()));
  }

  /**
   * Makes an array of documents from anything that can be looped over. Documents are taken as they are; other
   * objects become Documents with those fields.
   *
   * @param items Documents or their fields.
   * @returns The documents.
   * @throws {TypeError} When an item is neither, such as a Promise of one.
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
   * @throws {InvalidRequestError} When anything has not the right form; it names each field.
   */
  static fromJSON(value: unknown): DocumentArray {
    const issues: Issue[] = [];
    const docs = decodeDocuments(value, [], issues);
    if (docs === undefined) throw new InvalidRequestError(issues);
    return docs;
  }

  /**
   * The document with an id.
   *
   * @param id The id.
   * @returns The document, or `undefined` when there is none.
   */
  get(id: string): Document | undefined {
    return this.find((doc) => doc.id === id);
  }

  /**
   * The JSON form: an array of objects.
   *
   * @throws {TypeError} When JSON would lose a value; it names the place.
   */
  toJSON(): Record<string, unknown>[] {
    return encodeLossless(this);
  }
}

/**
 * The document itself, or a new one with these fields.
 *
 * @throws {TypeError} When it is neither.
 */
export function documentOf(item: Document | DocumentInit | undefined): Document {
  if (item instanceof Document) return item;
  if (item === undefined || (isRecord(item) && hasFields(item))) return new Document(item);
  throw invalidArgument(`Cannot make a Document of ${nameOf(item)}: a Document or its fields are wanted`);
}

/**
 * Makes a DocumentArray of an ordinary array, which is the same object afterwards. Filling a `new DocumentArray()`
 * takes several times as long: V8 (15.0) gives up compiling a function that does so, and tries again for ever.
 */
export function toDocumentArray(docs: Document[]): DocumentArray {
  return Object.setPrototypeOf(docs, DocumentArray.prototype);
}
