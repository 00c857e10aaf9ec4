import type { Codec, DecodedRequest } from "../codec/codec.ts";
import { codecOf } from "../codec/codecs.ts";
import type { DocumentArray } from "../document/document_array.ts";
import type { ErrorInfo } from "../errors/mod.ts";
import { DEFAULT } from "../executor/requests.ts";
import type { Call, CallAnswer, CallDone, Encoded, FromWorker } from "../protocol/protocol.ts";
import { isTarget } from "../protocol/target_pattern.ts";
import { CallContext } from "./_call_context.ts";
import { returnedDocuments, returnedResult } from "./_handler_result.ts";
import { issuesOf, TOO_DEEP } from "./_invalid_request.ts";
import { BufferSink, CreditSink, type DocumentSink } from "./document_sink.ts";
import type { Invoke } from "./invoke.ts";
import { pump, type Source, sourceOf, yieldedDocument } from "./pump.ts";

/** How long generators that were aborted may take to clean up before their worker ends, in milliseconds. */
const CLEAN_UP_MS = 500;

/** What a {@linkcode Dispatcher} passes requests to. */
export interface DispatcherOptions {
  readonly deployment: string;
  /** The replica's name, which handlers' results are reported under. */
  readonly replica: string;
  /** The name of the Executor's class, for errors. */
  readonly className: string;
  /** The Executor's methods by endpoint. */
  readonly bindings: ReadonlyMap<string, string>;
  /** Calls the Executor's methods. */
  readonly invoke: Invoke;
  /** Converts what a handler threw into plain data. */
  readonly describe: (error: unknown) => ErrorInfo;
  /** Sends the documents of a stream, before the answer. */
  readonly send: (message: Extract<FromWorker, { kind: "stream-start" | "stream-chunk" }>) => void;
}

/** Decodes requests, calls one Executor's handlers, and encodes the answers. */
export class Dispatcher {
  readonly #running = new Map<number, CallContext>();
  readonly #pumping = new Set<Promise<unknown>>();

  constructor(private readonly options: DispatcherOptions) {}

  /** Handles a request. Never throws or rejects: an error is an answer. */
  call(id: number, call: Call): CallAnswer | Promise<CallAnswer> {
    try {
      const codec = codecOf(call.codec);
      const request = codec.decodeRequest(call);
      const isMeant = isTarget(request.target, this.options.deployment);
      if (call.parseOnly) {
        return call.window === undefined
          ? done(call, codec, request)
          : this.#handle(id, call, codec, request);
      }
      const method = this.#methodFor(request.endpoint);
      if (method === undefined) return { ...done(call, codec, request), unbound: true };
      return isMeant ? this.#handle(id, call, codec, request, method) : done(call, codec, request);
    } catch (error) {
      return { kind: "invalid", issues: issuesOf(error) };
    }
  }

  /** Resolves when the generators that still run have ended, or their time to clean up is over. */
  async settled(): Promise<void> {
    if (this.#pumping.size === 0) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const timeout = new Promise((resolve) => timer = setTimeout(resolve, CLEAN_UP_MS));
    await Promise.race([Promise.allSettled(this.#pumping), timeout]).finally(() => clearTimeout(timer));
  }

  /** Adds to the credit of a stream. */
  addCredit(id: number, credit: number): void {
    this.#running.get(id)?.sink?.addCredit(credit);
  }

  /** Aborts a call whose answer is no longer needed. */
  abort(id: number, reason: string): void {
    this.#running.get(id)?.abort(reason);
  }

  #methodFor(endpoint: string): string | undefined {
    const { bindings } = this.options;
    return bindings.get(endpoint) ?? bindings.get(DEFAULT);
  }

  /** Has a method handle the documents; without one, they are sent as they are. */
  async #handle(
    id: number,
    call: Call,
    codec: Codec,
    request: DecodedRequest,
    method?: string,
  ): Promise<CallAnswer> {
    const { options } = this;
    const context = new CallContext(request, options.deployment);
    this.#running.set(id, context);
    try {
      const returned = method === undefined ? undefined : await options.invoke(method, request.docs, context);
      const source = sourceOf(returned);
      if (source !== undefined) {
        const { docs, end } = await this.#pump(id, call.window, codec, context, source);
        return this.#answer(done(call, codec, request, docs), codec, returnedResult(end, true));
      }
      const docs = returnedDocuments(returned);
      if (docs !== undefined) request.docs = docs;
      const result = docs === undefined ? returnedResult(returned) : undefined;
      if (call.window === undefined) return this.#answer(done(call, codec, request), codec, result);
      const sent = await this.#pump(id, call.window, codec, context, request.docs);
      return this.#answer(done(call, codec, request, sent.docs), codec, result);
    } catch (error) {
      const before = asItCame(call, codec);
      // Documents so deep that they cannot be encoded again are the client's mistake; all else is the handler's.
      if (before === undefined) return { kind: "invalid", issues: TOO_DEEP };
      return { ...before, error: { info: options.describe(error), executor: options.className } };
    } finally {
      this.#running.delete(id);
    }
  }

  /** Sends documents one by one within a window; without one, collects them. */
  async #pump(
    id: number,
    window: number | undefined,
    codec: Codec,
    context: CallContext,
    source: Source | DocumentArray,
  ): Promise<{ docs: Encoded; end: unknown }> {
    const { endpoint, requestId } = context;
    const { send } = this.options;
    const sink: DocumentSink = window === undefined
      ? new BufferSink()
      : new CreditSink(window, (doc) => send({ kind: "stream-chunk", id, doc }));
    context.sink = sink;
    if (window !== undefined) send({ kind: "stream-start", id, stream: { endpoint, requestId } });
    const pumping = Array.isArray(source)
      ? pump(source.values(), (doc, index) => codec.encodeDocument(doc, index), sink, context)
      : pump(source, (value, index) => codec.encodeDocument(yieldedDocument(value), index), sink, context);
    this.#pumping.add(pumping);
    const end = await pumping.finally(() => this.#pumping.delete(pumping));
    return { docs: codec.joinDocuments(sink.docs), end };
  }

  #answer(answer: Answer, codec: Codec, result?: object): CallDone {
    if (result !== undefined) answer.result = [this.options.replica, codec.encodeResult(result)];
    return answer;
  }
}

type Answer = { -readonly [K in keyof CallDone]: CallDone[K] };

/** A successful answer; `docs` are documents that are encoded already. */
function done(call: Call, codec: Codec, request: DecodedRequest, docs?: Encoded): Answer {
  const { endpoint, target, encodedParameters, requestId } = request;
  const answer: Answer = { kind: "done", docs: docs ?? codec.encodeDocuments(request.docs), endpoint };
  if (target !== "") answer.target = target;
  if (requestId !== call.requestId) answer.requestId = requestId;
  if (encodedParameters !== undefined) answer.parameters = encodedParameters;
  return answer;
}

/** The answer with the documents of the request: what a handler that failed did to them is discarded. */
function asItCame(call: Call, codec: Codec): CallDone | undefined {
  try {
    return done(call, codec, codec.decodeRequest(call));
  } catch {
    return undefined;
  }
}
