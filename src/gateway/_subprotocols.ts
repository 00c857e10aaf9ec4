/** What the messages of a WebSocket mean, by its subprotocol. @module */
import { newId } from "../document/ids.ts";
import type { RequestContext } from "../protocol/request_context.ts";
import type { Backend } from "./backend.ts";
import type { PendingRequest } from "./request_timeouts.ts";
import { tracedMessage } from "./_traced.ts";
import { downStatus, httpStatusOf, readinessJson, writeAnswer } from "./respond.ts";

/** A message of a WebSocket. */
export type Message = string | Uint8Array;

/** Why a WebSocket is closed: a code of RFC 6455, and text. */
export interface Closing {
  readonly code: number;
  readonly reason: string;
}

/** The answer to a message, the end of the WebSocket, or one after the other. */
export interface Reply {
  readonly message?: Message;
  /** Whether the message is an error. */
  readonly isFailure?: boolean;
  /** Whether that is the server's fault, as a status from 500 on is. */
  readonly isFault?: boolean;
  readonly closing?: Closing;
}

/** Reads a header of the request that opened the WebSocket. */
type ReadHeader = NonNullable<RequestContext["header"]>;

/** How messages are read and answered. */
export interface Subprotocol {
  /** Whether a message says that no more requests follow. */
  isEnd(message: Message): boolean;
  /** Answers a request. */
  answer(message: Message, backend: Backend, cancel: PendingRequest, header?: ReadHeader): Promise<Reply>;
  /** Whether the Flow can answer. */
  readiness(backend: Backend): Promise<Message>;
}

const UNSUPPORTED = 1003;
const UNREADABLE = 1007;
/** Jina's clients raise a ConnectionError with the reason. */
const INTERNAL = 1011;

/** Each message is the JSON of `POST /post`, and so is its answer. */
const json: Subprotocol = {
  // Jina's gateways take an empty object for the end.
  isEnd: (message) => isEndByte(message) || message === "{}",

  async answer(body, backend, cancel, header) {
    if (typeof body !== "string") return unsupported("a text message, as the subprotocol is json");
    const request = { id: newId(), startTime: Date.now(), body };
    const startedAt = performance.now();
    const answer = await backend.run(request, { id: request.id, startedAt, cancel, header });
    const message = writeAnswer(answer, request, backend, (text) => text);
    const isFault = httpStatusOf(answer) >= 500;
    const mistake = answer.kind === "invalid" && answer.issues.find(({ type }) => type === BAD_JSON);
    return { message, isFault, ...(mistake && { closing: { code: UNREADABLE, reason: mistake.msg } }) };
  },

  readiness: (backend) => Promise.resolve(readinessJson(backend)),
};

const BAD_JSON = "value_error.jsondecode";

/** Each message is a `DataRequestProto`. */
const bytes: Subprotocol = {
  isEnd: isEndByte,

  async answer(body, backend, cancel, header) {
    if (typeof body === "string") return unsupported("a binary message, as the subprotocol is bytes");
    const { isServerFault, runRequest, readRequest, writeRequest } = await protobuf();
    const { parts, failure } = await runRequest(body, backend, { cancel, header });
    const isFault = failure !== undefined && isServerFault(failure.kind);
    if (failure?.kind === "down") return { isFault, closing: { code: INTERNAL, reason: failure.message } };
    if (failure?.kind === "invalid" && !isReadable(() => readRequest(body))) {
      return { closing: { code: UNREADABLE, reason: failure.message } };
    }
    return { message: writeRequest(parts), isFailure: failure !== undefined, isFault };
  },

  async readiness({ downReason }) {
    // An empty StatusProto is a success.
    if (downReason === undefined) return new Uint8Array();
    return (await protobuf()).writeStatus(downStatus(downReason));
  },
};

/** The subprotocols by their names. */
export const SUBPROTOCOLS: Readonly<Record<string, Subprotocol>> = { json, bytes };

/** Has the requests of a WebSocket read the headers of the request that opened it. */
export function withHeader(subprotocol: Subprotocol, header: ReadHeader): Subprotocol {
  const answer: Subprotocol["answer"] = (message, backend, cancel) =>
    tracedMessage(header, () => subprotocol.answer(message, backend, cancel, header));
  return { ...subprotocol, answer };
}

/** On the path of the dry run, an empty message asks whether the Flow can answer. */
export function dryRun(subprotocol: Subprotocol): Subprotocol {
  return {
    ...subprotocol,
    async answer(message, backend) {
      if (message.length > 0) return unsupported("an empty message, as the path is /dry_run");
      // As Jina's gateways do.
      return { message: await subprotocol.readiness(backend), closing: { code: 1000, reason: "" } };
    },
  };
}

/** Loaded with the first request that needs it. */
async function protobuf() {
  const [requests, messages] = await Promise.all([
    import("./protobuf_requests.ts"),
    import("../protobuf/messages.ts"),
  ]);
  return { ...requests, ...messages };
}

/** One byte, 1 or 0; no request is as short. Jina's clients send `bytes(True)`, which Python makes a 0 of. */
function isEndByte(message: Message): boolean {
  if (message.length !== 1) return false;
  const code = typeof message === "string" ? message.charCodeAt(0) : message[0];
  return code === 0 || code === 1;
}

function isReadable(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}

function unsupported(expected: string): Reply {
  return { closing: { code: UNSUPPORTED, reason: `expected ${expected}` } };
}
