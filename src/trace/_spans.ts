import type {
  Attributes,
  Context,
  Span,
  SpanContext,
  SpanKind,
  SpanOptions,
  Tracer,
} from "@opentelemetry/api";

type Api = typeof import("@opentelemetry/api");

/** Reads a header of a request by its name in lower case. */
export type ReadHeader = (name: string) => string | null | undefined;

/** A request as its server span shows it. */
export interface ServedRequest<T> {
  /** A name of which there are few. */
  readonly name: string;
  readonly attributes: Attributes;
  /** Reads the headers that may name the client's span. */
  readonly header: ReadHeader;
  /** What its span shows of its end. */
  readonly endOf: EndOf<T>;
}

/** Describes the end of what a span is about, by its result or by what it threw. */
type EndOf<T> = (result: T | undefined, error?: unknown) => SpanEnd;

/** What a span shows of an end. */
export interface SpanEnd {
  readonly attributes?: Attributes;
  /** Whether the span is an error. */
  readonly isFault: boolean;
  /** The error, when it was not thrown. */
  readonly error?: Failure;
}

/** An error as a span shows it. */
interface Failure {
  readonly name: string;
  readonly message: string;
}

/** Where a call is handled. */
export interface CallPlace {
  readonly deployment: string;
  readonly replica: string;
  readonly version: number;
}

/** A load that is over, as the channel of swaps has it. */
interface Load {
  readonly deployment: string;
  readonly version: number;
  readonly kind: string;
  readonly ms: number;
  readonly error?: Failure;
}

/** The part of a call's answer that its span shows. */
interface CallSummary {
  readonly kind: string;
  readonly endpoint?: string;
  readonly count?: number;
  readonly batch?: readonly [documents: number, requests: number];
  readonly isUnhandled?: true;
  readonly error?: { readonly info: Failure };
}

/** The headers of W3C Trace Context and of common propagators. */
const HEADERS = ["traceparent", "tracestate", "baggage", "b3", "uber-trace-id"];
/** The flag of a trace that is exported. */
const SAMPLED = 1;
const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** Makes spans with a registered OpenTelemetry SDK. */
export class Tracing {
  readonly #tracer: Tracer;

  constructor(private readonly api: Api) {
    this.#tracer = api.trace.getTracer("hotflow");
  }

  /** The id of the active trace. */
  get traceId(): string | undefined {
    return this.activeContext?.traceId;
  }

  /** The identity of the active span. */
  get activeContext(): SpanContext | undefined {
    return this.api.trace.getActiveSpan()?.spanContext();
  }

  /** The headers that continue the active trace. */
  outgoing(): Record<string, string> {
    const headers: Record<string, string> = {};
    this.api.propagation.inject(this.api.context.active(), headers);
    return headers;
  }

  /** The active span, unless it has ended: a server may keep that in which it was started. */
  get openSpan(): Span | undefined {
    const span = this.api.trace.getActiveSpan();
    const isEnded = span?.isRecording() === false && (span.spanContext().traceFlags & SAMPLED) !== 0;
    return isEnded ? undefined : span;
  }

  /**
   * Runs the handling of a request in a server span: in that of the runtime, which gets the name and the attributes, or in
   * a new one. Within a span of another app it makes none.
   *
   * @param own The runtime's span of the request, such as that of `Deno.serve`.
   */
  serve<T>(request: ServedRequest<T>, run: () => T | Promise<T>, own?: Span): T | Promise<T> {
    if (own === undefined) return this.openSpan === undefined ? this.serveAlone(request, run) : run();
    const { context, trace } = this.api;
    own.updateName(request.name).setAttributes(request.attributes);
    return context.with(trace.setSpan(context.active(), own), () => this.#handle(own, request.endOf, run));
  }

  /** Runs the handling of a request in a new server span, whatever is active. */
  serveAlone<T>(request: ServedRequest<T>, run: () => T | Promise<T>): Promise<T> {
    const { name, attributes, header } = request;
    const kind: SpanKind.SERVER = this.api.SpanKind.SERVER;
    return this.#within(
      name,
      { kind, attributes },
      this.#incoming(header),
      (span) => this.#handle(span, request.endOf, run),
    );
  }

