import type { DocumentArray } from "../document/document_array.ts";
import type { PlainDocument } from "../document/plain.ts";
import type { Encoded } from "../protocol/encoded.ts";
import type { Call } from "../protocol/protocol.ts";

/**
 * What documents are decoded to: Documents; Documents whose unknown fields are in `extra` (`open`), and also those whose
 * values a Document cannot return as they came (`tolerant`); or plain objects with all fields as they came.
 */
export type DocumentForm = "document" | "open" | "tolerant" | "plain";

/** The form of the documents of an endpoint; asked for before they are decoded. */
export type FormOf = (endpoint: string, requestId: string) => DocumentForm;

/** A request as an Executor handles it. */
export interface DecodedRequest<E extends Encoded = Encoded> {
  /** Plain objects in place of Documents when that is their form. */
  docs: DocumentArray;
  /** Left out for Documents. */
  form?: DocumentForm;
  /** The place of the documents in the request, when they have another form. */
  readonly docsLoc?: readonly string[];
  /** The plain documents before a schema replaces them, for {@linkcode Codec.noteTypes}. */
  readonly received?: readonly PlainDocument[];
  /** How many documents there are before a handler changes them; set by the dispatcher. */
  count?: number;
  readonly endpoint: string;
  /** The pattern of the Executors' names; empty for all. */
  readonly target: string;
  readonly parameters: Record<string, unknown>;
  /** The parameters for the next Executor, which a handler's changes do not reach; `undefined` when there are none. */
  readonly encodedParameters: E | undefined;
  readonly requestId: string;
}

/** A wire format: only a codec reads or writes the text or the bytes of requests, documents and results. */
export interface Codec<E extends Encoded = Encoded> {
  /**
   * Decodes a request: its body as a client sent it or, with an `envelope`, documents that an Executor passed on.
   * Documents of several branches are merged.
   *
   * @throws {InvalidRequestError} When the request is not valid; the error names each invalid field.
   */
  decodeRequest(call: Call<E>, formOf?: FormOf): DecodedRequest<E>;
  /**
   * Encodes documents as they leave a handler.
   *
   * @throws {TypeError} When an item is not a document, or has a field that could not be decoded again.
   */
  encodeDocuments(docs: Iterable<unknown>, form?: DocumentForm): E;
  /**
   * Encodes one document of a stream.
   *
   * @param index Its index in the stream, for error messages.
   * @throws {TypeError} Like {@linkcode encodeDocuments}.
   */
  encodeDocument(doc: unknown, index: number, form?: DocumentForm): E;
  /** A document of a handler as a plain object: a Document with the names of its fields on the wire. */
  plainDocument?(doc: object): PlainDocument;
  /**
   * Notes as what the values of a plain document are sent, where the format has more types than JavaScript.
   *
   * @param received The document with its id that was received, if there is one.
   * @param schema The JSON Schema of the document.
   */
  noteTypes?(doc: PlainDocument, received: PlainDocument | undefined, schema: Record<string, unknown>): void;
  /** Joins documents that were encoded one by one. */
  joinDocuments(docs: readonly E[]): E;
  /**
   * Encodes the plain object that a handler returned as its result.
   *
   * @throws {TypeError} When the encoding would lose a value.
   */
  encodeResult(result: object): E;
}
