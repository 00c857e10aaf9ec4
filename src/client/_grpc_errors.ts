import { type ServiceError, status } from "@grpc/grpc-js";
import { ConnectionError, isRefusal, ResponseError, STATUS_TRAILER } from "../errors/mod.ts";
import { responseError } from "./_protobuf.ts";
import { unfinished, unreachable } from "./_request.ts";

/** The HTTP status of gRPC's status codes; any other code is 500. */
const HTTP_STATUS: Readonly<Partial<Record<status, number>>> = {
  [status.CANCELLED]: 503,
  [status.INVALID_ARGUMENT]: 422,
  [status.DEADLINE_EXCEEDED]: 504,
  [status.NOT_FOUND]: 404,
  [status.ALREADY_EXISTS]: 409,
  [status.PERMISSION_DENIED]: 403,
  [status.RESOURCE_EXHAUSTED]: 413,
  [status.FAILED_PRECONDITION]: 400,
  [status.ABORTED]: 409,
  [status.OUT_OF_RANGE]: 400,
  [status.UNIMPLEMENTED]: 404,
  [status.UNAVAILABLE]: 503,
  [status.UNAUTHENTICATED]: 401,
};
/** How grpc-js describes connections that ended within an answer. */
const LOST =
  /^(Received RST_STREAM|Connection dropped|Call cancelled|Stream refused|No status information|Write (error|failed))/;

/**
 * The client's error for an error of grpc-js.
 *
 * @param started Whether the answer had started.
 */
export function toError(error: unknown, address: string, requestId: string, started: boolean): Error {
  if (error instanceof ResponseError || error instanceof ConnectionError) return error;
  const { code, details, metadata } = error as ServiceError;
  const refusal = Number(metadata?.get(STATUS_TRAILER).at(0));
  if (isRefusal(refusal)) return responseError(details, { status: refusal, requestId });
  // Without headers of a server, the status is that of the connection.
  const isAnswer = started ? !LOST.test(details) : Object.keys(metadata.getMap()).length > 0;
  if (isAnswer) return responseError(details, { status: HTTP_STATUS[code] ?? 500, requestId });
  const reason = details.replace(/\. Resolution note: $/, "");
  return started
    ? unfinished(address, error, requestId, 200, reason)
    : unreachable(address, error, requestId, reason);
}
