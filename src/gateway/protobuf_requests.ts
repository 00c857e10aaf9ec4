/**
 * Jina's requests as protobuf: from the bytes of a `DataRequestProto` to a call of a {@linkcode Backend}, and from its
 * outcome to the bytes of the answer. It is loaded only where protobuf is asked for.
 *
 * @module
 */
import { newId } from "../document/ids.ts";
import { InvalidRequestError } from "../errors/mod.ts";
import {
  type Generation,
  generationOf,
  generationOfDocument,
  type MessageParts,
  readRequest,
  readSingleRequest,
  type RequestHead,
  type RouteMessage,
  type Status,
  writeRequest,
} from "../protobuf/messages.ts";
import { BinaryWriter, readFields, writeMessage } from "../protobuf/wire.ts";
import { withResults } from "../protobuf/results.ts";
import type { Call, RequestFacts } from "../protocol/protocol.ts";
import type { RequestContext } from "../protocol/request_context.ts";
import type { StreamQueue } from "../protocol/stream_queue.ts";
import type { FailureReason } from "../protocol/failure_reason.ts";
import type { Backend, FlowAnswer, FlowRequest, FlowResult } from "./backend.ts";
import type { PendingRequest } from "./request_timeouts.ts";
import { downStatus, gatewayStatus, statusOf, unboundMessage } from "./respond.ts";

/** What kind of failure an answer has: `failed` is an Executor's error. */
export type AnswerFailure = Exclude<FlowAnswer["kind"], "done"> | FailureReason;

/** Whether a failure is the server's fault: over HTTP, its status is one from 500 on. */
export function isServerFault(kind: AnswerFailure): boolean {
  return ["failed", "cut", "deadline", "down"].includes(kind);
}

/** An answer, as far as a front needs to know it. */
export interface ProtobufAnswer {
  /** The answer as a `DataRequestProto`. With a failure, its header has the error. */
  readonly parts: MessageParts;
  readonly failure?: {
    readonly kind: AnswerFailure;
    readonly message: string;
    /** The HTTP status of a refusal. */
    readonly status?: number;
  };
}

/** What a front knows of a request beside its bytes. */
export interface ProtobufContext {
  readonly cancel: PendingRequest;
  /** The endpoint, when it is not the one in the header. */
  readonly endpoint?: string;
  /** The id of a request that has none. @default a new one */
  readonly id?: string;
  /** Receives the documents of the answer one by one. */
  readonly stream?: StreamQueue<Uint8Array>;
  /** Reads a header, or the metadata of a call. */
  readonly header?: RequestContext["header"];
}

const NONE = new Uint8Array();

/** A request that was read, as far as the gateway reads it. */
export interface ReadRequest extends Omit<FlowRequest<Uint8Array>, "codec" | "endpoint"> {
  readonly head: RequestHead;
  readonly generation: Generation;
}

/** Runs a `DataRequestProto`. Never rejects: whatever is wrong becomes the status of the answer. */
export function runRequest(
  bytes: Uint8Array,
  backend: Backend,
  context: ProtobufContext,
): Promise<ProtobufAnswer> {
  return run(backend, context, () => {
    const head = readRequest(bytes);
    return { head, body: bytes, generation: generationOf(head.docs ?? NONE) ?? 1 };
  });
}

/** Runs a `SingleDocumentRequestProto`, as {@linkcode runRequest} does. */
export function runSingleRequest(
  bytes: Uint8Array,
  backend: Backend,
  context: ProtobufContext,
): Promise<ProtobufAnswer> {
  return run(backend, context, () => {
    const { docs: doc = NONE, ...head } = readSingleRequest(bytes);
    const docs = new BinaryWriter();
    writeMessage(docs, 1, doc);
    // Only clients of the second generation send such requests.
    const generation = doc.length === 0 ? 2 : generationOfDocument(doc);
    return { head, body: writeRequest({ ...head, docs: docs.finish() }), generation };
  });
}

