import type { CancelToken } from "../async/cancel_token.ts";
import { DownError, InvalidRequestError } from "../errors/mod.ts";
import { readRequest, writeRequest } from "../protobuf/messages.ts";
import { withResults } from "../protobuf/results.ts";
import { readFields } from "../protobuf/wire.ts";
import { isBound } from "../protocol/endpoint_info.ts";
import type { Call, CallAnswer, CallDone } from "../protocol/protocol.ts";
import type { RequestContext } from "../protocol/request_context.ts";
import { isTarget } from "../protocol/target_pattern.ts";
import { NotSentError, RefusedError } from "./_call_error.ts";
import { answerOf } from "./_answer.ts";
import { keepDocuments, keptDocuments } from "./_kept_documents.ts";
import { ownParameters } from "./_parameters.ts";
import { streamFrom } from "./_remote_stream.ts";
import type { Outgoing, RemoteBindings, RemoteLink } from "./remote_link.ts";

/** What a call needs of its deployment. */
export interface RemoteTarget {
  readonly name: string;
  readonly bindings: RemoteBindings | undefined;
  /** Why it cannot answer now. */
  readonly downReason: string | undefined;
  /** The least busy address that can be called, except those that were tried. */
  pick(tried?: ReadonlySet<RemoteLink>): RemoteLink | undefined;
  /** Decodes, merges and converts documents. */
  parse(call: Call, context: RequestContext): Promise<CallAnswer>;
}

/** A call as it is sent. */
export interface WireCall {
  /** The call as it came. */
  readonly call: Call;
  /** The token of the request. */
  readonly request?: CancelToken;
  readonly endpoint: string;
  readonly target?: string;
  readonly requestId: string;
  /** A `Struct`. */
  readonly parameters?: Uint8Array;
  readonly docs: Uint8Array;
  /** The codec of the documents. */
  readonly codec: string;
  readonly count: number;
}

/** The method of Jina's Executors. */
const UNARY = "/jina.JinaSingleDataRequestRPC/process_single_data";

/**
 * Has an Executor elsewhere handle a request.
 *
 * @param request The token of the request; the context has that of the call.
 */
export async function callRemote(
  remote: RemoteTarget,
  call: Call,
  context: RequestContext,
  request: CancelToken,
): Promise<CallAnswer> {
  if (remote.downReason !== undefined) throw new DownError(remote.downReason);
  const wire = keptDocuments(request, call) ?? await wireCall(remote, call, context, request);
  if ("kind" in wire) return wire;
  const skipped = call.envelope === undefined ? skip(remote, wire) : undefined;
  if (skipped === "invalid") throw new DownError(remote.downReason);
  if (skipped !== undefined) {
    return typeof skipped === "object" ? skipped : passOn(remote, wire, context, skipped);
  }
  const { stream: _, ...whole } = context;
  const own = await ofItsGeneration(remote, wire, whole);
  return "kind" in own ? own : await answered(remote, own, context);
}

/** Sends a call whose documents the other side takes. */
async function answered(remote: RemoteTarget, wire: WireCall, context: RequestContext): Promise<CallAnswer> {
  const { stream, ...whole } = context;
  const streams = stream !== undefined && wire.count === 1 && !remote.bindings?.unary?.has(wire.endpoint);
  const answer = await sent(remote, wire, context, async (link, sending) => {
    const streamed = streams ? await streamFrom(link, wire, sending, remote, context) : undefined;
    return streamed ?? await ask(link, wire, sending);
  });
  return await converted(remote, wire, answer, whole);
}

/** What is sent beside the documents. */
export interface Sending extends Omit<Outgoing, "bytes"> {
  /** Those for this Executor, unless there are none. */
  readonly parameters: { readonly parameters?: Uint8Array };
}

/** Makes the call whose answer has all documents. */
async function ask(
  link: RemoteLink,
  wire: WireCall,
  { cancel, metadata, parameters }: Sending,
): Promise<CallAnswer> {
  const { requestId, endpoint, docs } = wire;
  const bytes = writeRequest({ requestId, endpoint, ...parameters, docs });
  const deadline = cancel.deadline === Infinity ? {} : { deadline: cancel.deadline };
  return answerOf(wire, readRequest(await link.unary(UNARY, { cancel, metadata, ...deadline, bytes })));
}

