import type { Backend } from "../gateway/backend.ts";
import { DEFAULT_PATH } from "../gateway/routes.ts";
import { DRY_RUN_ENDPOINT } from "./dry_run.ts";
import { write } from "./_service_messages.ts";
import { EndpointsProtoSchema } from "./gen/jina_pb.ts";
import type { ServiceAdder } from "./service_adder.ts";

/** Adds the names of the endpoints, which a Jina gateway asks an Executor for. */
export function addDiscovery(server: ServiceAdder, backend: Backend): void {
  server.unary("/jina.JinaDiscoverEndpointsRPC/endpoint_discovery", () => {
    const endpoints = new Set(backend.endpoints.map(({ path }) => path));
    if (backend.hasDefault) endpoints.add(DEFAULT_PATH);
    endpoints.add(DRY_RUN_ENDPOINT);
    return write(EndpointsProtoSchema, { endpoints: [...endpoints] });
  });
}
