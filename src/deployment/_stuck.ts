import { CutError } from "../errors/mod.ts";
import type { Logger } from "../log/logger.ts";
import type { Replica } from "../replica/replica.ts";
import { runtime } from "../runtime/mod.ts";

/**
 * Answers the requests in a worker that does not yield, and ends the worker where that is possible: its deployment then
 * replaces it. Under a debugger nothing is given up, since a worker that is paused at a breakpoint does not yield either.
 *
 * @param replica The worker.
 * @param stuckMs How long it may go without yielding, in milliseconds.
 * @param log Its log.
 */
export function giveUpStuck(replica: Replica, stuckMs: number, log: Logger): void {
  const beginning = "has not yielded for too long: it gets no more requests";
  if (runtime.isInspected) {
    return log.warning(`${beginning}; those in it are kept, since a debugger may have paused it`);
  }
  const calls = replica.cutCalls(
    new CutError(
      `${replica.name} has not yielded for ${stuckMs} ms, and the requests in it were given up: a handler loops, or ` +
        "works for long without awaiting anything; the Flow's option stuckAfter (stuck_after in YAML) raises the limit",
    ),
  );
  const answered = calls === 0 ? "" : `, and ${calls === 1 ? "the one" : `the ${calls}`} in it got 503`;
  const next = replica.killable ? "" : "Save a version that yields, or restart the process; ";
  log.error(`${beginning}${answered}. ${next}the limit is stuckAfter, ${stuckMs} ms`);
  if (replica.killable) replica.die(`it did not yield for ${stuckMs} ms`);
}
