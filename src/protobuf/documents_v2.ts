/**
 * Documents of the second generation (docarray since 0.30): `DocProto` and `DocListProto`, in which a document is a map
 * of its class's own fields.
 *
 * @module
 */
import type { Document } from "../document/document.ts";
import type { DocumentArray } from "../document/document_array.ts";
import { encodeEach, withFieldPath } from "../document/encode.ts";
import { readDocument, readDocuments } from "./_read_v2.ts";
import { writeDocument, writeDocuments } from "./_write_v2.ts";
import { decodeAt } from "./decode_error.ts";
import { BinaryReader, written } from "./wire.ts";

/**
 * Decodes a `DocListProto`.
 *
 * @param loc The path of the bytes, for errors.
 * @throws {InvalidRequestError} When the bytes are not valid; the error has the place.
 */
export function decodeDocuments2(bytes: Uint8Array, loc: readonly (string | number)[] = []): DocumentArray {
  return decodeAt(loc, () => readDocuments(new BinaryReader(bytes), bytes.length));
}

/** Decodes a `DocProto`; see {@linkcode decodeDocuments2}. */
export function decodeDocument2(bytes: Uint8Array, loc: readonly (string | number)[] = []): Document {
  return decodeAt(loc, () => readDocument(new BinaryReader(bytes), bytes.length));
}

/**
 * Encodes documents as a `DocListProto`.
 *
 * @param first The index of the first one, for error messages.
 * @throws {TypeError} When one is not a document, or has a field that cannot be sent; the message contains the path.
 */
export function encodeDocuments2(docs: Iterable<unknown>, first = 0): Uint8Array<ArrayBuffer> {
  return withFieldPath(() => written((writer) => writeDocuments(writer, docs, "docs", undefined, first)));
}

/**
 * Encodes a document as a `DocProto`.
 *
 * @param index Its index, for error messages.
 * @throws {TypeError} As {@linkcode encodeDocuments2}.
 */
export function encodeDocument2(doc: unknown, index = 0): Uint8Array<ArrayBuffer> {
  return withFieldPath(() =>
    written((writer) => encodeEach([doc], "docs", (doc) => writeDocument(writer, doc), index))
  );
}
