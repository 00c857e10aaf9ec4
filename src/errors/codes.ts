import { carry } from "./errors.ts";
import { LoadError, type LoadErrorCode } from "./load_error.ts";

/**
 * The `code` of the library's errors, for programs to compare: messages may change.
 *
 * - `INVALID_ARGUMENT`: an option or argument has the wrong type or value (`TypeError`, `RangeError`);
 * - `INVALID_STATE`: the call is not possible now, such as `Flow.post()` before `Flow.start()`;
 * - `LISTEN_FAILED`: the Flow cannot listen at its address, such as on a port that is in use;
 * - `INVALID_REQUEST`: a request or a JSON document has the wrong form (`InvalidRequestError`);
 * - `CLIENT_ERROR`, `SERVER_ERROR`: a Flow answered with status 4xx or 5xx (`BadClientError`, `BadServerError`);
 * - `CONNECTION_FAILED`: a request got no complete answer (`ConnectionError`);
 * - `DEPLOYMENT_DOWN`, `CALL_ABORTED`: inside a Flow, the reason why a call has no result;
 * - those of {@linkcode LoadErrorCode}: an Executor or a YAML file could not be loaded (`LoadError`).
 */
export type ErrorCode =
  | "INVALID_ARGUMENT"
  | "INVALID_STATE"
  | "LISTEN_FAILED"
  | "INVALID_REQUEST"
  | "CLIENT_ERROR"
  | "SERVER_ERROR"
  | "CONNECTION_FAILED"
  | "DEPLOYMENT_DOWN"
  | "CALL_ABORTED"
  | LoadErrorCode;

/** The codes of other errors than `LoadError`. */
const CODES: ReadonlySet<unknown> = new Set<ErrorCode>([
  ...["INVALID_ARGUMENT", "INVALID_STATE", "LISTEN_FAILED", "INVALID_REQUEST", "CLIENT_ERROR"] as const,
  ...["SERVER_ERROR", "CONNECTION_FAILED", "DEPLOYMENT_DOWN", "CALL_ABORTED"] as const,
]);

/** The code of one of the library's errors; `undefined` for any other error. */
export function codeOf(error: unknown): ErrorCode | undefined {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return error instanceof LoadError || CODES.has(code) ? code as ErrorCode : undefined;
}

/**
 * Creates the error of an option or argument with a wrong type or form. Its message contains the operation, the value,
 * and what is expected, as in `Cannot send 5: expected a Document`.
 */
export function invalidArgument(message: string, options?: ErrorOptions): TypeError {
  return coded(new TypeError(message, options), "INVALID_ARGUMENT", invalidArgument);
}

/** Creates the error of a number out of its range. */
export function outOfRange(message: string): RangeError {
  return coded(new RangeError(message), "INVALID_ARGUMENT", outOfRange);
}

/** Creates the error of a call that is not possible now. */
export function invalidState(message: string): Error {
  return coded(new Error(message), "INVALID_STATE", invalidState);
}

/** Creates the error of a server that cannot listen at its address. */
export function listenFailed(message: string, cause: unknown): Error {
  return coded(new Error(message, { cause }), "LISTEN_FAILED", listenFailed);
}

/** Sets the code, and starts the stack where `maker` was called. */
function coded<E extends Error>(error: E, code: ErrorCode, maker: (...args: never[]) => E): E {
  carry(error, { code });
  Error.captureStackTrace(error, maker);
  return error;
}
