import type { DocumentArray } from "../document/document_array.ts";
import type { Encoded } from "../protocol/encoded.ts";
import type { Call } from "../protocol/protocol.ts";

/** A request as an Executor handles it. */
export interface DecodedRequest<E extends Encoded = Encoded> {
  docs: DocumentArray;
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
  decodeRequest(call: Call<E>): DecodedRequest<E>;
  /**
   * Encodes documents as they leave a handler.
   *
   * @throws {TypeError} When an item is not a document, or has a field that could not be decoded again.
   */
  encodeDocuments(docs: Iterable<unknown>): E;
  /**
   * Encodes one document of a stream.
   *
   * @param index Its index in the stream, for error messages.
   * @throws {TypeError} Like {@linkcode encodeDocuments}.
   */
  encodeDocument(doc: unknown, index: number): E;
  /** Joins documents that were encoded one by one. */
  joinDocuments(docs: readonly E[]): E;
  /**
   * Encodes the plain object that a handler returned as its result.
   *
   * @throws {TypeError} When the encoding would lose a value.
   */
  encodeResult(result: object): E;
}
