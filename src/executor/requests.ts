import type { Document, DocumentInit } from "../document/document.ts";
import type { DocumentArray } from "../document/document_array.ts";
import { invalidArgument, inWorker, preview } from "../errors/mod.ts";
import { isAbsolute, isUrl, toUrl } from "../paths.ts";
import { type Batching, type BatchOptions, batchProblem } from "./batch_options.ts";
import { registry } from "./registry.ts";
import {
  isSchema,
  type SchemaOutput,
  type StandardSchema,
  type Typed,
  type TypedResult,
} from "./standard_schema.ts";

// Node and Bun do not have it yet. Decorator compilers use it when they define a class, which is after this.
(Symbol as { metadata?: symbol }).metadata ??= Symbol.for("Symbol.metadata");

/** The key of a class's bindings and the URL of its module in its decorator metadata. */
const BINDINGS = Symbol.for("hotflow.bindings");

/** The key of the handler of all endpoints that are not bound. */
export const DEFAULT = "default";

/** The metadata of a request. */
export interface HandlerContext<Parameters = Record<string, unknown>> {
  /** The request's parameters, merged with those for this Executor only; with a schema, what it gives. */
  readonly parameters: Parameters;
  /** The endpoint of the request, such as `/search`. */
  readonly endpoint: string;
  /** The request's id: that of the client, or 32 hexadecimal characters. In a batch, that of its first request. */
  readonly requestId: string;
  /** The ids of all requests of a batch; otherwise the id of the request alone. */
  readonly requestIds: readonly string[];
  /** The headers that the endpoint has asked for with `headers`, by their names in lower case; one that was not sent is not there. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Aborted when the client disconnects, the deadline passes, or the Flow closes. */
  readonly signal: AbortSignal;
}

/**
 * The documents of a handler that is a generator, `async` or not. A client that requests a stream receives each document
 * when it is yielded, and the generator continues when the client can receive the next one; other clients receive all
 * documents in one answer. The generator returns nothing, or a plain object of results. When the client disconnects,
 * `signal` is aborted, and the generator ends at its next `yield`, after its `finally` blocks.
 */
export type DocumentStream =
  | AsyncIterable<Document | DocumentInit>
  | Generator<Document | DocumentInit, void | Record<string, unknown>, undefined>;

/**
 * The values that a handler may return: nothing (the documents it received, with its changes), other documents, a plain
 * object of results, or a generator of documents.
 */
export type HandlerResult =
  | void
  | undefined
  | DocumentArray
  | readonly (Document | DocumentInit)[]
  | object
  | DocumentStream;

/** A request handler. */
export type Handler = (
  docs: DocumentArray,
  context: HandlerContext,
) => HandlerResult | Promise<HandlerResult>;

/** How a method handles the requests of an endpoint. */
export interface EndpointOptions {
  /** The schema of the input documents: the handler gets plain objects of the schema, each with its `id`. */
  input?: StandardSchema;
  /** The schema of the documents that it answers with. */
  output?: StandardSchema;
  /** The schema of the parameters. */
  parameters?: StandardSchema;
  /** Documents of concurrent requests with equal parameters are handled together. */
  batch?: BatchOptions;
  /** The names of the HTTP headers, or gRPC metadata, that the context contains. */
  headers?: readonly string[];
}

/** The endpoints that a handler is bound to, and how it handles their requests. */
export interface RequestsOptions extends EndpointOptions {
  /**
   * One endpoint or several, each beginning with `/`.
   *
   * @default all endpoints that no other handler is bound to
   */
  on?: string | readonly string[];
}

/** A method that handles an endpoint, and how. */
export interface Binding extends EndpointOptions {
  /** The method's name. */
  readonly method: string;
}

/**
 * The bindings of a class without decorators: methods by endpoint, by their names alone or with options; `default` is the
 * default handler.
 */
export type RequestBindings = Readonly<Record<string, string | Binding>>;

/** The bindings that the decorators of a class have recorded. */
interface Recorded {
  source?: string;
  readonly methods: Map<string, Binding>;
}

/** A method of any class that can be a handler of an endpoint with these options. */
export type HandlerMethod<Options extends EndpointOptions = EndpointOptions> = (
  this: never,
  docs: Options extends { input: infer S extends StandardSchema } ? Typed<S>[] : DocumentArray,
  context: HandlerContext<
    Options extends { parameters: infer S extends StandardSchema } ? SchemaOutput<S> : Record<string, unknown>
  >,
) => Options extends { output: infer S extends StandardSchema } ? TypedResult<S> | Promise<TypedResult<S>>
  : ReturnType<Handler>;

