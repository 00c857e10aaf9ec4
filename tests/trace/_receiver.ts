/** A receiver of OTLP over HTTP as JSON, which collects spans and rebuilds their tree. */

/** A span as OTLP has it in JSON. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly scope: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly string[];
  /** The ids of the spans that it links to. */
  readonly links: readonly string[];
  /** 2 for an error. */
  readonly status: number;
}

type Value = Record<string, unknown>;
interface Raw extends Omit<ReceivedSpan, "attributes" | "scope" | "events" | "links" | "status"> {
  readonly attributes?: { readonly key: string; readonly value: Value }[];
  readonly events?: { readonly name: string }[];
  readonly links?: { readonly spanId: string }[];
  readonly status?: { readonly code?: number };
}
interface Body {
  readonly resourceSpans: {
    readonly scopeSpans: { readonly scope?: { readonly name: string }; readonly spans: Raw[] }[];
  }[];
}

/** Receives spans at a port of its own. */
export class Receiver implements AsyncDisposable {
  readonly spans: ReceivedSpan[] = [];
  #arrived = () => {};
  #isClosed = false;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor() {
    this.#server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
      const { pathname } = new URL(request.url);
      const [, count] = /^\/received\/(\d+)$/.exec(pathname) ?? [];
      if (count !== undefined) await this.#received(Number(count));
      else if (pathname === "/v1/traces") this.#add(await request.json());
      return Response.json({});
    });
  }

  /** The variables of a process that exports to it. */
  get env(): Record<string, string> {
    return {
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${this.#server.addr.port}`,
    };
  }

  /** The spans of a trace as lines, children indented below their parents: `scope: name`, by the order of names. */
  tree(traceId: string): string[] {
    const spans = this.spans.filter((span) => span.traceId === traceId);
    const known = new Set(spans.map(({ spanId }) => spanId));
    const linesOf = (span: ReceivedSpan): string[] => [
      `${span.scope}: ${span.name}`,
      ...below(spans.filter(({ parentSpanId }) => parentSpanId === span.spanId)).map((line) => `  ${line}`),
    ];
    const below = (list: readonly ReceivedSpan[]) =>
      list.toSorted((a, b) => a.name < b.name ? -1 : 1).flatMap(linesOf);
    return below(spans.filter(({ parentSpanId }) => !parentSpanId || !known.has(parentSpanId)));
  }

  /** The only span with a name. */
  span(name: string): ReceivedSpan {
    const found = this.spans.filter((span) => span.name === name);
    if (found.length !== 1) throw new Error(`expected one span "${name}", received ${found.length}`);
    return found[0];
  }

  #add({ resourceSpans }: Body): void {
    for (const { scope, spans } of resourceSpans.flatMap(({ scopeSpans }) => scopeSpans)) {
      for (const { attributes = [], events = [], links = [], status, ...span } of spans) {
        this.spans.push({
          ...span,
          scope: scope?.name ?? "",
          attributes: Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]])),
          events: events.map(({ name }) => name),
          links: links.map(({ spanId }) => spanId),
          status: status?.code ?? 0,
        });
      }
    }
    this.#arrived();
  }

  /** Resolves when so many spans have come. */
  async #received(count: number): Promise<void> {
    while (this.spans.length < count && !this.#isClosed) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#arrived = resolve;
      await promise;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#arrived();
    await this.#server.shutdown();
  }
}

/** The trace and span of a client, and the `traceparent` that names them. */
export const CLIENT = {
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
} as const;
