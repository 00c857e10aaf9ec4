import type { EndpointInfo } from "../protocol/endpoint_info.ts";
import type { JsonSchema } from "../executor/json_schema.ts";
import { readStruct } from "../protobuf/struct.ts";
import { readFields } from "../protobuf/wire.ts";
import type { RemoteBindings } from "./remote_link.ts";

/** A target without discovery, such as another gateway, is taken to bind every endpoint. */
export const EVERY_ENDPOINT: RemoteBindings = {
  endpoints: [],
  hasDefault: true,
  second: new Set(),
  anyDocuments: true,
  headers: [],
};

/** How Jina's Executors call the handler of all other endpoints. */
const DEFAULT_PATH = "/default";
/** The endpoints of Jina itself. */
const OWN = /^\/?_jina_/;

/** What the schemas say of an endpoint. */
interface EndpointSchema {
  readonly input?: { readonly model?: JsonSchema };
  readonly output?: { readonly model?: JsonSchema };
  readonly parameters?: { readonly model?: JsonSchema } | null;
  readonly is_generator?: boolean;
  readonly streams?: boolean;
}

/**
 * Reads an `EndpointsProto`.
 *
 * @param headers The headers that its endpoints ask for, with commas.
 * @param anyDocuments Whether it takes documents of either generation.
 */
export function readBindings(bytes: Uint8Array, headers = "", anyDocuments = false): RemoteBindings {
  const paths: string[] = [];
  let schemas: Record<string, EndpointSchema> = {};
  readFields(bytes, (number, reader) => {
    if (number === 1) paths.push(reader.string());
    else if (number === 3) schemas = readStruct(reader.bytes()) as typeof schemas;
    else return false;
  });
  const listed = paths.filter((path) => path !== DEFAULT_PATH && !OWN.test(path));
  const second = new Set(Object.keys(schemas));
  const typed = [...second].filter((path) => !OWN.test(path)).map((path) =>
    path === DEFAULT_PATH ? "default" : path
  );
  return {
    endpoints: listed.map((path) => endpointOf(path, schemas[path])),
    hasDefault: paths.includes(DEFAULT_PATH),
    ...(typed.length > 0 && { typed }),
    second,
    anyDocuments,
    headers: headers.split(",").filter((name) => name !== ""),
    ...unary(schemas),
  };
}

function endpointOf(path: string, schema: EndpointSchema = {}): EndpointInfo {
  const { input, output, parameters, is_generator } = schema;
  return {
    path,
    method: path.replace(/\W+/g, "_").replace(/^_/, ""),
    ...(input?.model && { input: input.model }),
    ...(output?.model && { output: output.model }),
    ...(parameters?.model && { parameters: parameters.model }),
    ...(is_generator && { streams: true as const }),
  };
}

/** Jina's Executors of the second generation stream only what a generator yields. */
function unary(schemas: Record<string, EndpointSchema>): { unary?: ReadonlySet<string> } {
  const paths = Object.entries(schemas)
    .filter(([, { is_generator, streams }]) => is_generator === false && streams !== true)
    .map(([path]) => path);
  return paths.length === 0 ? {} : { unary: new Set(paths) };
}

/** The status that a `HealthCheckResponse` has when it serves. */
const SERVING = 1;

/** Reads whether a `HealthCheckResponse` reports that it serves. */
export function readHealth(bytes: Uint8Array): boolean {
  let status = 0;
  readFields(bytes, (number, reader) => {
    if (number !== 1) return false;
    status = reader.int32();
  });
  return status === SERVING;
}
