import { InvalidRequestError } from "../errors/mod.ts";

/** What is wrong with bytes that are being decoded, with its path. */
export class DecodeError extends Error {
  /** The path, innermost step first. */
  readonly #steps: (string | number)[] = [];

  constructor(message: string, readonly type = "value_error.protobuf") {
    super(message);
  }

  /** Adds the next outer steps of the path: the key or index of the value in what contains it. */
  within(...steps: (string | number)[]): this {
    this.#steps.push(...steps.toReversed());
    return this;
  }

  /** The error for the sender; `loc` is the path of what was decoded. */
  toInvalidRequest(loc: readonly (string | number)[]): InvalidRequestError {
    const { message: msg, type } = this;
    return new InvalidRequestError([{ loc: [...loc, ...this.#steps.toReversed()], msg, type }]);
  }
}

/** Adds a step to the path of an error, unless the call stack is exhausted. */
export function within(error: unknown, ...steps: (string | number)[]): unknown {
  if (error instanceof DecodeError) return error.within(...steps);
  const { message } = error as Error;
  if (message.includes("call stack")) return error;
  return new DecodeError(`malformed protobuf: ${message}`).within(...steps);
}

/**
 * Decodes bytes.
 *
 * @param loc The path of what is decoded.
 * @throws {InvalidRequestError} When the bytes are not valid; the error has the place.
 */
export function decodeAt<T>(loc: readonly (string | number)[], decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    const located = within(error);
    throw located instanceof DecodeError ? located.toInvalidRequest(loc) : located;
  }
}
