import { type Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { CutError, isRefusal, STATUS_TRAILER } from "../errors/mod.ts";

/** A call that has not left this process, or that the other side has not begun with: it can be sent again. */
export class NotSentError extends Error {
  override readonly name = "NotSentError";

  /** @param isRefused Whether the other side has closed the connection in order; it may accept another one. */
  constructor(message: string, readonly isRefused: boolean) {
    super(message);
  }
}

/** The other side has refused the call, with the status that HTTP has for it. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";

  constructor(readonly status: number, message: string) {
    super(message);
  }
}

/** The other side has no such method. */
export class NoMethodError extends Error {
  override readonly name = "NoMethodError";
}

/** The HTTP status of the codes by which a request is refused. */
const REFUSALS: Readonly<Partial<Record<status, number>>> = {
  [status.INVALID_ARGUMENT]: 422,
  [status.UNAUTHENTICATED]: 401,
  [status.PERMISSION_DENIED]: 403,
  [status.NOT_FOUND]: 404,
  [status.ABORTED]: 409,
  [status.ALREADY_EXISTS]: 409,
  [status.FAILED_PRECONDITION]: 400,
  [status.OUT_OF_RANGE]: 400,
  [status.RESOURCE_EXHAUSTED]: 429,
};
/** How gRPC describes a message that is too large, for which it has no code of its own. */
const TOO_LARGE = /larger than max/i;
/** How grpc-js describes a call that never had a connection. */
const NOT_SENT = /^(No connection established|Name resolution failed|Channel closed)/;
/** How it describes a call of which a server has said that it does not handle it. */
const REFUSED = /^Stream refused/;
/** How it describes an answer that is not one of gRPC. */
const NOT_GRPC = /^(Received HTTP status code|Protocol error)|Call ended without gRPC status/;
/** How it describes connections that ended within an answer. */
const LOST =
  /^(Received RST_STREAM|(read|write) E[A-Z]+|Connection dropped|Call cancelled|No status information|Write (error|failed))/;

/**
 * The error of a call that has no answer.
 *
 * @param isBegun Whether the answer had begun.
 */
export function toCallError(error: ServiceError, url: string, isBegun: boolean): Error {
  const { code, details, metadata } = error;
  if (!isBegun && (NOT_SENT.test(details) || isRefused(error))) {
    return new NotSentError(plainReason(details), isRefused(error));
  }
  if (code === status.DEADLINE_EXCEEDED) {
    return new DOMException(`${url} did not answer in time: ${details}`, "TimeoutError");
  }
  const isAnswer = !LOST.test(details) && (isBegun || hasEntries(metadata));
  if (!isAnswer) return lostError(url, details);
  if (code === status.UNIMPLEMENTED) {
    return new NoMethodError(`${url} does not answer as Jina's Executors do: ${details}`);
  }
  if (code === status.UNAVAILABLE) return new CutError(`${url} is unavailable: ${details}`);
  const stated = Number(metadata.get(STATUS_TRAILER).at(0));
  const refusal = isRefusal(stated) ? stated : TOO_LARGE.test(details) ? 413 : REFUSALS[code];
  return refusal === undefined
    ? new Error(`${url} failed: ${details} (${status[code]})`)
    : new RefusedError(refusal, details);
}

/** The error of a call whose connection is lost as of now. */
export function lostError(url: string, reason: string): CutError {
  const since = new Date().toISOString();
  return new CutError(
    `the connection to ${url} was lost before the answer; it is away since ${since}: ${reason}`,
  );
}

function hasEntries(metadata: Metadata): boolean {
  return Object.keys(metadata.getMap()).length > 0;
}

/** Whether a server has said that it does not handle a call, since it closes the connection. */
export function isRefused({ details }: ServiceError): boolean {
  return REFUSED.test(details);
}

/** Whether a server has answered a call by gRPC that it does not have its service. */
export function isWithout({ code, details }: ServiceError): boolean {
  return (code === status.UNIMPLEMENTED || code === status.NOT_FOUND) && !NOT_GRPC.test(details);
}

/** Why there is no connection, without the words that grpc-js adds. */
export function plainReason(details: string): string {
  const reason = details.replace(/^No connection established\. Last error: (?:Error: )?/, "")
    .replace(/\. Resolution note: $/, "").replace(/ \(\d{4}-\d\d-\d\dT[\d:.]+Z\)$/, "");
  return NOT_GRPC.test(reason) ? `it is not a server of gRPC: ${reason}` : reason;
}
