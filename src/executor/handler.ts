import type { Document, DocumentInit } from "../document/document.ts";
import type { DocumentArray } from "../document/document_array.ts";

/** The metadata of a request. */
export interface HandlerContext<Parameters = Record<string, unknown>> {
  /** The request's parameters, merged with those for this Executor only; with a schema, what it gives. */
  readonly parameters: Parameters;
  /** The endpoint of the request, such as `/search`. */
  readonly endpoint: string;
  /** The request's id: that of the client, or 32 hexadecimal characters. In a batch, that of its first request. */
  readonly requestId: string;
  /** The ids of all requests of a batch; otherwise the id of the request alone. */
  readonly requestIds: readonly string[];
  /** The headers that the endpoint has asked for with `headers`, by their names in lower case; one that was not sent is not there. */
  readonly headers: Readonly<Record<string, string>>;
  /** Aborted when the client disconnects, the deadline passes, or the Flow closes. */
  readonly signal: AbortSignal;
}

/**
 * The documents of a handler that is a generator, `async` or not. A client that requests a stream receives each document
 * when it is yielded, and the generator continues when the client can receive the next one; other clients receive all
 * documents in one answer. The generator returns nothing, or a plain object of results. When the client disconnects,
 * `signal` is aborted, and the generator ends at its next `yield`, after its `finally` blocks.
 */
export type DocumentStream =
  | AsyncIterable<Document | DocumentInit>
  | Generator<Document | DocumentInit, void | Record<string, unknown>, undefined>;

/**
 * The values that a handler may return: nothing (the documents it received, with its changes), other documents, a plain
 * object of results, or a generator of documents.
 */
export type HandlerResult =
  | void
  | undefined
  | DocumentArray
  | readonly (Document | DocumentInit)[]
  | object
  | DocumentStream;

/** A request handler. */
export type Handler = (
  docs: DocumentArray,
  context: HandlerContext,
) => HandlerResult | Promise<HandlerResult>;
