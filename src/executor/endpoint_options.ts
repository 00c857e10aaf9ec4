import { invalidArgument, quoted } from "../errors/mod.ts";
import { type BatchOptions, batchProblem } from "./batch_options.ts";
import { isSchema, type StandardSchema } from "./standard_schema.ts";

/** The key of the handler of all endpoints that are not bound. */
export const DEFAULT = "default";

/** How a method handles the requests of an endpoint. */
export interface EndpointOptions {
  /** The schema of the input documents: the handler gets plain objects of the schema, each with its `id`. */
  input?: StandardSchema | undefined;
  /** The schema of the documents that it answers with. */
  output?: StandardSchema | undefined;
  /** The schema of the parameters. */
  parameters?: StandardSchema | undefined;
  /** Documents of concurrent requests with equal parameters are handled together. */
  batch?: BatchOptions | undefined;
  /** The names of the HTTP headers, or gRPC metadata, that the context contains. */
  headers?: readonly string[] | undefined;
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

const OPTIONS = ["input", "output", "parameters", "batch", "headers"] as const;

/**
 * Rejects unknown options, since a misspelled one would have no effect, and values that cannot work.
 *
 * @param where Whose options they are.
 * @param first The name of the option that tells the endpoints, or the method.
 */
export function checkOptions(options: unknown, where: string, first: "on" | "method"): void {
  const example = first === "on" ? '@requests({ on: "/search" })' : '"/search": { method: "search" }';
  if (typeof options !== "object" || options === null) {
    throw invalidArgument(`Cannot use ${quoted(options)} in ${where}: write ${example}`);
  }
  const known: readonly string[] = [first, ...OPTIONS];
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    throw invalidArgument(
      `Cannot use the option "${unknown}" in ${where}: expected ${
        known.slice(0, -1).join(", ")
      } or headers, as in ${example}`,
    );
  }
  checkSchemas(options, where);
  checkHeaders(options, where);
}

function checkSchemas(options: EndpointOptions, where: string): void {
  for (const name of ["input", "output", "parameters"] as const) {
    const value = options[name];
    if (value === undefined || isSchema(value)) continue;
    throw invalidArgument(
      `Cannot use ${quoted(value)} as \`${name}\` in ${where}: expected a schema of a library that follows ` +
        "Standard Schema, such as z.object({ … }) of zod",
    );
  }
}

/** Rejects names that no request can have, and headers of a batch, whose requests have different ones. */
export function checkHeaders({ headers, batch }: EndpointOptions, where: string): void {
  if (headers === undefined) return;
  const isName = (name: unknown) => typeof name === "string" && /^[!#$%&'*+.^_`|~0-9a-z-]+$/i.test(name);
  if (!Array.isArray(headers) || !headers.every(isName)) {
    const expected = 'expected a list of header names, such as ["authorization"]';
    throw invalidArgument(`Cannot use headers ${quoted(headers)} in ${where}: ${expected}`);
  }
  if (batch === undefined) return;
  throw invalidArgument(
    `Cannot use headers together with batch in ${where}: the requests of a batch have different headers; remove one`,
  );
}

/** Rejects what is no path of an endpoint. */
export function checkEndpoint(endpoint: unknown): asserts endpoint is string {
  if (typeof endpoint === "string" && endpoint.startsWith("/")) return;
  const expected = 'expected a path that begins with "/", as in "/search"';
  throw invalidArgument(`Cannot bind the endpoint ${JSON.stringify(endpoint)}: ${expected}`);
}

const GENERATORS: ReadonlySet<string> = new Set(["GeneratorFunction", "AsyncGeneratorFunction"]);

/** Whether a handler is a generator, `async` or not. */
export function isGenerator(handler: unknown): boolean {
  return GENERATORS.has(Object.prototype.toString.call(handler).slice(8, -1));
}

/** Rejects options of batches that are invalid, and those of handlers whose requests cannot be handled together. */
export function checkBatch(endpoint: string, { batch }: Binding, handler: object): void {
  const refuse = (why: string) => {
    throw invalidArgument(`Cannot batch the requests of "${endpoint}": ${why}`);
  };
  const problem = batchProblem(batch);
  if (problem !== undefined) refuse(problem);
  if (isGenerator(handler)) {
    refuse(
      "its handler is a generator; return an array of documents, or remove `batch`, which may be in `uses_dynamic_batching`",
    );
  }
}
