import type { DocumentArray } from "../document/document_array.ts";
import { encodeDocuments } from "../document/encode.ts";
import { isPlain, nameOf, toJson } from "../document/json_value.ts";
import { type ErrorInfo, InvalidRequestError, preview } from "../errors/mod.ts";
import { DEFAULT, type Handler, type HandlerContext } from "../executor/requests.ts";
import { parametersFor, parseCall, type ParsedRequest } from "../codec/_json_request.ts";
import { isTarget } from "../protocol/target_pattern.ts";
import type { LiveVersion } from "./load_executor.ts";
import {
  type Abortable,
  BufferSink,
  CreditSink,
  type DocumentSink,
  encodeAny,
  encodeYielded,
  pump,
  type Source,
  sourceOf,
} from "./document_sink.ts";
import type { Call, CallAnswer, CallDone, FromWorker } from "../protocol/protocol.ts";

/** Sends what comes before the answer of a call. */
type Send = (message: Extract<FromWorker, { kind: "stream-start" | "stream-chunk" }>) => void;

/** How long generators that were told to end may take to clean up before their worker ends. */
const CLEAN_UP_MS = 500;

/** Calls one Executor's handlers. */
export class Dispatcher {
  readonly #running = new Map<number, CallContext>();
  readonly #pumping = new Set<Promise<unknown>>();

  constructor(
    private readonly version: LiveVersion,
    private readonly deployment: string,
    private readonly replica: number,
    private readonly describe: (error: unknown) => ErrorInfo,
    private readonly send: Send = () => {},
  ) {}