/** Sends a call; again, to another address, as long as it has not left this process. */
async function sent(
  remote: RemoteTarget,
  wire: WireCall,
  context: RequestContext,
  send: (link: RemoteLink, sending: Sending) => Promise<CallAnswer>,
): Promise<CallAnswer> {
  const { cancel } = context;
  const parameters = wire.parameters && { parameters: ownParameters(remote.name, wire.parameters) };
  const sending = { cancel, metadata: metadataOf(remote, wire, context), parameters: { ...parameters } };
  const [tried, refused] = [new Set<RemoteLink>(), new Set<RemoteLink>()];
  let reason: string | undefined;
  for (;;) {
    if (cancel.reason !== undefined) throw cancel.reason;
    const link = remote.pick(tried);
    // An address that was tried may serve again by now.
    if (link === undefined) throw new DownError(remote.downReason ?? `${remote.name} is down: ${reason}`);
    try {
      return await send(link, sending);
    } catch (error) {
      if (error instanceof RefusedError) {
        const { status, message } = error;
        return { kind: "refused", endpoint: wire.endpoint, status, message };
      }
      if (!(error instanceof NotSentError)) throw error;
      reason = error.message;
      // By its next connection, once.
      if (error.isRefused && !refused.has(link)) refused.add(link);
      else tried.add(link);
    }
  }
}

/** The call with its documents as protobuf; an answer when it has none, since it is invalid. */
async function wireCall(
  remote: RemoteTarget,
  call: Call,
  context: RequestContext,
  request: CancelToken,
): Promise<WireCall | CallAnswer> {
  const isProtobuf = call.codec?.startsWith("protobuf-") ?? false;
  if (isProtobuf && call.branches === undefined) return readCall(call);
  const { stream: _, ...whole } = context;
  const codec = isProtobuf
    ? call.codec as string
    : `protobuf-${generationFor(remote, call.envelope?.endpoint ?? call.endpoint)}`;
  const answer = await remote.parse({ ...call, ...(!isProtobuf && { convertTo: codec }) }, whole);
  if (answer.kind !== "done") return answer;
  const { docs, endpoint, target, parameters, requestId = call.requestId, count = 1 } = answer as CallDone<
    Uint8Array
  >;
  return {
    ...{ call, request, endpoint, requestId, docs, codec, count },
    ...(target !== undefined && { target }),
    ...(parameters !== undefined && { parameters }),
  };
}

/** The parts of a call whose body is protobuf. */
function readCall(call: Call): WireCall | CallAnswer {
  const { body, envelope, requestId, codec = "" } = call as Call<Uint8Array>;
  if (envelope !== undefined) {
    return { call, ...envelope, requestId, docs: body, codec, count: countOf(body) };
  }
  const head = readRequest(body);
  const { docs = new Uint8Array(), target = "", parameters } = head;
  return {
    ...{ call, docs, codec, requestId: head.requestId || requestId, count: countOf(docs) },
    endpoint: call.endpoint || head.endpoint || "/",
    ...(target !== "" && { target }),
    ...(parameters !== undefined && parameters.length > 0 && { parameters: parameters.slice() }),
  };
}

/** The call with its documents in the generation that the endpoint takes; an answer when they cannot be. */
async function ofItsGeneration(
  remote: RemoteTarget,
  wire: WireCall,
  context: RequestContext,
): Promise<WireCall | CallAnswer> {
  const { endpoint, docs: body, codec, requestId, count } = wire;
  const convertTo = `protobuf-${generationFor(remote, endpoint)}`;
  // Requests without documents are of neither.
  if (codec === convertTo || count === 0 || (remote.bindings?.anyDocuments ?? true)) return wire;
  const answer = await remote.parse({ body, codec, requestId, envelope: { endpoint }, convertTo }, context);
  return answer.kind === "done" ? { ...wire, docs: answer.docs as Uint8Array, codec: convertTo } : answer;
}

