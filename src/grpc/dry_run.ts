/** Jina's checks of readiness. @module */
import type { Backend } from "../gateway/backend.ts";
import { downStatus } from "../gateway/respond.ts";
import { writeStatus } from "../protobuf/messages.ts";
import { Code, GrpcError, type ServiceAdder } from "./service_adder.ts";

/** The endpoint that a Jina gateway calls with one document to check an Executor. No handler gets it. */
export const DRY_RUN_ENDPOINT = "_jina_dry_run_";

/** Adds the check of a gateway: an empty status when the Flow can answer, otherwise an error with the reason. */
export function addDryRun(server: ServiceAdder, backend: Backend): void {
  server.unary("/jina.JinaGatewayDryRunRPC/dry_run", () => {
    const { downReason } = backend;
    return downReason === undefined ? new Uint8Array() : writeStatus(downStatus(downReason));
  });
}

/** Throws a {@linkcode GrpcError} when the Flow cannot answer. */
export function checkReady({ downReason }: Backend): void {
  if (downReason !== undefined) throw new GrpcError(Code.UNAVAILABLE, downReason);
}
