import type { JsonObject } from "@bufbuild/protobuf";
import type { Backend } from "../gateway/backend.ts";
import { DEFAULT_PATH } from "../gateway/routes.ts";
import { DRY_RUN_ENDPOINT } from "./dry_run.ts";
import { write } from "./_service_messages.ts";
import { EndpointsProtoSchema } from "./gen/jina_pb.ts";
import type { ServiceAdder } from "./service_adder.ts";

/** Adds the names of the endpoints, which a Jina gateway asks an Executor for. */
export function addDiscovery(server: ServiceAdder, backend: Backend): void {
  server.unary("/jina.JinaDiscoverEndpointsRPC/endpoint_discovery", (_, { trailers }) => {
    const { headers = [] } = backend;
    // Another Flow converts no documents for hotflow, and passes on the headers that are asked for.
    trailers.set("documents", "any");
    if (headers.length > 0) trailers.set("asked-headers", headers.join());
    const endpoints = new Set(backend.endpoints.map(({ path }) => path));
    if (backend.hasDefault) endpoints.add(DEFAULT_PATH);
    endpoints.add(DRY_RUN_ENDPOINT);
    return write(EndpointsProtoSchema, { endpoints: [...endpoints], ...schemasOf(backend) });
  });
}

/** The JSON Schemas of the documents of endpoints that have them, in Jina's form. */
function schemasOf({ endpoints }: Backend): { schemas?: JsonObject } {
  const typed = endpoints.filter(({ input, output, parameters }) => input ?? output ?? parameters);
  if (typed.length === 0) return {};
  const one = (path: string, side: string, model: unknown) => ({ name: `${path.slice(1)}_${side}`, model });
  const schemas = Object.fromEntries(typed.map(({ path, input = {}, output = {}, parameters }) => [path, {
    input: one(path, "input", input),
    output: one(path, "output", output),
    parameters: parameters === undefined ? null : one(path, "parameters", parameters),
    is_generator: false,
    // Of hotflow: any of its handlers can.
    streams: true,
    is_singleton_doc: false,
  }]));
  return { schemas: schemas as JsonObject };
}
