import { tracing } from "../trace/tracing.ts";
import type { GrpcCall } from "./_grpc_call.ts";
import { Code, GrpcError } from "./service_adder.ts";

/** The type of the active span. */
type Span = NonNullable<NonNullable<typeof tracing.spans>["openSpan"]>;

/** The codes that are faults of a server, by OpenTelemetry's conventions. */
const FAULTS: readonly Code[] = [Code.DEADLINE_EXCEEDED, Code.UNIMPLEMENTED, Code.INTERNAL, Code.UNAVAILABLE];

/**
 * Handles a call in a server span, where there is tracing.
 *
 * @param raw The call as grpc-js has it.
 */
export function tracedCall<T>(
  path: string,
  call: GrpcCall,
  raw: unknown,
  run: () => Promise<T>,
): T | Promise<T> {
  if (tracing.spans === undefined) return run();
  const name = path.slice(1);
  const served = {
    name,
    attributes: { "rpc.system": "grpc", "rpc.method": name },
    header: (key: string) => call.first(key),
    endOf: (_: unknown, error?: unknown) => {
      const code = codeOf(error);
      const isFault = error === undefined ? call.hasFault : FAULTS.includes(code as Code);
      return { attributes: { "rpc.grpc.status_code": code }, isFault };
    },
  };
  return tracing.spans.serve(served, run, spanOf(raw) ?? tracing.spans.openSpan);
}

function codeOf(error: unknown): number {
  if (error === undefined) return 0;
  return error instanceof GrpcError ? error.code : Code.INTERNAL;
}

/** The span that Deno makes of a call; Deno keeps it with the call's stream of HTTP/2, and does not make it active. */
function spanOf(raw: unknown): Span | undefined {
  const stream: object = (raw as { call?: { stream?: object } }).call?.stream ?? {};
  const key = Object.getOwnPropertySymbols(stream).find(({ description }) => description === "kOtelSpan");
  return key && (stream as Record<symbol, Span | undefined>)[key];
}