/** The decorator that `@requests(…)` returns: it takes methods whose parameters and results fit the schemas. */
export type RequestsDecorator<Options extends EndpointOptions = EndpointOptions> = (
  method: HandlerMethod<Options>,
  context: ClassMethodDecoratorContext,
) => void;

/**
 * Binds a method to endpoints. `@requests` and `@requests()` make it the default handler, which handles all endpoints
 * that no other handler is bound to; `@requests({ on: "/foo" })` and `@requests({ on: ["/a", "/b"] })` bind it to those
 * endpoints. Follows Jina's `@requests`.
 *
 * @param options The endpoints.
 * @returns The decorator.
 * @throws {TypeError} When an endpoint is invalid or bound twice, or the decorated element is not a public method.
 *
 * @example
 * ```ts
 * import { type DocumentArray, Executor, requests } from "@hotflow/hotflow";
 *
 * class Greeter extends Executor {
 *   @requests({ on: "/greet" })
 *   greet(docs: DocumentArray) {
 *     for (const doc of docs) doc.text = `hello ${doc.text}`;
 *   }
 * }
 * console.assert(new Greeter().runtime.version === 1);
 * ```
 */
export function requests(method: HandlerMethod, context: ClassMethodDecoratorContext): void;
/** The form with parentheses: `@requests()`, `@requests({ on })`. */
export function requests<Options extends RequestsOptions>(options?: Options): RequestsDecorator<Options>;
export function requests(
  first?: HandlerMethod | RequestsOptions,
  context?: ClassMethodDecoratorContext,
): void | RequestsDecorator {
  if (typeof first === "function" || arguments.length > 1) return record(context, [DEFAULT], {});
  checkOptions(first);
  const endpoints = first?.on === undefined ? [DEFAULT] : [first.on].flat();
  if (endpoints.length === 0) {
    throw invalidArgument("Cannot bind a handler to an empty list: omit `on`, or name an endpoint");
  }
  for (const endpoint of endpoints) if (endpoint !== DEFAULT) checkEndpoint(endpoint);
  const { on: _, ...options } = first ?? {};
  checkValues(options, "@requests");
  checkHeaders(options, "@requests");
  return (_method, context) => record(context, endpoints, options);
}

const OPTIONS: ReadonlySet<string> = new Set(["on", "input", "output", "parameters", "batch", "headers"]);

/** Rejects unknown options: without type checks, a misspelled `on` would bind the default handler. */
function checkOptions(options: unknown): asserts options is RequestsOptions | undefined {
  if (options === undefined) return;
  const invalid = typeof options === "object" && options !== null
    ? Object.keys(options).find((key) => !OPTIONS.has(key))
    : preview(options);
  if (invalid !== undefined) {
    throw invalidArgument(`Cannot use ${invalid} in @requests: write @requests({ on: "/search" })`);
  }
}

/** Rejects values of options that cannot work. */
function checkValues(options: EndpointOptions, owner: string): void {
  for (const name of ["input", "output", "parameters"] as const) {
    const value = options[name];
    if (value === undefined || isSchema(value)) continue;
    throw invalidArgument(
      `Cannot use ${
        preview(value)
      } as \`${name}\` of ${owner}: expected a schema of a library that follows ` +
        "Standard Schema, such as z.object({ … }) of zod",
    );
  }
}

