import { invalidArgument, quoted } from "../errors/mod.ts";
import { type Batching, BatchingError } from "./batch_options.ts";
import {
  type Binding,
  checkBatch,
  checkEndpoint,
  checkHeaders,
  checkOptions,
  DEFAULT,
  type RequestBindings,
} from "./endpoint_options.ts";

// Node and Bun do not have it yet. Decorator compilers use it when they define a class, which is after this.
(Symbol as { metadata?: symbol }).metadata ??= Symbol.for("Symbol.metadata");

/** The key of a class's bindings and the URL of its module in its decorator metadata. */
const BINDINGS = Symbol.for("hotflow.bindings");

/** The bindings that the decorators of a class have recorded. */
export interface Recorded {
  source?: string;
  readonly methods: Map<string, Binding>;
}

/** Binds a method to an endpoint; throws when another method is bound to it. */
export function bind(methods: Map<string, Binding>, endpoint: string, binding: Binding, owner: string): void {
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

/** Where the decorators of a class record, found in its decorator metadata. */
export function recordedIn(metadata: object): Recorded {
  const holder = metadata as { [BINDINGS]?: Recorded };
  // The metadata of a subclass inherits from that of the class.
  if (!Object.hasOwn(holder, BINDINGS)) holder[BINDINGS] = { methods: new Map() };
  return holder[BINDINGS] as Recorded;
}

/** What the decorators of a class have recorded. */
export function recordOf(type: object): Recorded | undefined {
  if (!Object.hasOwn(type, Symbol.metadata)) return undefined;
  return (type as { [Symbol.metadata]?: { [BINDINGS]?: Recorded } })[Symbol.metadata]?.[BINDINGS];
}

/**
 * All bindings of a class, including inherited ones; a class's own bindings override those of its superclasses.
 *
 * @param batching Overrides the `batch` of the endpoints and methods that it names.
 * @returns Methods by endpoint, with the names of headers in lower case; `default` is the default handler.
 * @throws {TypeError} When `static requests` names no method of the class, or its options are invalid.
 */
export function bindingsOf(
  type: { readonly name: string; readonly prototype: unknown },
  batching: Batching = {},
): Map<string, Binding> {
  const bindings = new Map<string, Binding>();
  for (const link of chainOf(type)) {
    const own = new Map(recordOf(link)?.methods);
    const { requests: table = {} } = Object.hasOwn(link, "requests")
      ? link as { requests?: RequestBindings }
      : {};
    for (const [endpoint, entry] of Object.entries(table)) {
      bind(own, endpoint, listed(type.name, endpoint, entry), type.name);
    }
    for (const [endpoint, binding] of own) bindings.set(endpoint, binding);
  }
  const overridden = overrideBatches(type.name, bindings, batching);
  for (const [endpoint, binding] of bindings) {
    const handler = (type.prototype as Record<string, unknown>)[binding.method];
    if (typeof handler !== "function") {
      throw invalidArgument(
        `Cannot bind "${endpoint}" to ${type.name}.${binding.method}: the class has no such method`,
      );
    }
    const { batch, method } = binding;
    if (batch !== undefined) {
      namingKey(overridden.get(endpoint), () => {
        checkHeaders(binding, `${type.name}.${method}`);
        checkBatch(endpoint, binding, handler);
      });
    }
    const headers = binding.headers?.map((name) => name.toLowerCase());
    if (headers !== undefined) bindings.set(endpoint, { ...binding, headers });
  }
  return bindings;
}

/** A class and those that it extends, the last one first. */
function chainOf(type: object): object[] {
  const chain: object[] = [];
  for (let at = type; typeof at === "function" && at !== Function.prototype; at = Object.getPrototypeOf(at)) {
    chain.unshift(at);
  }
  return chain;
}

/** An entry of `static requests`. */
function listed(owner: string, endpoint: string, entry: unknown): Binding {
  if (endpoint !== DEFAULT) checkEndpoint(endpoint);
  if (typeof entry === "string") return { method: entry };
  const where = `"${endpoint}" of the \`static requests\` of ${owner}`;
  checkOptions(entry, where, "method");
  const { method } = entry as Binding;
  if (typeof method === "string") return entry as Binding;
  throw invalidArgument(
    `Cannot use ${quoted(method)} as \`method\` in ${where}: expected the name of a method`,
  );
}

/** Runs a check of a batch; its error names the key of the options that set the batch. */
function namingKey(key: string | undefined, check: () => void): void {
  try {
    check();
  } catch (error) {
    throw key === undefined ? error : new BatchingError((error as Error).message, key);
  }
}

/**
 * Sets the `batch` of the endpoints that are named, and of all endpoints of a method that is.
 *
 * @returns The names by the endpoints.
 */
function overrideBatches(
  owner: string,
  bindings: Map<string, Binding>,
  batching: Batching,
): Map<string, string> {
  const overridden = new Map<string, string>();
  const known = new Set<string>();
  for (const [endpoint, binding] of bindings) {
    // Jina's name of the default handler is a path.
    const names = [endpoint, binding.method, ...(endpoint === DEFAULT ? [`/${DEFAULT}`] : [])];
    for (const name of names) known.add(name);
    const name = names.find((name) => Object.hasOwn(batching, name));
    if (name === undefined) continue;
    overridden.set(endpoint, name);
    bindings.set(endpoint, { ...binding, batch: batching[name] });
  }
  const unknown = Object.keys(batching).find((key) => !known.has(key));
  if (unknown === undefined) return overridden;
  const endpoints = [...bindings.keys()].map((endpoint) => `"${endpoint}"`).join(", ");
  throw new BatchingError(
    `Cannot batch the requests of "${unknown}" in \`uses_dynamic_batching\`: expected an endpoint or a handler of ${owner}, such as ${
      endpoints || "none, since it binds none"
    }`,
    unknown,
  );
}
