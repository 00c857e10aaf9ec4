import type { Document, DocumentInit } from "../document/document.ts";
import type { DocumentArray } from "../document/document_array.ts";
import { invalidArgument, inWorker, preview } from "../errors/mod.ts";
import { isAbsolute, isUrl, toUrl } from "../paths.ts";
import { registry } from "./registry.ts";

// Node and Bun do not have it yet. Compilers of decorators use it when a class is defined, which is later than this.
(Symbol as { metadata?: symbol }).metadata ??= Symbol.for("Symbol.metadata");

/** Where decorators leave a class's bindings and the URL of its module, in its decorator metadata. */
const BINDINGS = Symbol.for("hotflow.bindings");

/** The key of the handler for every endpoint that is not bound. */
export const DEFAULT = "default";

/** What a handler learns of its request besides the documents. */
export interface HandlerContext {
  /** The request's parameters, with those addressed to this Executor merged in. */
  readonly parameters: Record<string, unknown>;
  /** The endpoint that was asked for, such as `/search`. */
  readonly endpoint: string;
  /** The request's id, 32 hexadecimal characters unless the client gave one. */
  readonly requestId: string;
  /** Aborted when the client is gone, its deadline has passed, or the Flow is closing. */
  readonly signal: AbortSignal;
}

/**
 * What a handler that is a generator gives, `async` or not: its documents, one by one. A client that asks for a stream
 * gets each as it comes, and the generator goes on when there is room for the next one; to others all are the answer.
 * It returns nothing, or a plain object of results. When nobody listens any more, `signal` is aborted and the
 * generator ends at the `yield` it comes to, through its `finally` blocks.
 */
export type DocumentStream =
  | AsyncIterable<Document | DocumentInit>
  | Generator<Document | DocumentInit, void | Record<string, unknown>, undefined>;

/**
 * What a handler may return: nothing (the documents as they are now), other documents, a plain object of results, or
 * documents one by one.
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

/** The endpoints a handler is bound to. */
export interface RequestsOptions {
  /**
   * One endpoint or several, each beginning with `/`.
   *
   * @default the handler answers every endpoint that is not bound
   */
  on?: string | readonly string[];
}

/** The bindings of the form without decorators: method names by endpoint; `default` is the default handler. */
export type RequestBindings = Readonly<Record<string, string>>;

/** A class's own bindings, as its decorators leave them. */
interface Recorded {
  source?: string;
  readonly methods: Map<string, string>;
}

/** A method that can be a handler, of whichever class. */
export type HandlerMethod = (
  this: never,
  docs: DocumentArray,
  context: HandlerContext,
) => HandlerResult | Promise<HandlerResult>;

/** What `@requests(…)` gives: the decorator itself. */
export type RequestsDecorator = (method: HandlerMethod, context: ClassMethodDecoratorContext) => void;

/**
 * Binds a method to endpoints. `@requests` and `@requests()` make it the default handler, which answers every
 * endpoint that no other handler is bound to; `@requests({ on: "/foo" })` and `@requests({ on: ["/a", "/b"] })`
 * bind it to those. Follows Jina's `@requests`.
 *
 * @param options The endpoints.
 * @returns The decorator.
 * @throws {TypeError} When an endpoint is malformed or bound twice, or the decorated thing is not a public method.
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
/** The same with parentheses: `@requests()`, `@requests({ on })`. */
export function requests(options?: RequestsOptions): RequestsDecorator;
export function requests(
  first?: HandlerMethod | RequestsOptions,
  context?: ClassMethodDecoratorContext,
): void | RequestsDecorator {
  if (typeof first === "function" || arguments.length > 1) return record(context, [DEFAULT]);
  checkOptions(first);
  const endpoints = first?.on === undefined ? [DEFAULT] : [first.on].flat();
  if (endpoints.length === 0) {
    throw invalidArgument("Cannot bind a handler to no endpoint: leave `on` out, or name one");
  }
  for (const endpoint of endpoints) if (endpoint !== DEFAULT) checkEndpoint(endpoint);
  return (_method, context) => record(context, endpoints);
}

/** Where types are not checked, a slip of the pen would bind the default handler. */
function checkOptions(options: unknown): asserts options is RequestsOptions | undefined {
  if (options === undefined) return;
  const odd = typeof options === "object" && options !== null
    ? Object.keys(options).find((key) => key !== "on")
    : preview(options);
  if (odd !== undefined) {
    throw invalidArgument(`Cannot use ${odd} in @requests: write @requests({ on: "/search" })`);
  }
}

/** Endpoints are paths: they begin with `/`. */
function checkEndpoint(endpoint: unknown): asserts endpoint is string {
  if (typeof endpoint !== "string" || !endpoint.startsWith("/")) {
    throw invalidArgument(
      `Cannot bind the endpoint ${JSON.stringify(endpoint)}: it has to begin with "/", as in "/search"`,
    );
  }
}

function record(context: ClassMethodDecoratorContext | undefined, endpoints: readonly string[]): void {
  if (typeof context !== "object" || context?.kind === undefined) {
    throw invalidArgument(
      'Cannot apply @requests as a legacy decorator: remove "experimentalDecorators" from the TypeScript settings, ' +
        "or bind with `static requests`",
    );
  }
  if (context.kind !== "method" || context.static || context.private) {
    throw invalidArgument(`Cannot bind ${String(context.name)}: @requests wants a public, non-static method`);
  }
  const recorded = ownRecord(context.metadata);
  for (const endpoint of endpoints) bind(recorded.methods, endpoint, String(context.name), "the class");
  // Only the program that starts the Flow asks for it, and it costs a worker more than half a millisecond.
  if (recorded.source === undefined && !inWorker()) noteSource(recorded);
}

