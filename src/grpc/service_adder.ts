/** What a gRPC service needs of the server that it is added to. @module */
import type { Backend } from "../gateway/backend.ts";

/** The status codes of gRPC that this server sends. */
export const Code = {
  CANCELLED: 1,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const;

/** One of {@linkcode Code}. */
export type Code = typeof Code[keyof typeof Code];

/** A failure that is the status of a call. */
export class GrpcError extends Error {
  override readonly name = "GrpcError";

  constructor(readonly code: Code, message: string) {
    super(message);
  }
}

/** What a handler knows of its call. */
export interface CallInfo {
  /** The names are lower case; of a name that was sent several times, the last value. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Aborted when the client has cancelled the call, is gone, or its deadline is over. */
  readonly signal: AbortSignal;
  /** The client's address. */
  readonly peer: string;
  /** The metadata that is sent after the last message. */
  readonly trailers: { set(name: string, value: string): void };
}

/**
 * A server to which services are added, each method by its path, such as `/grpc.health.v1.Health/Check`. Messages are
 * bytes, in and out. A handler throws a {@linkcode GrpcError} to end the call with its status; any other error is
 * `INTERNAL`.
 */
export interface ServiceAdder {
  /** Adds a method with one request and one answer. */
  unary(
    path: string,
    handler: (request: Uint8Array, call: CallInfo) => Promise<Uint8Array> | Uint8Array,
  ): void;
  /** Adds a method with one request and a stream of answers, which is read as fast as its client takes them. */
  serverStream(
    path: string,
    handler: (request: Uint8Array, call: CallInfo) => AsyncIterable<Uint8Array>,
  ): void;
  /** Adds a method with a stream in each direction. */
  bidi(
    path: string,
    handler: (requests: AsyncIterable<Uint8Array>, call: CallInfo) => AsyncIterable<Uint8Array>,
  ): void;
}

/** Adds a service to a server. */
export type AddService = (server: ServiceAdder, backend: Backend) => void;
