import type { ExecutorTarget } from "../protocol/executor_target.ts";
import type { Call, CallAnswer } from "../protocol/protocol.ts";
import type { RequestContext } from "../protocol/request_context.ts";

/**
 * Has a worker of any Executor decode or merge documents, since the gateway's thread decodes none. This has no side
 * effects, so that another worker repeats it when one dies. With a `context.stream`, the documents are pushed there.
 *
 * @throws {DownError} When no worker can.
 */
export async function runOnAnyWorker(
  targets: readonly ExecutorTarget[],
  call: Call,
  context: RequestContext,
): Promise<CallAnswer> {
  let failure: unknown;
  // The difference of two infinite loads is not a number.
  for (const target of targets.toSorted((a, b) => a.load - b.load || 0)) {
    try {
      return await target.call({ ...call, parseOnly: true }, context);
    } catch (error) {
      if (context.cancel.reason !== undefined || context.stream?.hasBegun) throw error;
      failure ??= error;
    }
  }
  throw failure;
}
