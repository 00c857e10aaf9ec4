/** Sets properties that programs can read. They are not enumerable, so that no runtime prints them below a stack. */
export function carry(error: Error, data: object): void {
  for (const [key, value] of Object.entries(data)) {
    Object.defineProperty(error, key, { value, writable: true, configurable: true });
  }
}

/** One problem of a request, in the form that Jina's gateways use in their answers. */
export interface Issue {
  /** The path of the field, such as `["body", "data", 0, "text"]`. */
  readonly loc: readonly (string | number)[];
  /** What is expected there. */
  readonly msg: string;
  /** A machine-readable kind, such as `type_error.dict`. */
  readonly type: string;
  /** Details, such as line and column. */
  readonly ctx?: Readonly<Record<string, string | number>>;
}

/**
 * A request or a JSON document has the wrong form; HTTP status 422.
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
  /** The name of the class. */
  override readonly name = "InvalidRequestError";
  /** All problems, one entry per field. */
  declare readonly issues: readonly Issue[];

  /**
   * Creates the error of several problems.
   *
   * @param issues All problems, one entry per field.
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

/** The status of an error answer, and its other properties. */
export interface ResponseDetails {
  /** The HTTP status. */
  readonly status: number;
  /** The request's id, when the answer contains one. */
  readonly requestId?: string;
  /** The Executor that failed, when the answer names one. */
  readonly executor?: string;
}

/** The base class of errors that a Flow answered with. */
export abstract class ResponseError extends Error {
  /** The error's {@linkcode ErrorCode}: which of the classes it is. */
  abstract readonly code: "CLIENT_ERROR" | "SERVER_ERROR";
  /** The HTTP status. */
  declare readonly status: number;
  /** The request's id, when the answer contains one. */
  declare readonly requestId?: string;
  /** The Executor that failed, when the answer names one. */
  declare readonly executor?: string;

  /**
   * Creates the error of an answer.
   *
   * @param message The message of the answer.
   * @param details The status and the other properties of the answer.
   */
  constructor(message: string, details: ResponseDetails) {
    super(message);
    const { status, requestId, executor } = details;
    carry(this, { status, requestId, executor });
  }
}

/**
 * A Flow rejected a request: HTTP status 4xx. The message contains what is wrong with the request.
 *
 * @example
 * ```ts
 * import { BadClientError } from "@hotflow/hotflow";
 *
 * console.assert(new BadClientError("Not Found", { status: 404 }).status === 404);
 * ```
 */
export class BadClientError extends ResponseError {
  /** The name of the class. */
  override readonly name = "BadClientError";

  /** The error's {@linkcode ErrorCode}. */
  override get code(): "CLIENT_ERROR" {
    return "CLIENT_ERROR";
  }
}

/**
 * A Flow could not handle a request: HTTP status 500, an Executor threw; 503, a deployment is down, or the worker
 * ended that had the request; 504, a deadline passed.
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
  /** The name of the class. */
  override readonly name = "BadServerError";

  /** The error's {@linkcode ErrorCode}. */
  override get code(): "SERVER_ERROR" {
    return "SERVER_ERROR";
  }
}

/**
 * A request got no complete answer: no Flow listens at the address, the connection was lost, or the client's `timeout`
 * passed. The `cause` is the error of the connection or the timeout.
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
  /** The name of the class. */
  override readonly name = "ConnectionError";
  /** The HTTP status, when the answer had started. */
  declare readonly status?: number;
  /** The request's id. */
  declare readonly requestId?: string;
  /** Always `undefined`; declared so that `error.executor` compiles for a {@linkcode ResponseError} too. */
  declare readonly executor?: undefined;

  /**
   * Creates the error of a request without a complete answer.
   *
   * @param message What failed, and what to do.
   * @param details The request's id, the status if the answer had started, and the `cause`.
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

/** A deployment has no replica that can answer: HTTP status 503. The message contains the reason and how to recover. */
export class DownError extends Error {
  override readonly name = "DownError";

  /** The error's {@linkcode ErrorCode}. */
  get code(): "DEPLOYMENT_DOWN" {
    return "DEPLOYMENT_DOWN";
  }
}

/**
 * A call that an Executor had started was aborted by the Flow, or lost with its worker: HTTP status 503. The message
 * contains the reason.
 */
export class CutError extends Error {
  override readonly name = "CutError";

  /** The error's {@linkcode ErrorCode}. */
  get code(): "CALL_ABORTED" {
    return "CALL_ABORTED";
  }
}
