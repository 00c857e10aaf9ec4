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
  /** The attributes that its result or its error gives. */
  readonly attributesOf?: (result: T | undefined, error?: unknown) => Attributes;
  /** Whether an error is the server's. @default always */
  readonly isFault?: (error: unknown) => boolean;
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
  readonly error?: { readonly name: string; readonly message: string };
}

/** The part of a call's answer that its span shows. */
interface Outcome {
  readonly kind: string;
  readonly endpoint?: string;
  readonly count?: number;
  readonly batch?: readonly [documents: number, requests: number];
  readonly error?: { readonly info: { readonly name: string; readonly message: string } };
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
    return this.api.trace.getActiveSpan()?.spanContext().traceId;
  }

  /** The headers that continue the active trace. */
  outgoing(): Record<string, string> {
    const headers: Record<string, string> = {};
    this.api.propagation.inject(this.api.context.active(), headers);
    return headers;
  }

  /** The active span, unless it has ended: a server may keep that in which it was started. */
  get active(): Span | undefined {
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
    if (own === undefined) return this.active === undefined ? this.serveAlone(request, run) : run();
    const { context, trace } = this.api;
    own.updateName(request.name).setAttributes(request.attributes);
    return context.with(trace.setSpan(context.active(), own), () => this.#handle(own, request, run));
  }

  /** Runs the handling of a request in a new server span, whatever is active. */
  serveAlone<T>(request: ServedRequest<T>, run: () => T | Promise<T>): Promise<T> {
    const { name, attributes, header } = request;
    const kind: SpanKind.SERVER = this.api.SpanKind.SERVER;
    return this.#within(
      name,
      { kind, attributes },
      this.#incoming(header),
      (span) => this.#handle(span, request, run),
    );
  }

  /**
   * Has a replica handle a call in a span of its own, which is the parent of those of the handler.
   *
   * @param isCancelled Whether its client is gone, so that a rejection is no error.
   */
  call<C, A extends Outcome>(
    call: C,
    place: CallPlace,
    run: (call: C) => Promise<A>,
    isCancelled: () => boolean,
  ): Promise<A> {
    const attributes = {
      "hotflow.deployment": place.deployment,
      "hotflow.replica": place.replica,
      "hotflow.version": place.version,
    };
    const handle = async (span: Span) => {
      const answer = await run({ ...call, traceparent: traceparentOf(span) });
      span.setAttributes(attributesOf(answer));
      if (answer.error !== undefined) this.#fail(span, answer.error.info);
      return answer;
    };
    const request = {
      attributesOf: (_: unknown, error?: unknown) =>
        error !== undefined && isCancelled() ? { "hotflow.outcome": "cancelled" } : {},
      isFault: () => !isCancelled(),
    };
    return this.#within(
      place.deployment,
      { attributes },
      this.api.context.active(),
      (span) => this.#handle(span, request, () => handle(span)),
    );
  }

  /** The identity of the active span, for {@linkcode batch}. */
  get current(): SpanContext | undefined {
    return this.api.trace.getActiveSpan()?.spanContext();
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
    const isFault = (error: unknown) => (error as { code?: unknown }).code !== "REQUEST_REFUSED";
    return this.#within("batch", options, parent, (span) => this.#handle(span, { isFault }, run));
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
  async #handle<T>(
    span: Span,
    { attributesOf, isFault = () => true }: Partial<ServedRequest<T>>,
    run: () => T | Promise<T>,
  ): Promise<T> {
    try {
      const result = await run();
      const attributes = attributesOf?.(result) ?? {};
      span.setAttributes(attributes);
      if (Number(attributes["http.response.status_code"] ?? 0) >= 500) {
        span.setStatus({ code: this.api.SpanStatusCode.ERROR });
      }
      return result;
    } catch (error) {
      span.setAttributes(attributesOf?.(undefined, error) ?? {});
      if (isFault(error)) this.#fail(span, error as Error);
      throw error;
    }
  }

  #within<T>(
    name: string,
    options: SpanOptions,
    parent: Context,
    run: (span: Span) => Promise<T>,
  ): Promise<T> {
    return this.#tracer.startActiveSpan(name, options, parent, (span) => run(span).finally(() => span.end()));
  }

  #fail(span: Span, error: { readonly name: string; readonly message: string }): void {
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

function attributesOf({ kind, endpoint, count = 1, batch }: Outcome): Attributes {
  return {
    "hotflow.outcome": kind,
    ...(endpoint !== undefined && { "hotflow.endpoint": endpoint }),
    ...(kind === "done" && { "hotflow.documents": count }),
    ...(batch !== undefined && { "hotflow.batch.documents": batch[0], "hotflow.batch.requests": batch[1] }),
  };
}

/** The W3C form of a span's identity. */
function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
}
