/** Creates errors of JavaScript's own classes with an {@linkcode ErrorCode}. @module */
import { carry } from "./carry.ts";
import type { ErrorCode } from "./codes.ts";

/**
 * Creates the error of an option or argument with a wrong type or form; its code is `INVALID_ARGUMENT`.
 *
 * @param message The operation, the value, and what is expected, as in `Cannot send 5: expected a Document`.
 * @param options The `cause`.
 * @returns The error to throw.
 */
export function invalidArgument(message: string, options?: ErrorOptions): TypeError {
  return coded(new TypeError(message, options), "INVALID_ARGUMENT", invalidArgument);
}

/** Creates the error of a number out of its range; its code is `INVALID_ARGUMENT`, as in {@linkcode invalidArgument}. */
export function outOfRange(message: string): RangeError {
  return coded(new RangeError(message), "INVALID_ARGUMENT", outOfRange);
}

/** Creates the error of a call that is not possible now; its code is `INVALID_STATE`. */
export function invalidState(message: string): Error {
  return coded(new Error(message), "INVALID_STATE", invalidState);
}

/** Creates the error of a server that cannot listen at its address; its code is `LISTEN_FAILED`. */
export function listenFailed(message: string, cause: unknown): Error {
  return coded(new Error(message, { cause }), "LISTEN_FAILED", listenFailed);
}

/** Sets the code, and starts the stack where `maker` was called. */
function coded<E extends Error>(error: E, code: ErrorCode, maker: (...args: never[]) => E): E {
  carry(error, { code });
  Error.captureStackTrace(error, maker);
  return error;
}