/** Runs a request that `read` returns; what it throws is the error of a request that cannot be read. */
export async function run(
  backend: Backend,
  { cancel, endpoint, stream, header, id = newId() }: ProtobufContext,
  read: () => ReadRequest,
): Promise<ProtobufAnswer> {
  const startTime = Date.now();
  const startedAt = performance.now();
  let request: ReadRequest;
  try {
    request = read();
  } catch (error) {
    const message = `Cannot read the request: expected a request of Jina: ${(error as Error).message}`;
    return failed("invalid", { requestId: id, routes: [] }, gatewayStatus("InvalidRequestError", message));
  }
  const { body, generation, head: { requestId }, ...rest } = request;
  const head = { ...request.head, requestId: requestId || id };
  // It is in seconds; protobuf cannot tell 0 from none.
  if (head.timeout) cancel.timeoutMs = Math.min(cancel.timeoutMs, head.timeout * 1000);
  const flowRequest = {
    ...rest,
    body: compact(body),
    codec: `protobuf-${generation}`,
    inspect,
    ...(endpoint !== undefined && { endpoint }),
  };
  const context = { id: head.requestId, startedAt, cancel, header, ...(stream && { stream }) };
  const answer = await backend.run(flowRequest, context);
  return answerOf(answer, endpoint === undefined ? head : { ...head, endpoint }, startTime, backend);
}

/** Reads what a call says of its request when no worker has answered it. */
function inspect({ body, branches = [body], envelope }: Call<Uint8Array>): RequestFacts {
  try {
    if (envelope !== undefined) return { count: countOf(branches[0]) };
    const { endpoint = "", docs = NONE } = readRequest(body);
    return { endpoint: endpoint || "/", count: countOf(docs) };
  } catch {
    return {};
  }
}

/** How many documents a `DocumentArrayProto` or a `DocListProto` has. */
function countOf(docs: Uint8Array): number {
  let count = 0;
  readFields(docs, (number) => {
    if (number === 1) count++;
    return false;
  });
  return count;
}

/** Bytes to be sent to a worker, which gets a copy of their whole buffer: small ones share theirs with others. */
export function compact(bytes: Uint8Array): Uint8Array {
  return bytes.buffer.byteLength > 2 * bytes.length ? bytes.slice() : bytes;
}

function answerOf(
  answer: FlowAnswer<Uint8Array>,
  head: RequestHead,
  startTime: number,
  backend: Backend,
): ProtobufAnswer {
  switch (answer.kind) {
    case "invalid": {
      const { name, message } = new InvalidRequestError(answer.issues);
      return failed("invalid", head, gatewayStatus(name, message));
    }
    case "unbound": {
      const message = unboundMessage(answer.endpoint, backend);
      return failed("unbound", head, gatewayStatus("UnboundEndpointError", message));
    }
    case "refused": {
      const { status, message, endpoint } = answer;
      const exception = { name: "RequestError", args: [message, String(status)], stacks: [], executor: "" };
      const refused = failed("refused", { ...head, endpoint }, { code: 1, description: message, exception });
      return { ...refused, failure: { kind: "refused", message, status } };
    }
    case "down":
      return failed("down", head, downStatus(answer.reason));
    case "done":
      return done(answer, head, startTime);
    default:
      return answer satisfies never;
  }
}

/** The answer to a request that no Executor has handled: its documents are those of the request. */
function failed(kind: AnswerFailure, head: RequestHead, status: Status): ProtobufAnswer {
  const { requestId, endpoint, parameters = NONE, routes, docs = NONE } = head;
  const parts = { requestId, endpoint, target: "", status, parameters, routes, docs };
  return { parts, failure: { kind, message: status.description } };
}

function done(answer: FlowResult<Uint8Array>, head: RequestHead, startTime: number): ProtobufAnswer {
  const { error, results, endpoint = head.endpoint, parameters = head.parameters ?? NONE } = answer;
  const parts = {
    requestId: head.requestId,
    endpoint,
    target: "",
    parameters: withResults(parameters, results),
    routes: routesOf(answer, head, startTime),
    docs: answer.docs ?? head.docs ?? NONE,
  };
  if (error === undefined) return { parts };
  const status = statusOf(error.info, error.executor);
  return {
    parts: { ...parts, status },
    failure: { kind: error.reason, message: status.description },
  };
}

/** A Jina gateway sends its own route, and those of its Executors before; without it, this gateway is the first. */
function routesOf(
  { routes, error }: FlowResult<Uint8Array>,
  head: RequestHead,
  startTime: number,
): (RouteMessage | Uint8Array)[] {
  const own = routes.map((route): RouteMessage => {
    const { executor, startTime, endTime } = route;
    if (route.error === undefined) return { executor, startTime, endTime };
    // Several branches may have failed; the answer has the error of one.
    const failed = route.error === error?.info ? error.executor : executor;
    return { executor, startTime, endTime, status: statusOf(route.error, failed) };
  });
  const gateway = { executor: "gateway", startTime, endTime: Date.now() };
  return head.routes.length > 0 ? [...head.routes, ...own] : [gateway, ...own];
}