  /**
   * Has a replica handle a call in a span of its own, which is the parent of those of the handler.
   *
   * @param reasonOf Why a call was rejected: `cancelled` is no error.
   */
  call<C, A extends CallSummary>(
    call: C,
    place: CallPlace,
    run: (call: C) => Promise<A>,
    reasonOf: (error: unknown) => string,
  ): Promise<A> {
    const attributes = {
      "hotflow.deployment": place.deployment,
      "hotflow.replica": place.replica,
      "hotflow.version": place.version,
    };
    const endOf: EndOf<A> = (answer, error) => {
      if (answer !== undefined) return summaryOf(answer);
      const reason = reasonOf(error);
      return { attributes: { "hotflow.outcome": reason }, isFault: reason !== "cancelled" };
    };
    return this.#within(
      place.deployment,
      { attributes },
      this.api.context.active(),
      (span) => this.#handle(span, endOf, () => run({ ...call, traceparent: traceparentOf(span) })),
    );
  }

  /**
   * Runs the handling of a batch below the call of its first request: with several, in a span with links to the others.
   *
   * @param calls The spans of the calls.
   */
  batch<T>(
    calls: readonly (SpanContext | undefined)[],
    documents: number,
    run: () => Promise<T>,
  ): Promise<T> {
    const [first, ...others] = calls.filter((call) => call !== undefined);
    if (first === undefined) return run();
    const { context, trace, ROOT_CONTEXT } = this.api;
    const parent = trace.setSpanContext(ROOT_CONTEXT, first);
    if (others.length === 0) return context.with(parent, run);
    const options = {
      attributes: { "hotflow.batch.documents": documents, "hotflow.batch.requests": calls.length },
      links: others.map((context) => ({ context })),
    };
    const endOf = (_: unknown, error?: { readonly code?: unknown }) => ({
      isFault: error !== undefined && error.code !== "REQUEST_REFUSED",
    });
    return this.#within("batch", options, parent, (span) => this.#handle(span, endOf as EndOf<T>, run));
  }

  /** Runs a function whose spans are children of the one that a `traceparent` names. */
  within<T>(traceparent: string, run: () => T): T {
    const { context, trace } = this.api;
    const [, traceId, spanId, flags] = TRACEPARENT.exec(traceparent) ?? [];
    if (traceId === undefined) return run();
    const parent = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
    return context.with(trace.setSpanContext(context.active(), parent), run);
  }

  /** Adds a span for a load that has just ended. */
  addLoad({ deployment, version, kind, ms, error }: Load): void {
    const endTime = Date.now();
    const attributes = {
      "hotflow.deployment": deployment,
      "hotflow.version": version,
      "hotflow.load.kind": kind,
    };
    const options = { attributes, startTime: endTime - ms, root: true };
    const span = this.#tracer.startSpan(`${kind} ${deployment}`, options);
    if (error === undefined) span.addEvent("served", { "hotflow.version": version });
    else this.#fail(span, error);
    span.end(endTime);
  }

  /** Runs a function; its span shows how it ends. */
  async #handle<T>(span: Span, endOf: EndOf<T>, run: () => T | Promise<T>): Promise<T> {
    try {
      const result = await run();
      this.#show(span, endOf(result));
      return result;
    } catch (error) {
      this.#show(span, { error: error as Error, ...endOf(undefined, error) });
      throw error;
    }
  }

  #show(span: Span, { attributes, isFault, error }: SpanEnd): void {
    if (attributes !== undefined) span.setAttributes(attributes);
    if (!isFault) return;
    if (error === undefined) span.setStatus({ code: this.api.SpanStatusCode.ERROR });
    else this.#fail(span, error);
  }

  #within<T>(
    name: string,
    options: SpanOptions,
    parent: Context,
    run: (span: Span) => Promise<T>,
  ): Promise<T> {
    return this.#tracer.startActiveSpan(name, options, parent, (span) => run(span).finally(() => span.end()));
  }

  #fail(span: Span, error: Failure): void {
    span.recordException({ name: error.name, message: error.message });
    span.setStatus({ code: this.api.SpanStatusCode.ERROR, message: error.message });
  }

  #incoming(header: ReadHeader): Context {
    const carrier: Record<string, string> = {};
    for (const name of HEADERS) {
      const value = header(name);
      if (value) carrier[name] = value;
    }
    return this.api.propagation.extract(this.api.ROOT_CONTEXT, carrier);
  }
}

/** What the span of a call shows of its answer. */
function summaryOf({ kind, endpoint, count = 1, batch, isUnhandled, error }: CallSummary): SpanEnd {
  const attributes = {
    "hotflow.outcome": error === undefined ? kind : "failed",
    ...(endpoint !== undefined && { "hotflow.endpoint": endpoint }),
    ...(!isUnhandled && { "hotflow.documents": count }),
    ...(batch !== undefined && { "hotflow.batch.documents": batch[0], "hotflow.batch.requests": batch[1] }),
  };
  return { attributes, isFault: error !== undefined, ...(error && { error: error.info }) };
}

/** The W3C form of a span's identity. */
function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
}