function bind(methods: Map<string, string>, endpoint: string, method: string, owner: string): void {
  const other = methods.get(endpoint);
  if (other !== undefined && other !== method) {
    const what = endpoint === DEFAULT ? "be the default handler" : `answer "${endpoint}"`;
    throw invalidArgument(
      `Cannot let both ${other}() and ${method}() of ${owner} ${what}: bind one of them elsewhere`,
    );
  }
  methods.set(endpoint, method);
}

function ownRecord(metadata: DecoratorMetadataObject): Recorded {
  const holder = metadata as { [BINDINGS]?: Recorded };
  if (!Object.hasOwn(holder, BINDINGS)) holder[BINDINGS] = { methods: new Map() };
  return holder[BINDINGS] as Recorded;
}

/** The decorator's caller is the class's module; on V8, the frame of the class's static initializer has its name. */
function noteSource(recorded: Recorded): void {
  const frames = callSites();
  const own = import.meta.url;
  const urls = frames.map((frame) => urlOf(frame.getScriptNameOrSourceURL()));
  recorded.source = urls.find((url) => url !== own && /^(?:file|https?):/.test(url ?? ""));
  if (recorded.source === undefined) return;
  const name = frames.find((frame) => frame.getFunctionName() === "<static_initializer>")?.getTypeName();
  registry.register(name ?? undefined, recorded.source);
}

/** The URL of a script that a frame names; Bun, and CommonJS, give a path. */
function urlOf(script: string | null): string | undefined {
  return script === null ? undefined : isAbsolute(script) ? toUrl(script) : withoutQuery(script);
}

/** A query only tells copies of one file apart. */
function withoutQuery(url: string): string {
  return url.startsWith("file:") ? url.replace(/[?#].*$/s, "") : url;
}

/** A frame of V8's structured stack. Unlike the stack's text it has the module's URL as it is, spaces and all. */
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

/** The class itself and the Executor classes above it, the class itself last. */
function* chain(type: object): Generator<object> {
  const above = Object.getPrototypeOf(type);
  if (typeof above === "function" && above !== Function.prototype) yield* chain(above);
  yield type;
}

function recordOf(type: object): Recorded | undefined {
  if (!Object.hasOwn(type, Symbol.metadata)) return undefined;
  return (type as { [Symbol.metadata]?: { [BINDINGS]?: Recorded } })[Symbol.metadata]?.[BINDINGS];
}

/**
 * Every binding of a class, inherited ones included; a class's own bindings come before those above it.
 *
 * @param type The Executor class.
 * @returns Method names by endpoint; `default` is the default handler.
 * @throws {TypeError} When `static requests` names no method of the class.
 */
export function bindingsOf(
  type: { readonly name: string; readonly prototype: unknown },
): Map<string, string> {
  const bindings = new Map<string, string>();
  for (const link of chain(type)) {
    const own = new Map(recordOf(link)?.methods);
    if (Object.hasOwn(link, "requests")) {
      const table = (link as { requests?: RequestBindings }).requests;
      for (const [endpoint, method] of Object.entries(table ?? {})) {
        if (endpoint !== DEFAULT) checkEndpoint(endpoint);
        bind(own, endpoint, method, type.name);
      }
    }
    for (const [endpoint, method] of own) bindings.set(endpoint, method);
  }
  for (const [endpoint, method] of bindings) {
    if (typeof (type.prototype as Record<string, unknown>)[method] !== "function") {
      throw invalidArgument(
        `Cannot bind "${endpoint}" to ${type.name}.${method}: the class has no such method`,
      );
    }
  }
  return bindings;
}

/**
 * The URL of the module that defines a class: its `static source`, or where its decorators were applied.
 *
 * @param type The Executor class.
 * @returns The URL, without a version query.
 * @throws {TypeError} When neither tells, or `static source` is neither a URL nor an absolute path.
 */
export function sourceOf(type: { readonly name: string }): string {
  const stated = Object.hasOwn(type, "source") ? (type as { source?: string | URL }).source : undefined;
  const source = stated === undefined ? recordOf(type)?.source : statedUrl(type.name, stated);
  if (source !== undefined) return source;
  throw invalidArgument(
    `Cannot tell which module defines the Executor ${type.name}: give it \`static readonly source = import.meta.url\`, ` +
      `or name its module in \`uses\`, as in "./my_executor.ts#${type.name}"`,
  );
}

/** What `static source` says: a URL such as `import.meta.url`, or a path such as `__filename`. */
function statedUrl(name: string, stated: unknown): string {
  const text = stated instanceof URL ? stated.href : stated;
  if (typeof text === "string" && isUrl(text)) return withoutQuery(text);
  if (typeof text === "string" && isAbsolute(text)) return toUrl(text);
  throw invalidArgument(
    `Cannot use ${
      preview(stated)
    } as the \`source\` of the Executor ${name}: expected a URL or an absolute path, ` +
      "such as import.meta.url or __filename",
  );
}
