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

const CODES: Readonly<Record<Exclude<ErrorCode, LoadErrorCode>, true>> = {
  INVALID_ARGUMENT: true,
  INVALID_STATE: true,
  LISTEN_FAILED: true,
  INVALID_REQUEST: true,
  CLIENT_ERROR: true,
  SERVER_ERROR: true,
  CONNECTION_FAILED: true,
  DEPLOYMENT_DOWN: true,
  CALL_ABORTED: true,
};

/** The code of one of the library's errors; `undefined` for any other error. */
export function codeOf(error: unknown): ErrorCode | undefined {
  if (error instanceof LoadError) return error.code;
  const code = error instanceof Error ? String((error as { code?: unknown }).code) : "";
  return Object.hasOwn(CODES, code) ? code as ErrorCode : undefined;
}