/** The generation of documents that an endpoint takes. */
function generationFor({ bindings }: RemoteTarget, endpoint?: string): 1 | 2 {
  const { second, endpoints = [], hasDefault = false } = bindings ?? {};
  if (second === undefined || second.size === 0) return 1;
  if (endpoint === undefined) return endpoints.every(({ path }) => second.has(path)) ? 2 : 1;
  const isListed = endpoints.some(({ path }) => path === endpoint);
  return second.has(isListed || !hasDefault ? endpoint : "/default") ? 2 : 1;
}

/** Why a request that was just decoded does not need this Executor; an answer when its target is invalid. */
function skip(
  { name, bindings }: RemoteTarget,
  { endpoint, target = "" }: WireCall,
): "unbound" | "elsewhere" | "invalid" | CallAnswer | undefined {
  try {
    if (bindings === undefined) return "invalid";
    if (!isBound(endpoint, bindings)) return "unbound";
    return isTarget(target, name) ? undefined : "elsewhere";
  } catch (error) {
    if (error instanceof InvalidRequestError) return { kind: "invalid", issues: error.issues };
    throw error;
  }
}

/** The answer of an Executor that does not handle the request. */
async function passOn(
  remote: RemoteTarget,
  wire: WireCall,
  context: RequestContext,
  why: "unbound" | "elsewhere",
): Promise<CallAnswer> {
  const { stream: _, ...whole } = context;
  const answer = await converted(remote, wire, doneOf(wire), whole);
  return why === "unbound" && answer.kind === "done" ? { ...answer, unbound: true } : answer;
}

/** The answer with the documents as they were. */
export function doneOf(wire: WireCall, docs: Uint8Array = wire.docs): CallDone<Uint8Array> {
  const { endpoint, target, parameters, requestId, call, count } = wire;
  return {
    kind: "done",
    docs: compact(docs),
    endpoint,
    ...(count !== 1 && { count }),
    ...(target !== undefined && { target }),
    ...(requestId !== call.requestId && { requestId }),
    ...(parameters !== undefined && { parameters }),
  };
}

/** An answer in the codec of the call. */
async function converted(
  remote: RemoteTarget,
  wire: WireCall,
  answer: CallAnswer,
  context: RequestContext,
): Promise<CallAnswer> {
  const { call, codec, request } = wire;
  if (answer.kind !== "done" || call.codec === codec) return answer;
  const { docs, parameters, results = [], ...rest } = answer as CallDone<Uint8Array>;
  const { endpoint, target } = rest;
  const all = withResults(parameters ?? new Uint8Array(), results);
  const envelope = { endpoint, ...(target !== undefined && { target }), parameters: all };
  const { typed } = call;
  const back = await remote.parse(
    {
      ...{ body: docs, codec, requestId: call.requestId, envelope, convertTo: call.codec ?? "json" },
      ...(typed !== undefined && { typed }),
    },
    context,
  );
  if (back.kind !== "done") return back;
  if (request !== undefined) keepDocuments(request, back.docs, { ...wire, docs, count: rest.count ?? 1 });
  return {
    ...rest,
    docs: back.docs,
    ...(back.parameters !== undefined && { parameters: back.parameters }),
    ...(back.results !== undefined && { results: back.results }),
  };
}

/** The metadata by which Jina's gateways name the endpoint, the headers that are asked for, and the trace. */
function metadataOf(
  { bindings }: RemoteTarget,
  { endpoint, call: { traceparent } }: WireCall,
  { header }: RequestContext,
): Record<string, string> {
  const metadata: Record<string, string> = {};
  for (const name of bindings?.headers ?? []) {
    const value = header?.(name);
    if (value !== undefined) metadata[name] = value;
  }
  return { ...metadata, endpoint, ...(traceparent !== undefined && { traceparent }) };
}

/** How many documents there are; none of them is read. */
function countOf(docs: Uint8Array): number {
  let count = 0;
  readFields(docs, (number) => {
    if (number === 1) count++;
    return false;
  });
  return count;
}

/** Bytes that own their buffer, unless that is hardly larger: a worker gets a copy of the whole buffer. */
export function compact(bytes: Uint8Array): Uint8Array {
  return bytes.buffer.byteLength > 2 * bytes.length ? bytes.slice() : bytes;
}
