import { isTimedOut } from "../async/deadline.ts";
import type { Codec, DecodedRequest, DocumentForm } from "../codec/codec.ts";
import { codecOf } from "../codec/codecs.ts";
import type { DocumentArray } from "../document/document_array.ts";
import type { Executor } from "../executor/executor.ts";
import { type Binding, DEFAULT } from "../executor/endpoint_options.ts";
import type { Handler, HandlerContext } from "../executor/handler.ts";
import type { Encoded } from "../protocol/encoded.ts";
import type { Call, CallAnswer, FromWorker } from "../protocol/protocol.ts";
import { withinRequest } from "../runtime/request_scope.ts";
import { isTarget } from "../protocol/target_pattern.ts";
import { Answers, invalid, type Received } from "./_answers.ts";
import { Batches } from "./_batches.ts";
import { CallContext } from "./_call_context.ts";
import { checkAnswer, checkedSource, checkRequest, hasSchema } from "./_validation.ts";
import { returnedDocuments, returnedResult } from "./_handler_result.ts";
import { BufferSink, CreditSink, type DocumentSink } from "./document_sink.ts";
import { pump, type Source, sourceOf, yieldedDocument } from "./pump.ts";

/** How long generators that were aborted may take to clean up before their worker ends, in milliseconds. */
const CLEAN_UP_MS = 500;

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

/** What is read of a request before its documents. */
interface ReadFacts {
  endpoint?: string;
  /** The request's own id. */
  requestId?: string;
}

/** Decodes requests, calls one Executor's handlers, and encodes the answers. */
export class Dispatcher {
  /** Whether a handler was called. */
  hasHandled = false;
  readonly #running = new Map<number, Pick<CallContext, "abort" | "sink">>();
  readonly #pumping = new Set<Promise<unknown>>();
  readonly #batches: Batches;
  readonly #answers: Answers;

  constructor(private readonly options: DispatcherOptions) {
    this.#batches = new Batches(options.bindings, options.invoke);
    this.#answers = new Answers(options.replica, options.className);
  }

  /** Handles a request. Never throws or rejects: an error is an answer. */
  call(id: number, call: Call): CallAnswer | Promise<CallAnswer> {
    try {
      const codec = codecOf(call.codec);
      return codec instanceof Promise ? this.#callWhenLoaded(id, call, codec) : this.#call(id, call, codec);
    } catch (error) {
      return invalid(error);
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
      return invalid(error);
    }
  }

  #call(id: number, call: Call, codec: Codec): CallAnswer | Promise<CallAnswer> {
    const { bindings, deployment } = this.options;
    const facts: ReadFacts = {};
    let request: DecodedRequest;
    let isMeant: boolean;
    try {
      request = this.#decode(call, codec, facts);
      isMeant = isTarget(request.target, deployment);
    } catch (error) {
      return invalid(error, facts);
    }
    request.count = request.docs.length;
    const received = { id, call, codec, request };
    if (call.parseOnly && call.window !== undefined) return this.#handle(received);
    if (call.parseOnly) return this.#answers.done(received);
    const binding = bindings.get(request.endpoint) ?? bindings.get(DEFAULT);
    if (binding === undefined) return { ...this.#answers.done(received), unbound: true };
    if (!isMeant) return this.#answers.done(received);
    const handle = () => this.#handle(received, binding);
    return call.followed ? withinRequest(request.requestId, handle) : handle();
  }

  /** @param facts Gets what is read before the documents. */
  #decode(call: Call, codec: Codec, facts: ReadFacts = {}): DecodedRequest {
    return codec.decodeRequest(call, (endpoint, requestId) => {
      facts.endpoint = endpoint;
      if (requestId !== call.requestId) facts.requestId = requestId;
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
  async #handle(received: Received, binding?: Binding): Promise<CallAnswer> {
    const { id, call, codec, request } = received;
    const { deployment } = this.options;
    const context = new CallContext(request, deployment, headersFor(binding, call));
    this.#running.set(id, context);
    try {
      this.hasHandled ||= binding !== undefined;
      const typed = binding !== undefined && hasSchema(binding) ? binding : undefined;
      // Before a schema transforms them.
      const { parameters } = context;
      if (typed !== undefined) {
        const issues = await checkRequest(typed, request, context, deployment);
        if (issues.length > 0) return this.#answers.unfit(issues, received);
        context.throwIfAborted();
      }
      const returned = binding && await this.#invoke(binding, request.docs, context, parameters);
      return await this.#answer(received, context, returned, typed);
    } catch (error) {
      return this.#answers.failed(error, received, () => this.#decode(call, codec), context);
    } finally {
      this.#running.delete(id);
    }
  }

  /**
   * Calls a method, or adds the request to a batch of its endpoint.
   *
   * @param parameters Those of the request as they came.
   */
  #invoke(
    binding: Binding,
    docs: DocumentArray,
    context: CallContext,
    parameters: CallContext["parameters"],
  ): unknown {
    const { method, batch } = binding;
    return batch === undefined
      ? this.options.invoke(method, docs, context)
      : this.#batches.of(context.endpoint, { method, batch }).add(docs, context, parameters);
  }

  /** Answers with what a handler has returned. */
  async #answer(
    received: Received,
    context: CallContext,
    returned: unknown,
    typed?: Binding,
  ): Promise<CallAnswer> {
    const { call, codec, request } = received;
    const iterator = sourceOf(returned);
    if (iterator !== undefined) {
      const source = typed ? checkedSource(iterator, typed, codec, request) : iterator;
      const { docs, end } = await this.#pump(received, context, source);
      return this.#answers.done(received, { docs, result: returnedResult(end, true) });
    }
    const docs = returnedDocuments(returned);
    if (docs !== undefined) request.docs = docs;
    if (typed !== undefined) await checkAnswer(typed, codec, request);
    const result = docs === undefined ? returnedResult(returned) : undefined;
    const { batch } = context;
    if (call.window === undefined) return this.#answers.done(received, { result, batch });
    const sent = await this.#pump(received, context, request.docs);
    return this.#answers.done(received, { result, batch, docs: sent.docs });
  }

  /** Sends documents one by one within the window of the call; without one, collects them. */
  async #pump(
    { id, call: { window }, codec, request: { form } }: Received,
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
    const isList = Array.isArray(source);
    const encode = (value: unknown, index: number) =>
      codec.encodeDocument(isList || form === "plain" ? value : yieldedDocument(value), index, form);
    const pumping = pump(isList ? source.values() : source, encode, sink, context);
    this.#pumping.add(pumping);
    const end = await pumping.finally(() => this.#pumping.delete(pumping));
    return { docs: codec.joinDocuments(sink.docs), end };
  }

  /** Starts the batches that wait; with `isLast`, later ones do not wait either. */
  flush(isLast: boolean): void {
    this.#batches.flush(isLast);
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
  return Object.fromEntries(Object.entries(headers).filter(([name]) => names.includes(name)));
}
