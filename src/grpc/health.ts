import type { Backend } from "../gateway/backend.ts";
import { read, write } from "./_service_messages.ts";
import {
  HealthCheckRequestSchema,
  HealthCheckResponse_ServingStatus as Status,
  HealthCheckResponseSchema,
} from "./gen/grpc/health/v1/health_pb.ts";
import { SERVICE_NAMES } from "./services.ts";
import { Code, GrpcError, type ServiceAdder } from "./service_adder.ts";

/** Adds gRPC's health service: the server, and each of its services, serves when every deployment can answer. */
export function addHealth(server: ServiceAdder, backend: Backend): void {
  server.unary("/grpc.health.v1.Health/Check", (request) => {
    const { service } = read(HealthCheckRequestSchema, request);
    const status = statusOf(service, backend);
    if (status === Status.SERVICE_UNKNOWN) {
      const names = SERVICE_NAMES.join(", ");
      throw new GrpcError(Code.NOT_FOUND, `Cannot check "${service}": expected "" or one of ${names}`);
    }
    return write(HealthCheckResponseSchema, { status });
  });
  server.serverStream("/grpc.health.v1.Health/Watch", (request, { signal }) => {
    const { service } = read(HealthCheckRequestSchema, request);
    return watch(service, backend, signal);
  });
}

/** The health now, and after each change, until the call ends. */
async function* watch(service: string, backend: Backend, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  let wake = () => {};
  const stop = backend.onChange(() => wake());
  signal.addEventListener("abort", () => wake(), { once: true });
  try {
    let sent: Status | undefined;
    while (!signal.aborted) {
      const change = Promise.withResolvers<void>();
      wake = change.resolve;
      const status = statusOf(service, backend);
      if (status !== sent) yield write(HealthCheckResponseSchema, { status });
      sent = status;
      await change.promise;
    }
  } finally {
    stop();
  }
}

function statusOf(service: string, { downReason }: Backend): Status {
  if (service !== "" && !SERVICE_NAMES.includes(service)) return Status.SERVICE_UNKNOWN;
  return downReason === undefined ? Status.SERVING : Status.NOT_SERVING;
}
