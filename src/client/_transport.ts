import type { Document } from "../document/document.ts";
import type { DocumentArray } from "../document/document_array.ts";
import type { Answer, StreamEnd } from "./options.ts";

/** One request, before it is encoded. */
export interface ClientRequest {
  readonly requestId: string;
  readonly endpoint: string;
  readonly docs: DocumentArray;
  /** The position of its first document among those of all requests, for messages. */
  readonly first: number;
  readonly parameters: Record<string, unknown>;
  readonly targetExecutor: string;
}

/** An encoded request. */
export interface EncodedRequest<Body> {
  readonly requestId: string;
  readonly body: Body;
}

/** Options of a request that is sent once. */
export interface SendOptions {
  /** Ends the request. */
  readonly signal: AbortSignal;
  /** The maximum duration in milliseconds, for the server: the client has its own timer. */
  readonly timeout?: number;
}

/**
 * A protocol by which a Client reaches a Flow. Its methods throw a `ConnectionError` without a `status` when the
 * connection fails before an answer starts: such a request may be sent again.
 */
export interface Transport<Body = unknown> {
  /** The Flow's address, for messages. */
  readonly address: string;
  /** Keeps the connection, when there is one to keep, until the returned function is called. */
  retain?(): () => void;
  /**
   * Encodes a request.
   *
   * @param streamed Whether it is for {@linkcode Transport.stream}.
   * @throws {TypeError} When the format would lose a part of it.
   */
  encode(request: ClientRequest, streamed: boolean): Body;
  /** Sends a request. */
  send(request: EncodedRequest<Body>, options: SendOptions): Promise<Answer>;
  /** Sends a request, and yields the documents of its answer; they come together when the protocol has no streams. */
  stream(request: EncodedRequest<Body>, options: SendOptions): AsyncGenerator<Document, StreamEnd, undefined>;
  /** Whether the Flow is ready. */
  isReady(options: SendOptions): Promise<boolean>;
}
