import { CutError, type FileHashes, formatError } from "../errors/mod.ts";
import type { Replica } from "../replica/replica.ts";
import { runtime } from "../runtime/mod.ts";
import { hinted } from "./_exclusive_hint.ts";

/**
 * Logs the events of a replica, and ends a worker that does not yield.
 *
 * @param replica The replica.
 * @param stuckMs How long it may go without yielding, in milliseconds.
 * @param onImported Called with a file that the worker imports after its load.
 */
export function handleEvents(
  replica: Replica,
  stuckMs: number,
  onImported: (replica: Replica, file: FileHashes[number]) => void,
): void {
  const { log } = replica;
  replica.subscribe((event) => {
    switch (event.kind) {
      case "state":
        return log.debug(`is ${event.state}`);
      case "log":
        return log.log(event.record.level, event.record.message);
      case "output": {
        const { stream, text } = event;
        return log.log(stream === "stdout" ? "info" : "warning", text, { kind: "output", stream });
      }
      case "foreign":
        return log.warning(
          "posted a message that nothing receives: in an Executor's worker, postMessage() is hotflow's own",
        );
      case "imported":
        return onImported(replica, event.file);
      case "uncaught":
        return log.error(`an error outside of any request: ${formatError(hinted(event.error))}`);
      case "stuck":
        return event.stuck ? giveUpStuck(replica, stuckMs) : log.info("yields again");
      case "death":
        // Logged with what follows from it.
        return;
      default:
        return event satisfies never;
    }
  });
}

/**
 * Answers the requests in a worker that does not yield, and ends the worker where that is possible: its deployment then
 * replaces it. Under a debugger nothing is given up, since a worker that is paused at a breakpoint does not yield either.
 */
function giveUpStuck(replica: Replica, stuckMs: number): void {
  const beginning = "has not yielded for too long: it gets no more requests";
  if (runtime.isInspected) {
    return replica.log.warning(`${beginning}; those in it are kept, since a debugger may have paused it`);
  }
  const calls = replica.cutCalls(
    new CutError(
      `${replica.name} has not yielded for ${stuckMs} ms, and the requests in it were given up: a handler loops, or ` +
        "works for long without awaiting anything; the Flow's option stuckAfter (stuck_after in YAML) raises the limit",
    ),
  );
  const answered = calls === 0 ? "" : `, and ${calls === 1 ? "the one" : `the ${calls}`} in it got 503`;
  const next = replica.killable ? "" : "Save a version that yields, or restart the process; ";
  replica.log.error(`${beginning}${answered}. ${next}the limit is stuckAfter, ${stuckMs} ms`);
  if (replica.killable) replica.die(`it did not yield for ${stuckMs} ms`);
}