/** Rejects names that no request can have, and headers of a batch, whose requests have different ones. */
function checkHeaders({ headers, batch }: EndpointOptions, where: string): void {
  if (headers === undefined) return;
  const isName = (name: unknown) => typeof name === "string" && /^[!#$%&'*+.^_`|~0-9a-z-]+$/i.test(name);
  if (!Array.isArray(headers) || !headers.every(isName)) {
    const expected = 'expected a list of header names, such as ["authorization"]';
    throw invalidArgument(`Cannot use headers ${preview(headers)} in ${where}: ${expected}`);
  }
  if (batch === undefined) return;
  throw invalidArgument(
    `Cannot use headers together with batch in ${where}: the requests of a batch have different headers; remove one`,
  );
}

function checkEndpoint(endpoint: unknown): asserts endpoint is string {
  if (typeof endpoint === "string" && endpoint.startsWith("/")) return;
  const expected = 'expected a path that begins with "/", as in "/search"';
  throw invalidArgument(`Cannot bind the endpoint ${JSON.stringify(endpoint)}: ${expected}`);
}

function record(
  context: ClassMethodDecoratorContext | undefined,
  endpoints: readonly string[],
  options: EndpointOptions,
): void {
  if (typeof context !== "object" || context?.kind === undefined) {
    throw invalidArgument(
      'Cannot apply @requests as a legacy decorator: remove "experimentalDecorators" from the TypeScript settings, ' +
        "or bind with `static requests`",
    );
  }
  const name = String(context.name);
  if (context.kind !== "method" || context.static || context.private) {
    throw invalidArgument(`Cannot bind ${name}: @requests requires a public, non-static method`);
  }
  const holder = context.metadata as { [BINDINGS]?: Recorded };
  if (!Object.hasOwn(holder, BINDINGS)) holder[BINDINGS] = { methods: new Map() };
  const recorded = holder[BINDINGS] as Recorded;
  const binding = { ...options, method: name };
  for (const endpoint of endpoints) bind(recorded.methods, endpoint, binding, "the class");
  // Only the program that starts the Flow needs it, and it would take a worker more than half a millisecond.
  if (recorded.source === undefined && !inWorker()) noteSource(recorded);
}

function bind(methods: Map<string, Binding>, endpoint: string, binding: Binding, owner: string): void {
  const { method } = binding;
  const other = methods.get(endpoint)?.method;
  if (other !== undefined && other !== method) {
    const what = endpoint === DEFAULT ? "be the default handler" : `answer "${endpoint}"`;
    throw invalidArgument(
      `Cannot let both ${other}() and ${method}() of ${owner} ${what}: bind one of them to another endpoint`,
    );
  }
  methods.set(endpoint, binding);
}

/** Records the class's module, which is the decorator's caller. On V8, the static initializer's frame has the class name. */
function noteSource(recorded: Recorded): void {
  const frames = callSites();
  const urls = frames.map((frame) => urlOf(frame.getScriptNameOrSourceURL()));
  recorded.source = urls.find((url) => url !== import.meta.url && /^(?:file|https?):/.test(url ?? ""));
  if (recorded.source === undefined) return;
  const name = frames.find((frame) => frame.getFunctionName() === "<static_initializer>")?.getTypeName();
  registry.register(name ?? undefined, recorded.source);
}

/** The URL of a frame's script; on Bun, and for CommonJS, the frame has a path. */
function urlOf(script: string | null): string | undefined {
  return script === null ? undefined : isAbsolute(script) ? toUrl(script) : withoutQuery(script);
}

/** Removes the query, which distinguishes versions of a file. */
function withoutQuery(url: string): string {
  return url.startsWith("file:") ? url.replace(/[?#].*$/s, "") : url;
}

/** A frame of V8's structured stack. Unlike the text of a stack, it has the exact URL of the module. */
interface CallSite {
  getScriptNameOrSourceURL(): string | null;
  getFunctionName(): string | null;
  getTypeName(): string | null;
}

function callSites(): CallSite[] {
  const errors = Error as unknown as { prepareStackTrace?: (error: Error, frames: CallSite[]) => unknown };
  const before = errors.prepareStackTrace;
  errors.prepareStackTrace = (_error, frames) => frames;
  try {
    const frames = new Error().stack as unknown;
    return Array.isArray(frames) ? frames : [];
  } finally {
    errors.prepareStackTrace = before;
  }
}

function recordOf(type: object): Recorded | undefined {
  if (!Object.hasOwn(type, Symbol.metadata)) return undefined;
  return (type as { [Symbol.metadata]?: { [BINDINGS]?: Recorded } })[Symbol.metadata]?.[BINDINGS];
}

/**
 * All bindings of a class, including inherited ones; a class's own bindings override those of its superclasses.
 *
 * @param batching Overrides the `batch` of the endpoints and methods that it names.
 * @returns Methods by endpoint; `default` is the default handler.
 * @throws {TypeError} When `static requests` names no method of the class, or its options are invalid.
 */
export function bindingsOf(
  type: { readonly name: string; readonly prototype: unknown },
  batching: Batching = {},
): Map<string, Binding> {
  const chain: object[] = [];
  for (let at = type; typeof at === "function" && at !== Function.prototype; at = Object.getPrototypeOf(at)) {
    chain.unshift(at);
  }
  const bindings = new Map<string, Binding>();
  for (const link of chain) {
    const own = new Map(recordOf(link)?.methods);
    const table = Object.hasOwn(link, "requests")
      ? (link as { requests?: RequestBindings }).requests
      : undefined;
    for (const [endpoint, entry] of Object.entries(table ?? {})) {
      if (endpoint !== DEFAULT) checkEndpoint(endpoint);
      const binding = typeof entry === "string" ? { method: entry } : entry;
      checkValues(binding, `${type.name}.${binding.method}`);
      checkHeaders(binding, `the \`static requests\` of ${type.name}`);
      bind(own, endpoint, binding, type.name);
    }
    for (const [endpoint, binding] of own) bindings.set(endpoint, binding);
  }
  overrideBatches(type.name, bindings, batching);
  for (const [endpoint, binding] of bindings) {
    const handler = (type.prototype as Record<string, unknown>)[binding.method];
    if (typeof handler !== "function") {
      throw invalidArgument(
        `Cannot bind "${endpoint}" to ${type.name}.${binding.method}: the class has no such method`,
      );
    }
    if (binding.batch !== undefined) checkBatch(endpoint, binding, handler);
  }
  return bindings;
}

/** Sets the `batch` of the endpoints that are named, and of all endpoints of a method that is. */
function overrideBatches(owner: string, bindings: Map<string, Binding>, batching: Batching): void {
  const given = new Map(Object.entries(batching));
  const known = new Set<string>();
  for (const [endpoint, binding] of bindings) {
    // Jina's name of the default handler is a path.
    const names = [endpoint, ...(endpoint === DEFAULT ? [`/${DEFAULT}`] : []), binding.method];
    for (const name of names) known.add(name);
    const batch = names.map((name) => given.get(name)).find((one) => one !== undefined);
    if (batch === undefined) continue;
    checkHeaders({ ...binding, batch }, `${owner}.${binding.method}`);
    bindings.set(endpoint, { ...binding, batch });
  }
  const unknown = Object.keys(batching).find((key) => !known.has(key));
  if (unknown === undefined) return;
  throw invalidArgument(
    `Cannot batch the requests of "${unknown}": expected an endpoint or a handler of ${owner}, such as ${
      [...known].map((name) => `"${name}"`).join(", ") || "none, since it binds none"
    }`,
  );
}

const GENERATORS: ReadonlySet<string> = new Set(["GeneratorFunction", "AsyncGeneratorFunction"]);

/** Rejects options of batches that are invalid, and those of handlers whose requests cannot be handled together. */
function checkBatch(endpoint: string, { batch }: Binding, handler: object): void {
  const refuse = (why: string) => {
    throw invalidArgument(`Cannot batch the requests of "${endpoint}": ${why}`);
  };
  const problem = batchProblem(batch);
  if (problem !== undefined) refuse(problem);
  if (GENERATORS.has(Object.prototype.toString.call(handler).slice(8, -1))) {
    refuse("its handler is a generator; return an array of documents, or remove `batch`");
  }
}

/**
 * The URL of the module that defines a class: its `static source`, or the module that applied its decorators.
 *
 * @returns The URL, without a version query.
 * @throws {TypeError} When the class has neither, or `static source` is neither a URL nor an absolute path.
 */
export function sourceOf(type: { readonly name: string }): string {
  const stated: unknown = Object.hasOwn(type, "source") ? (type as { source?: unknown }).source : undefined;
  const source = stated === undefined ? recordOf(type)?.source : stated;
  const text = source instanceof URL ? source.href : source;
  if (typeof text === "string" && isUrl(text)) return withoutQuery(text);
  if (typeof text === "string" && isAbsolute(text)) return toUrl(text);
  const { name } = type;
  if (stated === undefined) {
    throw invalidArgument(
      `Cannot find the module of the Executor ${name}: add \`static readonly source = import.meta.url\` to the class, ` +
        `or name its module in \`uses\`, as in "./my_executor.ts#${name}"`,
    );
  }
  const expected = "expected a URL or an absolute path, such as import.meta.url or __filename";
  throw invalidArgument(
    `Cannot use ${preview(stated)} as the \`source\` of the Executor ${name}: ${expected}`,
  );
}
