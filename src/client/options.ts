import type { Document, DocumentInit } from "../document/document.ts";
import type { DocumentArray } from "../document/document_array.ts";
import { checkJson } from "../document/json_value.ts";
import { checkKeys, type ConnectionError, outOfRange, type ResponseError } from "../errors/mod.ts";

/** How a {@linkcode Client} talks to a Flow. */
export type ClientProtocol = "http" | "grpc" | "websocket";

/** Certificates of a {@linkcode Client}, each as the text of a PEM file. */
export interface TlsOptions {
  /** The root certificates by which the server's certificate is checked. @default those of the runtime */
  ca?: string;
  /** The client's own certificate. */
  cert?: string;
  /** The private key of the client's certificate. */
  key?: string;
}

/** Options of a {@linkcode Client}: the address of the Flow, and how to talk to it. */
export interface ClientOptions {
  /** The Flow's port. @default 12345 */
  port?: number;
  /** The Flow's host. @default "127.0.0.1" */
  host?: string;
  /**
   * The protocol that the Flow serves at this port. A Flow of Jina serves `"grpc"` by default.
   *
   * @default "http"
   */
  protocol?: ClientProtocol;
  /** TLS; with `"grpc"` also with certificates of your own. @default false */
  tls?: boolean | TlsOptions;
  /** Headers of each request of `"http"`, and of each connection of `"websocket"`. */
  headers?: Headers | Iterable<[string, string]> | Record<string, string>;
  /** Metadata of each call of `"grpc"`. */
  metadata?: Readonly<Record<string, string>>;
}

/** The documents to send: one, or an (async) iterable of documents or their fields. */
export type Inputs =
  | Document
  | DocumentInit
  | Iterable<Document | DocumentInit>
  | AsyncIterable<Document | DocumentInit>;

/** One of the requests of a `post()`, as its callbacks receive it. */
export interface SentRequest {
  /** The position of the request in the order of the inputs, from 0. */
  readonly index: number;
  /** The request's id, also in handlers and log lines. */
  readonly requestId: string;
  /** The documents of the request. */
  readonly docs: DocumentArray;
}

/** The answer of a Flow to one request. */
export interface Answer {
  /** The documents of the answer. */
  readonly docs: DocumentArray;
  /** The parameters; `__results__` contains the plain objects that handlers returned, by replica. */
  readonly parameters: Record<string, unknown>;
  /** The request's id. */
  readonly requestId: string;
}

/** Options of one request. */
export interface RequestOptions {
  /** The maximum duration of a request with all its retries, in milliseconds. @default no limit */
  timeout?: number;
  /** Aborts the requests in flight; the call rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** Options of a `post()`. */
export interface PostOptions extends RequestOptions {
  /** Values for the handlers. */
  parameters?: Record<string, unknown>;
  /** A pattern that selects Executors by name, matched at the start of the name. @default all */
  targetExecutor?: string;
  /** The number of documents per request. @default 100 */
  requestSize?: number;
  /**
   * The number of requests that may be in flight at the same time. Inputs are read when the next request can be sent.
   * With 1, each request is answered before the next one is sent.
   *
   * @default 4
   */
  concurrency?: number;
  /**
   * The number of retries when the connection fails before an answer starts. An answer is final, also an error. A
   * connection may fail after the Executors have handled the request: with 0, they never handle it twice.
   *
   * @default 3
   */
  retries?: number;
  /**
   * Called with each answer when it arrives, not necessarily in the order of the inputs. The next request is sent when
   * the callback has returned, or its promise is fulfilled.
   */
  onDone?: (answer: Answer, request: SentRequest) => unknown;
  /**
   * Called with the error of a request. The other requests continue, and `post()` returns the documents of those that
   * were answered; an error of the callback ends it. Without the callback, the first error ends `post()`.
   */
  onError?: (error: ResponseError | ConnectionError, request: SentRequest) => unknown;
  /** Called after the other callbacks, with each request that was answered or failed. */
  onAlways?: (request: SentRequest) => unknown;
}

/** Options of a `stream()`. */
export interface StreamOptions
  extends RequestOptions, Pick<PostOptions, "parameters" | "targetExecutor" | "retries"> {
  /** The maximum wait for each document, for the first one with all retries, in milliseconds. @default no limit */
  timeout?: number;
}

/** The rest of an answer, after the documents that were streamed. */
export type StreamEnd = Omit<Answer, "docs">;

const REQUEST_KEYS: readonly (keyof RequestOptions)[] = ["timeout", "signal"];
const STREAM_KEYS: readonly (keyof StreamOptions)[] = [
  "parameters",
  "targetExecutor",
  "retries",
  ...REQUEST_KEYS,
];
const POST_KEYS: readonly (keyof PostOptions)[] = [
  "requestSize",
  "concurrency",
  "onDone",
  "onError",
  "onAlways",
  ...STREAM_KEYS,
];

/** Options of a request with the default of `retries`. */
export type RetryOptions = RequestOptions & { readonly retries: number };
/** Options of a `post()` with their default values. */
export type PostSettings =
  & PostOptions
  & RetryOptions
  & Required<Pick<PostOptions, "requestSize" | "concurrency">>;

/** Sets the default values; throws when an option is invalid. */
export function postSettings(options: PostOptions): PostSettings {
  checkKeys("post with", options, POST_KEYS);
  const { requestSize = 100, concurrency = 4, retries = 3, timeout, parameters, targetExecutor } = options;
  checkTimeout(timeout);
  if (parameters !== undefined) checkJson(parameters, "parameters");
  if (targetExecutor !== undefined) checkJson(targetExecutor, "targetExecutor");
  const wholes: [number, number, string][] = [
    [requestSize, 1, `send ${requestSize} documents per request`],
    [concurrency, 1, `send ${concurrency} requests at the same time`],
    [retries, 0, `retry a request ${retries} times`],
  ];
  for (const [value, min, action] of wholes) {
    if (Number.isInteger(value) && value >= min) continue;
    throw outOfRange(`Cannot ${action}: expected a whole number of at least ${min}`);
  }
  return { ...options, requestSize, concurrency, retries };
}

/** Sets the default values of a request whose answer is streamed; throws when an option is invalid. */
export function streamSettings(options: StreamOptions): StreamOptions & RetryOptions {
  checkKeys("stream with", options, STREAM_KEYS);
  const { retries } = postSettings(options);
  return { ...options, retries };
}

/** Sets the options of a request that is not retried; throws when one is invalid. */
export function requestSettings(options: RequestOptions): RetryOptions {
  checkKeys("send a request with", options, REQUEST_KEYS);
  checkTimeout(options.timeout);
  return { ...options, retries: 0 };
}

function checkTimeout(timeout = 1): void {
  if (typeof timeout === "number" && timeout > 0) return;
  throw outOfRange(`Cannot wait ${timeout} ms for an answer: expected a number above 0`);
}
