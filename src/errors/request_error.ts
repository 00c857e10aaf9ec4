import { carry } from "./errors.ts";
import { outOfRange } from "./codes.ts";
import { quoted } from "./info.ts";

/** The code of a {@linkcode RequestError}, by which those of other copies of the library are recognized, too. */
const CODE = "REQUEST_REFUSED";

/**
 * Thrown by a handler to refuse a request with a status of its own: an answer, not an error of the Executor. HTTP clients
 * receive the status with `{"detail": message}`, gRPC clients the code for it: `NOT_FOUND` for 404, `PERMISSION_DENIED`
 * for 403, and so on. In a batch, it refuses all requests of the batch.
 *
 * @example
 * ```ts
 * import { type DocumentArray, Executor, RequestError, requests } from "@hotflow/hotflow";
 *
 * export class Index extends Executor {
 *   @requests({ on: "/find" })
 *   find(docs: DocumentArray) {
 *     for (const { tags } of docs) {
 *       if (tags.index !== "books") throw new RequestError(404, `no index is named "${tags.index}"`);
 *     }
 *   }
 * }
 * console.assert(new RequestError(404, "no such index").status === 404);
 * ```
 */
export class RequestError extends Error {
  /** The code of all errors of this class. */
  declare readonly code: "REQUEST_REFUSED";
  /** The name of the class. */
  override readonly name = "RequestError";

  /**
   * Creates a refusal.
   *
   * @param status The status, from 400 to 499.
   * @param message What the client has to know.
   * @throws {RangeError} When the status is another one.
   */
  constructor(
    /** The status, from 400 to 499. */
    readonly status: number,
    message: string,
  ) {
    super(message);
    carry(this, { code: CODE });
    if (isRefusal(status)) return;
    throw outOfRange(
      `Cannot refuse a request with status ${quoted(status)}: expected a whole number from 400 to 499`,
    );
  }
}

/** The trailer of a gRPC call that contains the status of a refusal. */
export const STATUS_TRAILER = "http-status";

/** Whether a request can be refused with this status. */
export function isRefusal(status: unknown): boolean {
  return Number.isInteger(status) && (status as number) >= 400 && (status as number) <= 499;
}

/** Whether something that a handler has thrown is a {@linkcode RequestError}, of any copy of the library. */
export function isRequestError(thrown: unknown): thrown is RequestError {
  return thrown instanceof Error && (thrown as { code?: unknown }).code === CODE &&
    isRefusal((thrown as { status?: unknown }).status);
}
