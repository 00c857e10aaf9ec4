import type { RequestContext } from "../protocol/request_context.ts";
import type { Deployment } from "../deployment/deployment.ts";
import type { Call, CallAnswer } from "../protocol/protocol.ts";

/**
 * Has some worker of the Flow read or merge documents for no Executor in particular: the gateway's thread parses
 * none. Nothing is changed by it, so that another worker can do it when one dies. With a stream, the documents go
 * there one by one.
 *
 * @throws {DownError} When no worker can.
 */
export async function runOnAnyWorker(
  deployments: readonly Deployment[],
  call: Call,
  context: RequestContext,
): Promise<CallAnswer> {
  let failure: unknown;
  // Of two that cannot say how busy they are, the difference is not a number.
  for (const deployment of deployments.toSorted((a, b) => a.load - b.load || 0)) {
    try {
      return await deployment.call({ ...call, parseOnly: true }, context);
    } catch (error) {
      if (context.cancel.reason !== undefined || context.stream?.hasBegun) throw error;
      failure ??= error;
    }
  }
  throw failure;
}
