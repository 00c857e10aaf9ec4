import type { Attributes, Context, Span, SpanKind, SpanOptions, Tracer } from "@opentelemetry/api";

type Api = typeof import("@opentelemetry/api");

/** Reads a header of a request by its name in lower case. */
export type ReadHeader = (name: string) => string | null | undefined;

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

  /**
   * Runs the handling of a request in a server span. The runtime's own span of the request is used if there is one, such
   * as that of `Deno.serve`.
   *
   * @param header Reads the headers that may name the client's span.
   * @param attributesOf The attributes that the result gives.
   */
  serve<T>(
    name: string,
    attributes: Attributes,
    header: ReadHeader,
    run: () => T | Promise<T>,
    attributesOf: (result: T) => Attributes = () => ({}),
  ): T | Promise<T> {
    return this.api.trace.getActiveSpan() === undefined
      ? this.#serve(name, attributes, this.#incoming(header), run, attributesOf)
      : run();
  }

  /** Has a replica handle a call in a span of its own, which is the parent of those of the handler. */
  call<C, A extends Outcome>(call: C, place: CallPlace, run: (call: C) => Promise<A>): Promise<A> {
    const { deployment, replica, version } = place;
    const attributes = {
      "hotflow.deployment": deployment,
      "hotflow.replica": replica,
      "hotflow.version": version,
    };
    return this.#within(
      deployment,
      { attributes },
      this.api.context.active(),
      async (span) => {
        const answer = await run({ ...call, traceparent: traceparentOf(span) });
        span.setAttributes(attributesOf(answer));
        if (answer.error !== undefined) this.#fail(span, answer.error.info);
        return answer;
      },
    );
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

  #serve<T>(
    name: string,
    attributes: Attributes,
    parent: Context,
    run: () => T | Promise<T>,
    attributesOf: (result: T) => Attributes,
  ): Promise<T> {
    const kind: SpanKind.SERVER = this.api.SpanKind.SERVER;
    return this.#within(name, { kind, attributes }, parent, async (span) => {
      const result = await run();
      const found = attributesOf(result);
      span.setAttributes(found);
      const status = Number(found["http.response.status_code"] ?? 0);
      if (status >= 500) span.setStatus({ code: this.api.SpanStatusCode.ERROR });
      return result;
    });
  }

  #within<T>(
    name: string,
    options: SpanOptions,
    parent: Context,
    run: (span: Span) => Promise<T>,
  ): Promise<T> {
    return this.#tracer.startActiveSpan(name, options, parent, async (span) => {
      try {
        return await run(span);
      } catch (error) {
        this.#fail(span, error as Error);
        throw error;
      } finally {
        span.end();
      }
    });
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
    return this.api.propagation.extract(this.api.context.active(), carrier);
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
