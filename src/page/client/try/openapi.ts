/** What `openapi.json` says of the endpoints. @module */

/** A JSON Schema, or any other part of the document. */
export interface Schema {
  readonly [key: string]: unknown;
}

/** An operation of a path, as the form needs it. */
export interface Endpoint {
  /** The method and the path, such as `POST /foo`. */
  readonly key: string;
  /** The method, in capitals. */
  readonly method: string;
  /** The path, encoded as in a URL. */
  readonly path: string;
  /** The path for people. */
  readonly name: string;
  /** What it does, in a few words; may be empty. */
  readonly summary: string;
  /** Whether Executors answer it: the answer may then be a stream of documents. */
  readonly hasDocuments: boolean;
  /** A request that it takes; left out when it takes no body. */
  readonly example?: Schema;
  /** Whether the body names the endpoint. */
  readonly namesEndpoint: boolean;
  /** The schema of a document; that of a Document when the Executor has none of its own. */
  readonly document: Schema;
  /** The schema of the parameters; left out when the Executor has none. */
  readonly parameters?: Schema;
  /** The schemas that its Executors have, by what they are of. */
  readonly own: Schema;
}

/** Reads the endpoints of an OpenAPI document, in its order. */
export function endpointsOf(api: Schema): Endpoint[] {
  return entriesOf(api.paths).flatMap(([path, item]) =>
    entriesOf(item).map(([method, operation]) => endpointOf(api, method.toUpperCase(), path, operation))
  );
}

function endpointOf(api: Schema, method: string, path: string, operation: Schema): Endpoint {
  const { summary, tags, requestBody, responses } = operation;
  const content = partOf(requestBody, "content", "application/json");
  const { data, parameters } = partOf(content.schema, "properties");
  const common = partOf(api, "components", "schemas");
  const answer = partOf(responses, "200", "content", "application/json", "schema", "properties", "data");
  const isOwn = parameters !== undefined &&
    JSON.stringify(parameters) !== JSON.stringify(partOf(common, "Request", "properties").parameters);
  const own = {
    document: resolved(partOf(data).items, api),
    parameters: isOwn ? resolved(parameters, api) : undefined,
    answer: resolved(answer.items, api),
  };
  return {
    key: `${method} ${path}`,
    method,
    path,
    name: decoded(path),
    summary: typeof summary === "string" ? summary : "",
    hasDocuments: Array.isArray(tags) && tags.includes("documents"),
    ...(requestBody !== undefined && { example: partOf(content.example) }),
    namesEndpoint: Object.hasOwn(partOf(content.example), "execEndpoint"),
    document: own.document ?? partOf(common.Document),
    ...(own.parameters && { parameters: own.parameters }),
    own: Object.fromEntries(Object.entries(own).filter(([, schema]) => schema !== undefined)),
  };
}

/** A schema without a reference at its top; `undefined` when it is no schema. */
export function resolved(schema: unknown, api: Schema, depth = 0): Schema | undefined {
  if (typeof schema !== "object" || schema === null || depth > 20) return undefined;
  const { $ref, ...rest } = schema as Schema;
  if (typeof $ref !== "string") return schema as Schema;
  const steps = $ref.split("/").slice(1).map((step) =>
    decoded(step.replaceAll("~1", "/").replaceAll("~0", "~"))
  );
  const target = resolved(steps.reduce<unknown>((at, step) => Object(at)[step], api), api, depth + 1);
  return target && { ...target, ...rest };
}

/** Decodes a part of a URL; returns it unchanged where it is not encoded. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Follows names into nested objects; `{}` where one is missing. */
export function partOf(value: unknown, ...names: readonly string[]): Schema {
  const at = names.reduce<unknown>((one, name) => Object(one)[name], value);
  return typeof at === "object" && at !== null && !Array.isArray(at) ? at as Schema : {};
}

function entriesOf(value: unknown): [string, Schema][] {
  return Object.entries(partOf(value)).map(([name, one]) => [name, partOf(one)]);
}
