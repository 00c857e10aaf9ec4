import type { Backend } from "../gateway/backend.ts";
import { downStatus } from "../gateway/respond.ts";
import { write } from "./_service_messages.ts";
import { StatusProtoSchema } from "./gen/jina_pb.ts";
import type { ServiceAdder } from "./service_adder.ts";

/** Adds Jina's check of readiness: an empty status when the Flow can answer, otherwise an error with the reason. */
export function addDryRun(server: ServiceAdder, backend: Backend): void {
  server.unary("/jina.JinaGatewayDryRunRPC/dry_run", () => {
    const { downReason } = backend;
    return write(StatusProtoSchema, downReason === undefined ? {} : downStatus(downReason));
  });
}
