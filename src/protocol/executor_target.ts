import type { Logger } from "../log/logger.ts";
import type { Bindings } from "./endpoint_info.ts";
import type { Call, CallAnswer } from "./protocol.ts";
import type { RequestContext } from "./request_context.ts";

/** An Executor as the request graph sees it, wherever the Executor runs. */
export interface ExecutorTarget extends Bindings {
  readonly name: string;
  /** How many calls its least busy replica has in flight; infinity when no replica takes calls now. */
  readonly load: number;
  /** Why it cannot answer now; `undefined` when it can. */
  readonly downReason: string | undefined;
  /** The log that its failed and refused requests are reported to. */
  readonly logger: Pick<Logger, "log">;
  /** Whether it has a handler for an endpoint; `undefined` as long as that is unknown, since no version is loaded. */
  binds(endpoint: string): boolean | undefined;
  /**
   * Handles a request. With a `context.stream`, the documents are pushed there one by one.
   *
   * @throws {DownError} When it cannot answer now.
   * @throws {CutError} When the Flow gave up the call, or its worker ended.
   */
  call(call: Call, context: RequestContext): Promise<CallAnswer>;
}
