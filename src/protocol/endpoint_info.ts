import type { JsonSchema } from "../executor/json_schema.ts";

/** An endpoint that an Executor binds. */
export interface EndpointInfo {
  readonly path: string;
  readonly method: string;
  /** What it does, in a few words. */
  readonly summary?: string;
  /** The JSON Schema of an input document; `{}` when the schema cannot be expressed, left out without a schema. */
  readonly input?: JsonSchema;
  /** The JSON Schema of an output document, in the same way. */
  readonly output?: JsonSchema;
  /** The JSON Schema of the parameters, in the same way. */
  readonly parameters?: JsonSchema;
  /** The names of the headers that its handler asks for, in lower case; left out without any. */
  readonly headers?: readonly string[];
  /** Whether its handler is a generator, so that its documents can come one by one; otherwise left out. */
  readonly streams?: true;
}

/** Which endpoints are bound: those of one Executor, or of a whole Flow. */
export interface Bindings {
  readonly endpoints: readonly EndpointInfo[];
  /** Whether a default handler answers all other endpoints. */
  readonly hasDefault: boolean;
  /** The default handler, when it has a schema or is a generator; `path` is `default`. */
  readonly fallback?: EndpointInfo;
  /** The endpoints whose documents have a schema, `default` included; left out without any. */
  readonly typed?: readonly string[];
  /** The names of the headers that some handler asks for, in lower case; left out without any. */
  readonly headers?: readonly string[];
}

/** Whether an endpoint is bound by its own name. */
export function isListed(endpoint: string, { endpoints }: Bindings): boolean {
  return endpoints.some(({ path }) => path === endpoint);
}

/** What is known of the handler of an endpoint. */
export function infoOf(endpoint: string, { endpoints, fallback }: Bindings): EndpointInfo | undefined {
  return endpoints.find(({ path }) => path === endpoint) ?? (fallback && { ...fallback, path: endpoint });
}

/** Whether some handler answers an endpoint. */
export function isBound(endpoint: string, bindings: Bindings): boolean {
  return bindings.hasDefault || isListed(endpoint, bindings);
}
