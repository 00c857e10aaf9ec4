import { isTimedOut } from "../async/deadline.ts";
import type { Codec, DecodedRequest, DocumentForm } from "../codec/codec.ts";
import { codecOf } from "../codec/codecs.ts";
import type { DocumentArray } from "../document/document_array.ts";
import { InvalidRequestError, isRequestError, type Issue } from "../errors/mod.ts";
import type { Executor } from "../executor/executor.ts";
import { type Binding, DEFAULT, type Handler, type HandlerContext } from "../executor/requests.ts";
import type { Encoded } from "../protocol/encoded.ts";
import type { Call, CallAnswer, CallDone, FromWorker } from "../protocol/protocol.ts";
import { isTarget } from "../protocol/target_pattern.ts";
import { BatchQueue } from "./batch_queue.ts";
import { CallContext } from "./_call_context.ts";
import { checkAnswer, checkedSource, checkRequest, isTyped } from "./_validation.ts";
import { returnedDocuments, returnedResult } from "./_handler_result.ts";
import { describeError } from "./_library_files.ts";
import { BufferSink, CreditSink, type DocumentSink } from "./document_sink.ts";
import { pump, type Source, sourceOf, yieldedDocument } from "./pump.ts";

/** How long generators that were aborted may take to clean up before their worker ends, in milliseconds. */
const CLEAN_UP_MS = 500;

/** The issue of documents that are nested too deeply to be encoded. */
const TOO_DEEP: Issue = {
  loc: ["body", "data"],
  msg: "the documents are nested too deep",
  type: "value_error",
};

/**
 * Calls a handler and gives what it returns, which may be a promise. A wrapper is a function from one `Invoke` to
 * another, for example to measure the time of each call or to check its documents.
 */
export type Invoke = (method: string, docs: DocumentArray, context: HandlerContext) => unknown;

/** Calls the handlers of an Executor. */
export function invokeOn(executor: Executor): Invoke {
  const handlers = executor as unknown as Record<string, Handler>;
  return (method, docs, context) => handlers[method](docs, context);
}

/** What a {@linkcode Dispatcher} passes requests to. */
export interface DispatcherOptions {
  readonly deployment: string;
  /** The replica's name, which handlers' results are reported under. */
  readonly replica: string;
  /** The name of the Executor's class, for errors. */
  readonly className: string;
  readonly bindings: ReadonlyMap<string, Binding>;
  readonly invoke: Invoke;
  /** Sends the documents of a stream, before the answer. */
  readonly send: (message: Extract<FromWorker, { kind: "stream-start" | "stream-chunk" }>) => void;
}

/** Decodes requests, calls one Executor's handlers, and encodes the answers. */
export class Dispatcher {
  /** Whether a handler was called. */
  hasHandled = false;
  readonly #running = new Map<number, Pick<CallContext, "abort" | "sink">>();
  readonly #pumping = new Set<Promise<unknown>>();
  readonly #batches = new Map<Binding, BatchQueue>();

  constructor(private readonly options: DispatcherOptions) {}

  /** Handles a request. Never throws or rejects: an error is an answer. */
  call(id: number, call: Call): CallAnswer | Promise<CallAnswer> {
    try {
      const codec = codecOf(call.codec);
      return codec instanceof Promise ? this.#callWhenLoaded(id, call, codec) : this.#call(id, call, codec);
    } catch (error) {
      return { kind: "invalid", issues: issuesOf(error) };
    }
  }

  /** Handles a request that waits for its codec to be loaded. */
  async #callWhenLoaded(id: number, call: Call, loading: Promise<Codec>): Promise<CallAnswer> {
    let reason: string | undefined;
    this.#running.set(id, { abort: (why) => void (reason = why) });
    try {
      const codec = await loading.finally(() => this.#running.delete(id));
      if (reason !== undefined) throw new DOMException(reason, "AbortError");
      return await this.#call(id, call, codec);
    } catch (error) {
      return { kind: "invalid", issues: issuesOf(error) };
    }
  }

