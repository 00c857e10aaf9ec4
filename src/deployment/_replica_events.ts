import { type FileHashes, formatError } from "../errors/mod.ts";
import type { Logger } from "../log/logger.ts";
import type { ReplicaEvent } from "../replica/events.ts";
import type { Replica } from "../replica/replica.ts";
import { hinted } from "./_exclusive_hint.ts";
import { giveUpStuck } from "./_stuck.ts";

/**
 * Logs the events of a replica, and ends a worker that does not yield.
 *
 * @param replica The replica.
 * @param log Its log.
 * @param stuckMs How long it may go without yielding, in milliseconds.
 * @param onImported Called with a file that the worker imports after its load.
 */
export function handleEvents(
  replica: Replica,
  log: Logger,
  stuckMs: number,
  onImported: (replica: Replica, file: FileHashes[number]) => void,
): void {
  replica.subscribe((event: ReplicaEvent) => {
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
        return event.stuck ? giveUpStuck(replica, stuckMs, log) : log.info("yields again");
      case "death":
        // Logged with what follows from it.
        return;
      default:
        return event satisfies never;
    }
  });
}
