import { carry } from "./errors.ts";
import { LoadError, type LoadErrorCode } from "./load_error.ts";

/**
 * The `code` of the library's errors, for programs to compare: messages may change.
 *
 * - `INVALID_ARGUMENT`: an option or argument has the wrong type or value (`TypeError`, `RangeError`);
 * - `INVALID_STATE`: the call is not possible now, such as `Flow.post()` before `Flow.start()`;
 * - `LISTEN_FAILED`: the Flow cannot listen at its address, such as on a port that is in use;
 * - `INVALID_REQUEST`: a request or a JSON document has the wrong form (`InvalidRequestError`);
 * - `REQUEST_REFUSED`: a handler refuses a request (`RequestError`);
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
  | "REQUEST_REFUSED"
  | "CLIENT_ERROR"
  | "SERVER_ERROR"
  | "CONNECTION_FAILED"
  | "DEPLOYMENT_DOWN"
  | "CALL_ABORTED"
  | LoadErrorCode;

/** The codes of other errors than `LoadError`. */
const CODES: ReadonlySet<unknown> = new Set<ErrorCode>([
  ...["INVALID_ARGUMENT", "INVALID_STATE", "LISTEN_FAILED", "INVALID_REQUEST", "CLIENT_ERROR"] as const,
  ...["SERVER_ERROR", "CONNECTION_FAILED", "DEPLOYMENT_DOWN", "CALL_ABORTED", "REQUEST_REFUSED"] as const,
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
  const error = new TypeError(message, options);
  setCode(error, "INVALID_ARGUMENT", invalidArgument);
  return error;
}

/** Creates the error of a number out of its range. */
export function outOfRange(message: string): RangeError {
  const error = new RangeError(message);
  setCode(error, "INVALID_ARGUMENT", outOfRange);
  return error;
}

/** Creates the error of a call that is not possible now. */
export function invalidState(message: string, options?: ErrorOptions): Error {
  const error = new Error(message, options);
  setCode(error, "INVALID_STATE", invalidState);
  return error;
}

/** Creates the error of a server that cannot listen at its address. */
export function listenFailed(message: string, cause: unknown): Error {
  const error = new Error(message, { cause });
  setCode(error, "LISTEN_FAILED", listenFailed);
  return error;
}

/**
 * Sets the code, and starts the stack where `maker` was called. A tail call of this function would remove the frame of
 * `maker` on Bun, and with it the whole stack.
 */
function setCode(error: Error, code: ErrorCode, maker: (...args: never[]) => Error): void {
  carry(error, { code });
  Error.captureStackTrace(error, maker);
}
