import { carry } from "./carry.ts";

/** One thing that is wrong with a request, in the shape the recorded Jina gateways answer with. */
export interface Issue {
  /** The way to the field, such as `["body", "data", 0, "text"]`. */
  readonly loc: readonly (string | number)[];
  /** What is wanted there. */
  readonly msg: string;
  /** A machine-readable kind, such as `type_error.dict`. */
  readonly type: string;
  /** More about it, such as line and column. */
  readonly ctx?: Readonly<Record<string, string | number>>;
}

/**
 * A request or a JSON document that does not have the right form; HTTP status 422.
 *
 * @example
 * ```ts
 * import { DocumentArray, InvalidRequestError } from "@hotflow/hotflow";
 *
 * try {
 *   DocumentArray.fromJSON([{ tags: "not an object" }]);
 * } catch (error) {
 *   console.assert(error instanceof InvalidRequestError && error.issues[0].loc.join(".") === "0.tags");
 * }
 * ```
 */
export class InvalidRequestError extends TypeError {
  /** Its class, for whoever has only its text. */
  override readonly name = "InvalidRequestError";
  /** Everything that is wrong, one entry a field. */
  declare readonly issues: readonly Issue[];

  /**
   * Made of all mistakes together.
   *
   * @param issues Everything that is wrong, one entry a field.
   */
  constructor(issues: readonly Issue[]) {
    super(
      `Cannot read the request: ${issues.map((issue) => `${issue.loc.join(".")}: ${issue.msg}`).join("; ")}`,
    );
    carry(this, { issues });
  }

  /** The error's {@linkcode ErrorCode}. */
  get code(): "INVALID_REQUEST" {
    return "INVALID_REQUEST";
  }
}

/** What an answer that is an error says besides its message. */
export interface ResponseDetails {
  /** The HTTP status. */
  readonly status: number;
  /** The request's id, when the answer carried one. */
  readonly requestId?: string;
  /** The Executor that failed, when the answer named one. */
  readonly executor?: string;
}

/** What the errors of a Flow's answers have in common. */
export abstract class ResponseError extends Error {
  /** The error's {@linkcode ErrorCode}: which of the classes it is. */
  abstract readonly code: "CLIENT_ERROR" | "SERVER_ERROR";
  /** The HTTP status. */
  declare readonly status: number;
  /** The request's id, when the answer carried one. */
  declare readonly requestId?: string;
  /** The Executor that failed, when the answer named one. */
  declare readonly executor?: string;

  /**
   * Made of an answer.
   *
   * @param message What the Flow answered.
   * @param details What else the answer said.
   */
  constructor(message: string, details: ResponseDetails) {
    super(message);
    const { status, requestId, executor } = details;
    carry(this, { status, requestId, executor });
  }
}

/**
 * A Flow refused a request: HTTP status 4xx. The message names what is wrong with it.
 *
 * @example
 * ```ts
 * import { BadClientError } from "@hotflow/hotflow";
 *
 * console.assert(new BadClientError("Not Found", { status: 404 }).status === 404);
 * ```
 */
export class BadClientError extends ResponseError {
  /** Its class, for whoever has only its text. */
  override readonly name = "BadClientError";

  /** The error's {@linkcode ErrorCode}. */
  override get code(): "CLIENT_ERROR" {
    return "CLIENT_ERROR";
  }
}

/**
 * A Flow could not answer: HTTP status 500, an Executor threw; 503, a deployment is down; 504, a deadline passed.
 *
 * @example
 * ```ts
 * import { BadServerError } from "@hotflow/hotflow";
 *
 * const error = new BadServerError("boom", { status: 500, executor: "MyExecutor" });
 * console.assert(error.executor === "MyExecutor");
 * ```
 */
export class BadServerError extends ResponseError {
  /** Its class, for whoever has only its text. */
  override readonly name = "BadServerError";

  /** The error's {@linkcode ErrorCode}. */
  override get code(): "SERVER_ERROR" {
    return "SERVER_ERROR";
  }
}

/**
 * A request got no answer: no Flow listens at the address, it went away before its answer was complete, or it did not
 * answer within the client's `timeout`; `cause` says which.
 *
 * @example
 * ```ts
 * import { ConnectionError } from "@hotflow/hotflow";
 *
 * const error = new ConnectionError("Cannot reach a Flow", { requestId: "a1" });
 * console.assert(error.requestId === "a1" && error.status === undefined);
 * ```
 */
export class ConnectionError extends Error {
  /** Its class, for whoever has only its text. */
  override readonly name = "ConnectionError";
  /** The HTTP status, when an answer had begun. */
  declare readonly status?: number;
  /** The request's id. */
  declare readonly requestId?: string;
  /** Never there, since no answer named one; the errors of answers have it. */
  declare readonly executor?: undefined;

  /**
   * Made where a request went unanswered.
   *
   * @param message What was tried, and what to do.
   * @param details The request's id, the status if an answer had begun, and the `cause`.
   */
  constructor(message: string, details: ErrorOptions & Partial<Omit<ResponseDetails, "executor">> = {}) {
    super(message, "cause" in details ? { cause: details.cause } : undefined);
    carry(this, { status: details.status, requestId: details.requestId });
  }

  /** The error's {@linkcode ErrorCode}. */
  get code(): "CONNECTION_FAILED" {
    return "CONNECTION_FAILED";
  }
}

/** A deployment has nothing that could answer: HTTP status 503. The message says why and what brings it back. */
export class DownError extends Error {
  override readonly name = "DownError";

  /** The error's {@linkcode ErrorCode}. */
  get code(): "DEPLOYMENT_DOWN" {
    return "DEPLOYMENT_DOWN";
  }
}

/** A call was given up by the Flow although its Executor had begun with it: HTTP status 503. The message says why. */
export class CutError extends Error {
  override readonly name = "CutError";

  /** The error's {@linkcode ErrorCode}. */
  get code(): "CALL_ABORTED" {
    return "CALL_ABORTED";
  }
}