  /** Parses a request, lets its handler work on it, and writes the answer. Never throws. */
  async call(id: number, call: Call): Promise<CallAnswer> {
    let request: ParsedRequest;
    try {
      request = parseCall(call);
      const isMeant = isTarget(request.target, this.deployment);
      if (call.parseOnly) {
        if (call.window === undefined) return done(call, request);
      } else if (this.#methodFor(request) === undefined) {
        return { ...done(call, request), unbound: true };
      } else if (!isMeant) return done(call, request);
    } catch (error) {
      if (isTooDeep(error)) return tooDeep();
      if (error instanceof InvalidRequestError) return { kind: "invalid", issues: error.issues };
      // Nesting that is too deep for the parser, for one.
      return {
        kind: "invalid",
        issues: [{ loc: ["body"], msg: (error as Error).message, type: "value_error" }],
      };
    }
    const { executor, className } = this.version;
    const context = new CallContext(request, this.deployment);
    this.#running.set(id, context);
    try {
      const handler = (executor as unknown as Record<string, Handler>)[String(this.#methodFor(request))];
      const returned = call.parseOnly ? undefined : await handler.call(executor, request.docs, context);
      const source = sourceOf(returned);
      let result = source === undefined ? apply(request, returned) : undefined;
      let docs: string | undefined;
      if (source !== undefined || call.window !== undefined) {
        const { sink, end } = await this.#pump(id, call, context, source ?? request.docs);
        docs = sink.json;
        result ??= resultOf(end, WANTED_LAST);
      }
      const answer = done(call, request, docs);
      return result === undefined
        ? answer
        : { ...answer, result: [`${this.deployment}/rep-${this.replica}`, result] };
    } catch (error) {
      const before = untouched(call);
      // Nesting that came in so deep that it cannot be written again is the client's; all else is the handler's.
      if (before === undefined) return tooDeep();
      return { ...before, error: { info: this.describe(error), executor: className } };
    } finally {
      this.#running.delete(id);
    }
  }

  #methodFor({ endpoint }: ParsedRequest): string | undefined {
    const { bindings } = this.version;
    return bindings.get(endpoint) ?? bindings.get(DEFAULT);
  }

  /** Has documents go out one by one, or, when the call wants them together, keeps what a generator yields. */
  async #pump(
    id: number,
    { window }: Call,
    context: CallContext,
    source: Source | DocumentArray,
  ): Promise<{ sink: DocumentSink; end: unknown }> {
    const { endpoint, requestId } = context;
    const sink = window === undefined
      ? new BufferSink()
      : new CreditSink(window, (doc) => this.send({ kind: "stream-chunk", id, doc }));
    context.sink = sink;
    if (window !== undefined) this.send({ kind: "stream-start", id, stream: { endpoint, requestId } });
    const pumping = Array.isArray(source)
      ? pump(source[Symbol.iterator](), encodeAny, sink, context)
      : pump(source, encodeYielded, sink, context);
    this.#pumping.add(pumping);
    return { sink, end: await pumping.finally(() => this.#pumping.delete(pumping)) };
  }

  /** Resolves when the generators that are still there have ended, or have had time enough. */
  async settled(): Promise<void> {
    if (this.#pumping.size === 0) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const enough = new Promise((resolve) => timer = setTimeout(resolve, CLEAN_UP_MS));
    await Promise.race([Promise.allSettled(this.#pumping), enough]).finally(() => clearTimeout(timer));
  }

  /** Tells a stream that there is more credit for its documents. */
  addCredit(id: number, credit: number): void {
    this.#running.get(id)?.sink?.addCredit(credit);
  }

  /** Tells a running handler that its answer is not wanted any more. */
  abort(id: number, reason: string): void {
    this.#running.get(id)?.abort(reason);
  }
}

/** What the handler learns besides the documents. The signal is made when it is first asked for. */
class CallContext implements HandlerContext, Abortable {
  readonly parameters: Record<string, unknown>;
  readonly endpoint: string;
  readonly requestId: string;
  /** Where its documents go, when they go one by one. */
  sink?: DocumentSink;
  onAbort?: () => void;
  #abort?: AbortController;
  #reason?: string;

  constructor(request: ParsedRequest, deployment: string) {
    this.parameters = parametersFor(deployment, request.parameters);
    this.endpoint = request.endpoint;
    this.requestId = request.requestId;
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#reason !== undefined) this.abort(this.#reason);
    return this.#abort.signal;
  }

  abort(reason: string): void {
    this.#reason = reason;
    this.#abort?.abort(new DOMException(reason, "AbortError"));
    this.onAbort?.();
  }

  throwIfAborted(): void {
    if (this.#reason !== undefined) throw new DOMException(this.#reason, "AbortError");
  }
}

/** Puts what a handler returned in its place; a plain object comes back as JSON. */
function apply(request: ParsedRequest, returned: unknown): string | undefined {
  if (Array.isArray(returned)) {
    const odd = returned.findIndex((item) =>
      typeof item !== "object" || item === null || Array.isArray(item)
    );
    if (odd >= 0) {
      throw new TypeError(`Cannot answer with an array that holds ${preview(returned[odd])}: ${WANTED}`);
    }
    request.docs = returned as DocumentArray;
    return undefined;
  }
  return resultOf(returned, WANTED);
}

/** A plain object of results, or nothing, as JSON. */
function resultOf(returned: unknown, wanted: string): string | undefined {
  if (returned === undefined || returned === null) return undefined;
  if (isPlain(returned)) return toJson(returned, "result");
  throw new TypeError(`Cannot answer with ${nameOf(returned)}: ${wanted}`);
}

const WANTED =
  "a handler returns nothing, a DocumentArray, or a plain object, or it is a generator of Documents";
const WANTED_LAST = "a generator yields its Documents, and returns nothing or a plain object";

/** Nesting that no JSON writer can follow; it came from outside. */
function isTooDeep(error: unknown): boolean {
  return error instanceof RangeError && error.message.includes("call stack");
}

/** The answer with the documents as they came: what a handler that failed did to them is not to be relied on. */
function untouched(call: Call): CallDone | undefined {
  try {
    return done(call, parseCall(call));
  } catch {
    return undefined;
  }
}

function tooDeep(): CallAnswer {
  return {
    kind: "invalid",
    issues: [{ loc: ["body", "data"], msg: "the documents are nested too deep", type: "value_error" }],
  };
}

/** The answer as it is without surprises; `docs` are those that a generator yielded. */
function done(call: Call, request: ParsedRequest, docs = encoded(request)): CallDone {
  const { endpoint, target, parametersJson, requestId } = request;
  const answer: Mutable<CallDone> = { kind: "done", docs, endpoint };
  if (target !== "") answer.target = target;
  if (requestId !== call.requestId) answer.requestId = requestId;
  if (parametersJson !== "{}") answer.parameters = parametersJson;
  return answer;
}

function encoded({ docs }: ParsedRequest): string {
  return JSON.stringify(encodeDocuments(docs));
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
