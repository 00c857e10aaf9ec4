/** Errors of JavaScript's own classes with the library's codes. @module */
import { carry } from "./carry.ts";
import type { ErrorCode } from "./codes.ts";

/**
 * The error of an option or argument that has the wrong type or form; its code is `INVALID_ARGUMENT`.
 *
 * @param message What was to be done, the value, and what is expected.
 * @param options The `cause`.
 * @returns The error, to be thrown.
 */
export function invalidArgument(message: string, options?: ErrorOptions): TypeError {
  return coded(new TypeError(message, options), "INVALID_ARGUMENT", invalidArgument);
}

/** The error of a number that is out of its range; its code is `INVALID_ARGUMENT`. See {@linkcode invalidArgument}. */
export function outOfRange(message: string): RangeError {
  return coded(new RangeError(message), "INVALID_ARGUMENT", outOfRange);
}

/** The error of a call that is not possible now; its code is `INVALID_STATE`. */
export function invalidState(message: string): Error {
  return coded(new Error(message), "INVALID_STATE", invalidState);
}

/** The error of an address that cannot be listened at; its code is `LISTEN_FAILED`. */
export function listenFailed(message: string, cause: unknown): Error {
  return coded(new Error(message, { cause }), "LISTEN_FAILED", listenFailed);
}

/** Gives an error its code. Its stack begins where `maker` was called. */
function coded<E extends Error>(error: E, code: ErrorCode, maker: (...args: never[]) => E): E {
  carry(error, { code });
  Error.captureStackTrace(error, maker);
  return error;
}
