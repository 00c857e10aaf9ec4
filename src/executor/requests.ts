import type { DocumentArray } from "../document/document_array.ts";
import { invalidArgument, inWorker } from "../errors/mod.ts";
import { bind, recordedIn } from "./bindings.ts";
import {
  checkEndpoint,
  checkOptions,
  DEFAULT,
  type EndpointOptions,
  type RequestsOptions,
} from "./endpoint_options.ts";
import type { Handler, HandlerContext } from "./handler.ts";
import { noteSource } from "./source.ts";
import type { SchemaOutput, StandardSchema, Typed, TypedResult } from "./standard_schema.ts";

/** A method of any class that can be a handler of an endpoint with these options. */
export type HandlerMethod<Options extends EndpointOptions = EndpointOptions> = (
  this: never,
  docs: Options extends { input: infer S extends StandardSchema }
    // A schema of any type.
    ? unknown extends SchemaOutput<S> ? never : Typed<S>[]
    : DocumentArray,
  context: HandlerContext<
    Options extends { parameters: infer S extends StandardSchema } ? SchemaOutput<S> : Record<string, unknown>
  >,
) => Options extends { output: infer S extends StandardSchema } ? TypedResult<S> | Promise<TypedResult<S>>
  : ReturnType<Handler>;

/** The decorator that `@requests(…)` returns: it takes methods whose parameters and results fit the schemas. */
export type RequestsDecorator<Options extends EndpointOptions = EndpointOptions> = (
  method: HandlerMethod<Options>,
  context: ClassMethodDecoratorContext<never>,
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
export function requests(method: HandlerMethod, context: ClassMethodDecoratorContext<never>): void;
/** The form with parentheses: `@requests()`, `@requests({ on })`. */
export function requests<
  Input extends StandardSchema | undefined = undefined,
  Output extends StandardSchema | undefined = undefined,
  Parameters extends StandardSchema | undefined = undefined,
>(
  options?: Omit<RequestsOptions, "input" | "output" | "parameters"> & {
    input?: Input;
    output?: Output;
    parameters?: Parameters;
  },
): RequestsDecorator<{ input: Input; output: Output; parameters: Parameters }>;
export function requests(
  first?: HandlerMethod | RequestsOptions,
  context?: ClassMethodDecoratorContext<never>,
): void | RequestsDecorator {
  if (typeof first === "function" || arguments.length > 1) return record(context, [DEFAULT], {});
  if (first !== undefined) checkOptions(first, "@requests", "on");
  const endpoints = first?.on === undefined ? [DEFAULT] : [first.on].flat();
  if (endpoints.length === 0) {
    throw invalidArgument("Cannot bind a handler to an empty list: omit `on`, or name an endpoint");
  }
  for (const endpoint of endpoints) if (endpoint !== DEFAULT) checkEndpoint(endpoint);
  const { on: _, ...options } = first ?? {};
  return (_method, context) => record(context, endpoints, options);
}

function record(
  context: ClassMethodDecoratorContext<never> | undefined,
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
  const recorded = recordedIn(context.metadata);
  const binding = { ...options, method: name };
  for (const endpoint of endpoints) bind(recorded.methods, endpoint, binding, "the class");
  // Only the program that starts the Flow needs it, and it would take a worker more than half a millisecond.
  if (recorded.source === undefined && !inWorker()) noteSource(recorded);
}
