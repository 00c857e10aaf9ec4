import type { Call, CallAnswer } from "../protocol/protocol.ts";
import type { RequestContext } from "../protocol/request_context.ts";
import type { Replica } from "./replica.ts";
import type { StandbyPool } from "./standby_pool.ts";

/** A worker without an Executor: it decodes, merges and converts documents. It is made when it is needed. */
export class SpareWorker {
  #replica?: Replica;

  constructor(private readonly pool: StandbyPool) {}

  /** Handles a call with `parseOnly`. */
  call(call: Call, context: RequestContext): Promise<CallAnswer> {
    if (context.cancel.reason !== undefined) return Promise.reject(context.cancel.reason);
    if (!this.#replica?.alive || this.#replica.stuck) {
      this.#replica = this.pool.take(this).replica;
      this.pool.refill();
    }
    return this.#replica.call({ ...call, parseOnly: true }, context);
  }
}