  #call(id: number, call: Call, codec: Codec): CallAnswer | Promise<CallAnswer> {
    const request = this.#decode(call, codec);
    request.count = request.docs.length;
    const { bindings, deployment } = this.options;
    const isMeant = isTarget(request.target, deployment);
    if (call.parseOnly && call.window !== undefined) return this.#handle(id, call, codec, request);
    if (call.parseOnly) return this.#done(call, codec, request);
    const binding = bindings.get(request.endpoint) ?? bindings.get(DEFAULT);
    if (binding === undefined) return { ...this.#done(call, codec, request), unbound: true };
    return isMeant ? this.#handle(id, call, codec, request, binding) : this.#done(call, codec, request);
  }

  #decode(call: Call, codec: Codec): DecodedRequest {
    return codec.decodeRequest(call, (endpoint) => {
      const { bindings } = this.options;
      const binding = call.parseOnly ? undefined : bindings.get(endpoint) ?? bindings.get(DEFAULT);
      return formFor(binding, endpoint, call.typed);
    });
  }

  /** Resolves when the generators that still run have ended, or their time to clean up is over. */
  async settled(): Promise<void> {
    if (this.#pumping.size > 0) await isTimedOut(CLEAN_UP_MS, Promise.allSettled(this.#pumping));
  }

  addCredit(id: number, credit: number): void {
    this.#running.get(id)?.sink?.addCredit(credit);
  }

  /** Aborts a call whose answer is no longer needed. */
  abort(id: number, reason: string): void {
    this.#running.get(id)?.abort(reason);
  }

  /** Has a method handle the documents; without one, they are sent as they are. */
  async #handle(
    id: number,
    call: Call,
    codec: Codec,
    request: DecodedRequest,
    binding?: Binding,
  ): Promise<CallAnswer> {
    const { options } = this;
    const context = new CallContext(request, options.deployment, headersFor(binding, call));
    this.#running.set(id, context);
    try {
      this.hasHandled ||= binding !== undefined;
      const typed = binding !== undefined && isTyped(binding) ? binding : undefined;
      // Before a schema transforms them.
      const { parameters } = context;
      const issues = typed && await checkRequest(typed, request, context, options.deployment);
      if (issues !== undefined && issues.length > 0) return { kind: "invalid", issues };
      if (typed !== undefined) context.throwIfAborted();
      const share = await this.#queueOf(binding)?.add(request.docs, context, parameters);
      const returned = share === undefined
        ? binding && await options.invoke(binding.method, request.docs, context)
        : share.returned;
      const iterator = sourceOf(returned);
      const source = iterator && typed ? checkedSource(iterator, typed, codec, request) : iterator;
      const docs = source === undefined ? returnedDocuments(returned) : undefined;
      if (docs !== undefined) request.docs = docs;
      if (typed !== undefined && source === undefined) await checkAnswer(typed, codec, request);
      const result = source === undefined && docs === undefined ? returnedResult(returned) : undefined;
      if (source === undefined && call.window === undefined) {
        const done = this.#done(call, codec, request, result);
        return share?.batch === undefined ? done : { ...done, batch: share.batch };
      }
      const sent = await this.#pump(id, call.window, codec, context, source ?? request.docs, request.form);
      const last = source === undefined ? result : returnedResult(sent.end, true);
      return this.#done(call, codec, request, last, sent.docs);
    } catch (error) {
      const { endpoint } = request;
      if (isRequestError(error)) {
        return { kind: "refused", endpoint, status: error.status, message: error.message };
      }
      return this.#failed(error, call, codec);
    } finally {
      this.#running.delete(id);
    }
  }

  /** The queue of an endpoint whose requests are handled in batches. */
  #queueOf(binding: Binding | undefined): BatchQueue | undefined {
    if (binding?.batch === undefined) return undefined;
    const known = this.#batches.get(binding);
    if (known !== undefined) return known;
    const { invoke } = this.options;
    const queue = new BatchQueue(binding.batch, (docs, context) => invoke(binding.method, docs, context));
    this.#batches.set(binding, queue);
    return queue;
  }

  /** Sends documents one by one within a window; without one, collects them. */
  async #pump(
    id: number,
    window: number | undefined,
    codec: Codec,
    context: CallContext,
    source: Source | DocumentArray,
    form?: DocumentForm,
  ): Promise<{ docs: Encoded; end: unknown }> {
    const { endpoint, requestId } = context;
    const { send } = this.options;
    const sink: DocumentSink = window === undefined
      ? new BufferSink()
      : new CreditSink(window, (doc) => send({ kind: "stream-chunk", id, doc }));
    context.sink = sink;
    if (window !== undefined) send({ kind: "stream-start", id, stream: { endpoint, requestId } });
    const pumping = Array.isArray(source)
      ? pump(source.values(), (doc, index) => codec.encodeDocument(doc, index, form), sink, context)
      : pump(
        source,
        (value, index) => {
          const doc = form === "plain" ? value : yieldedDocument(value);
          return codec.encodeDocument(doc, index, form);
        },
        sink,
        context,
      );
    this.#pumping.add(pumping);
    const end = await pumping.finally(() => this.#pumping.delete(pumping));
    return { docs: codec.joinDocuments(sink.docs), end };
  }

  /** A successful answer; `docs` are documents that are encoded already. */
  #done(call: Call, codec: Codec, request: DecodedRequest, result?: object, docs?: Encoded): CallDone {
    const { endpoint, target, encodedParameters, requestId } = request;
    const answer: { -readonly [K in keyof CallDone]: CallDone[K] } = {
      kind: "done",
      docs: docs ?? codec.encodeDocuments(request.docs, request.form),
      endpoint,
    };
    const { count = request.docs.length } = request;
    // Each key of a message costs time.
    if (count !== 1) answer.count = count;
    if (target !== "") answer.target = target;
    if (requestId !== call.requestId) answer.requestId = requestId;
    if (encodedParameters !== undefined) answer.parameters = encodedParameters;
    if (result !== undefined) answer.result = [this.options.replica, codec.encodeResult(result)];
    return answer;
  }

  /** The answer with the documents of the request: what a handler that failed did to them is discarded. */
  #failed(thrown: unknown, call: Call, codec: Codec): CallAnswer {
    try {
      const error = { info: describeError(thrown), executor: this.options.className };
      return { ...this.#done(call, codec, this.#decode(call, codec)), error };
    } catch {
      // Documents so deep that they cannot be encoded again are the client's mistake.
      return { kind: "invalid", issues: [TOO_DEEP] };
    }
  }
}

/** How the documents of an endpoint are decoded; `typed` are the endpoints of the Flow that have a schema. */
function formFor(binding: Binding | undefined, endpoint: string, typed: Call["typed"]): DocumentForm {
  if (binding?.input !== undefined) return "plain";
  if (typed === undefined) return "document";
  if (!typed.includes(endpoint) && !typed.includes(DEFAULT)) return "open";
  return binding === undefined ? "plain" : "tolerant";
}

/** The headers that an endpoint has asked for. */
function headersFor({ headers: names }: Partial<Binding> = {}, { headers }: Call): Record<string, string> {
  if (names === undefined || headers === undefined) return {};
  const wanted = names.map((name) => name.toLowerCase());
  return Object.fromEntries(Object.entries(headers).filter(([name]) => wanted.includes(name)));
}

/** The issues of an error that the decoding of a request has thrown. */
export function issuesOf(error: unknown): readonly Issue[] {
  if (error instanceof InvalidRequestError) return error.issues;
  const { message } = error as Error;
  // Nesting that exhausts the call stack can only come from the request.
  if (error instanceof RangeError && message.includes("call stack")) return [TOO_DEEP];
  // For example, nesting that is too deep for the parser.
  return [{ loc: ["body"], msg: message, type: "value_error" }];
}
