import type { Document, DocumentInit } from "../document/document.ts";
import type { DocumentArray } from "../document/document_array.ts";
import { checkJson } from "../document/json_value.ts";
import {
  checkKeys,
  type ConnectionError,
  invalidArgument,
  outOfRange,
  type ResponseError,
} from "../errors/mod.ts";

/** Where a Flow is. */
export interface ClientOptions {
  /** The Flow's port. @default 12345 */
  port?: number;
  /** The Flow's host. @default "127.0.0.1" */
  host?: string;
}

/** What can be sent: one document, or any (async) iterable of documents or their fields. */
export type Inputs =
  | Document
  | DocumentInit
  | Iterable<Document | DocumentInit>
  | AsyncIterable<Document | DocumentInit>;

/** One of the requests that the inputs of a `post()` travel in, as its callbacks see it. */
export interface SentRequest {
  /** Which one it is, in the order of the inputs, from 0. */
  readonly index: number;
  /** Its id: handlers and log lines have the same one. */
  readonly requestId: string;
  /** The documents that were sent. */
  readonly docs: DocumentArray;
}

/** What a Flow answered to one request. */
export interface Answer {
  /** The documents that came back. */
  readonly docs: DocumentArray;
  /** The parameters; `__results__` has the plain objects that handlers returned, by replica. */
  readonly parameters: Record<string, unknown>;
  /** The request's id. */
  readonly requestId: string;
}

/** How to reach a Flow with one request. */
export interface RequestOptions {
  /** How long a request may take, with all its tries, in milliseconds. @default no limit */
  timeout?: number;
  /** Gives up: what is in flight is aborted, and the call rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** What can be said with a `post()`. */
export interface PostOptions extends RequestOptions {
  /** Values for the handlers. */
  parameters?: Record<string, unknown>;
  /** A pattern for the names of the Executors that shall handle it; matched at the start of the name. @default all */
  targetExecutor?: string;
  /** How many documents travel in one request. @default 100 */
  requestSize?: number;
  /**
   * How many requests may be in flight at once. Inputs are taken no sooner than there is room for the next request.
   * With 1, each is answered before the next one leaves.
   *
   * @default 4
   */
  concurrency?: number;
  /**
   * How often a request is tried again when the connection fails before anything was answered; an answer, whatever
   * it says, is final. A connection may fail after the Executors did their work: with 0, none does it twice.
   *
   * @default 3
   */
  retries?: number;
  /**
   * Called with each answer as it comes, which need not be in the order of the inputs. Room for the next request is
   * made only when it has returned, or its promise is fulfilled.
   */
  onDone?: (answer: Answer, request: SentRequest) => unknown;
  /**
   * Called with the failure of a request. The others then go on, and `post()` gives the documents of those that were
   * answered; what this throws ends it. Without it, the first failure ends `post()`.
   */
  onError?: (error: ResponseError | ConnectionError, request: SentRequest) => unknown;
  /** Called with each request that was answered or has failed, after the other callback. */
  onAlways?: (request: SentRequest) => unknown;
}

/** What can be said with a `stream()`. */
export interface StreamOptions
  extends RequestOptions, Pick<PostOptions, "parameters" | "targetExecutor" | "retries"> {
  /** How long to wait for each document, with all tries for the first one, in milliseconds. @default no limit */
  timeout?: number;
}

/** What a Flow answered besides the documents that it streamed. */
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

/** What `fetch` is to send, and the id by which errors name it. */
export interface Outgoing extends Pick<RequestInit, "method" | "headers" | "body"> {
  readonly url: string;
  readonly requestId?: string;
}

/** How a request is sent. */
export type Reach = RequestOptions & { readonly retries: number };
/** Options of a `post()` with their defaults. */
export type PostSettings = PostOptions & Reach & Required<Pick<PostOptions, "requestSize" | "concurrency">>;

/** Fills in the defaults, and refuses what cannot be meant. */
export function postSettings(options: PostOptions): PostSettings {
  checkKeys("post with", options, POST_KEYS);
  const { requestSize = 100, concurrency = 4, retries = 3, timeout, parameters, targetExecutor } = options;
  checkTimeout(timeout);
  if (parameters !== undefined) checkJson(parameters, "parameters");
  if (targetExecutor !== undefined) checkJson(targetExecutor, "targetExecutor");
  const wholes: [number, number, string][] = [
    [requestSize, 1, `send ${requestSize} documents a request`],
    [concurrency, 1, `have ${concurrency} requests in flight`],
    [retries, 0, `try a request ${retries} more times`],
  ];
  for (const [value, least, deed] of wholes) {
    if (Number.isInteger(value) && value >= least) continue;
    throw outOfRange(`Cannot ${deed}: a whole number from ${least} up is wanted`);
  }
  return { ...options, requestSize, concurrency, retries };
}

/** The same for a request whose answer is streamed. */
export function streamSettings(options: StreamOptions): StreamOptions & Reach {
  checkKeys("stream with", options, STREAM_KEYS);
  const { retries } = postSettings(options);
  return { ...options, retries };
}

/** The same for a request that is not tried again. */
export function requestSettings(options: RequestOptions): Reach {
  checkKeys("ask with", options, REQUEST_KEYS);
  checkTimeout(options.timeout);
  return { ...options, retries: 0 };
}

function checkTimeout(timeout = 1): void {
  if (typeof timeout === "number" && timeout > 0) return;
  throw outOfRange(`Cannot wait ${timeout} ms for an answer: a number above 0 is wanted`);
}

/** The address of a Flow. */
export function baseUrl(options: ClientOptions): string {
  checkKeys("make a Client with", options, ["port", "host"]);
  const { port = 12345, host = "127.0.0.1" } = options;
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
  if (Number.isInteger(port) && URL.canParse(url) && new URL(url).pathname === "/") return url;
  throw invalidArgument(
    `Cannot make a Client for "${url}": a host name or address is wanted, and a port from 1 to 65535`,
  );
}
