import type { Backend } from "../gateway/backend.ts";
import { downStatus } from "../gateway/respond.ts";
import { writeStatus } from "../protobuf/messages.ts";
import type { ServiceAdder } from "./service_adder.ts";

/** Adds Jina's check of readiness: an empty status when the Flow can answer, otherwise an error with the reason. */
export function addDryRun(server: ServiceAdder, backend: Backend): void {
  server.unary("/jina.JinaGatewayDryRunRPC/dry_run", () => {
    const { downReason } = backend;
    return downReason === undefined ? new Uint8Array() : writeStatus(downStatus(downReason));
  });
}
