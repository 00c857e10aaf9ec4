/** Jina's services that take documents. @module */
import type { Backend } from "../gateway/backend.ts";
import {
  type AnswerFailure,
  isServerFault,
  type ProtobufAnswer,
  runRequest,
  runSingleRequest,
} from "../gateway/protobuf_requests.ts";
import { type PendingRequest, RequestTimeouts } from "../gateway/request_timeouts.ts";
import { STATUS_TRAILER } from "../errors/mod.ts";
import { newId } from "../document/ids.ts";
import { readSingleRequest, writeRequest, writeSingleRequest } from "../protobuf/messages.ts";
import { StreamQueue } from "../protocol/stream_queue.ts";
import { answersTo } from "./_answers.ts";
import { firstRequest, runRequestList } from "./_data_list.ts";
import type { GrpcCall } from "./_grpc_call.ts";
import type { GrpcServer } from "./_grpc_server.ts";
import { checkReady, DRY_RUN_ENDPOINT } from "./dry_run.ts";
import { Code, GrpcError } from "./service_adder.ts";

/** The most requests of a stream that are handled at the same time. */
const MAX_IN_FLIGHT = 128;
/** The size in bytes of such requests and their answers together from which on no more are read. */
const MAX_SIZE_IN_FLIGHT = 64 * 1024 * 1024;

/** The failures that are the status of a call. The others are in the header of the answer. */
const CODES: Readonly<Partial<Record<AnswerFailure, Code>>> = {
  invalid: Code.INVALID_ARGUMENT,
  down: Code.UNAVAILABLE,
  cut: Code.UNAVAILABLE,
  deadline: Code.DEADLINE_EXCEEDED,
};

/** Adds the services; `timeoutMs` is the longest time that a request may take. */
export function addJinaServices(server: GrpcServer, backend: Backend, timeoutMs?: number): void {
  const timeouts = new RequestTimeouts(timeoutMs);
  const unary = (path: string, run: typeof runRequest, firstOf = (request: Uint8Array) => request) =>
    server.unary(path, async (request, call) => {
      const endpoint = call.first("endpoint");
      if (endpoint === DRY_RUN_ENDPOINT) {
        checkReady(backend);
        return firstOf(request);
      }
      const header = headerOf(call);
      const context = endpoint === undefined ? {} : { endpoint };
      const answer = await runIn(call, timeouts)((cancel) =>
        run(request, backend, { cancel, header, ...context })
      );
      report(answer, call);
      return writeRequest(answer.parts);
    });
  unary("/jina.JinaSingleDataRequestRPC/process_single_data", runRequest);
  unary("/jina.JinaDataRequestRPC/process_data", runRequestList, firstRequest);
  server.bidi("/jina.JinaRPC/Call", (requests, call) => {
    const run = runIn(call, timeouts);
    const header = headerOf(call);
    const down = new Map<Uint8Array, GrpcError>();
    const answer = async (request: Uint8Array) => {
      const { parts, failure } = await run((cancel) => runRequest(request, backend, { cancel, header }));
      const bytes = writeRequest(parts);
      if (failure !== undefined) call.hasFault ||= isServerFault(failure.kind);
      // The requests that follow would fare no better, and clients tell it from an error of an Executor.
      if (failure?.kind === "down") down.set(bytes, new GrpcError(Code.UNAVAILABLE, failure.message));
      return bytes;
    };
    const prefetch = Number(call.first("__prefetch__"));
    const answers = answersTo(requests, answer, {
      inOrder: call.first("__results_in_order__") === "true",
      limit: prefetch >= 1 ? Math.min(prefetch, MAX_IN_FLIGHT) : MAX_IN_FLIGHT,
      maxSize: MAX_SIZE_IN_FLIGHT,
    });
    return until(answers, (bytes) => down.get(bytes));
  });
  server.serverStream(
    "/jina.JinaSingleDocumentRequestRPC/stream_doc",
    (request, call) => streamDocuments(request, call, backend, timeouts),
    true,
  );
}

/** Reads the metadata of a call by its keys. */
function headerOf(call: GrpcCall): (name: string) => string | undefined {
  return (name) => call.header(name);
}

/** Passes on answers until one is an error, which is thrown. */
async function* until(
  answers: AsyncIterable<Uint8Array>,
  errorOf: (answer: Uint8Array) => GrpcError | undefined,
): AsyncGenerator<Uint8Array, void, void> {
  for await (const answer of answers) {
    const error = errorOf(answer);
    if (error !== undefined) throw error;
    yield answer;
  }
}

/** Answers with one message for each document; an Executor's error is the last one. */
async function* streamDocuments(
  request: Uint8Array,
  call: GrpcCall,
  backend: Backend,
  timeouts: RequestTimeouts,
): AsyncGenerator<Uint8Array, void, void> {
  const queue = new StreamQueue<Uint8Array>();
  const id = newId();
  let requestId: string | undefined;
  let renew = () => {};
  const end = runIn(call, timeouts)((cancel) => {
    renew = () => timeouts.renew(cancel);
    return runSingleRequest(request, backend, { cancel, stream: queue, id, header: headerOf(call) });
  }).finally(() => queue.end());
  for (let docs = await queue.take(); docs.length > 0; docs = await queue.take()) {
    // Only a request that can be read has documents.
    requestId ??= readSingleRequest(request).requestId || id;
    for (const doc of docs) {
      renew();
      yield writeSingleRequest({ requestId, docs: doc });
    }
  }
  const answer = await end;
  report(answer, call);
  if (answer.failure !== undefined) {
    const { docs: _, ...parts } = answer.parts;
    yield writeSingleRequest(parts);
  }
}

/** Runs requests of a call: they are cancelled with it. */
function runIn(call: GrpcCall, timeouts: RequestTimeouts) {
  const pending = new Set<PendingRequest>();
  call.onCancel((reason) => pending.forEach((one) => one.cancel(reason)));
  return async (run: (cancel: PendingRequest) => Promise<ProtobufAnswer>): Promise<ProtobufAnswer> => {
    const cancel = timeouts.begin();
    if (call.cancelReason !== undefined) cancel.cancel(call.cancelReason);
    pending.add(cancel);
    try {
      return await run(cancel);
    } finally {
      pending.delete(cancel);
      timeouts.end(cancel);
    }
  };
}

/** Throws what is the status of the call; marks an answer with an error in its header as Jina's Executors do. */
function report({ failure }: ProtobufAnswer, call: GrpcCall): void {
  if (failure === undefined) return;
  const { status } = failure;
  // Several statuses have the same code.
  if (status !== undefined) call.trailers.set(STATUS_TRAILER, String(status));
  const code = status === undefined ? CODES[failure.kind] : REFUSALS[status] ?? Code.FAILED_PRECONDITION;
  if (code !== undefined) throw new GrpcError(code, failure.message);
  call.hasFault ||= isServerFault(failure.kind);
  call.trailers.set("is-error", "true");
}

/** The codes of refusals, by their HTTP status. */
const REFUSALS: Readonly<Record<number, Code>> = {
  400: Code.INVALID_ARGUMENT,
  401: Code.UNAUTHENTICATED,
  403: Code.PERMISSION_DENIED,
  404: Code.NOT_FOUND,
  408: Code.DEADLINE_EXCEEDED,
  409: Code.ABORTED,
  410: Code.NOT_FOUND,
  413: Code.RESOURCE_EXHAUSTED,
  422: Code.INVALID_ARGUMENT,
  429: Code.RESOURCE_EXHAUSTED,
};
