import type { Logger } from "../log/logger.ts";
import { runtime } from "../runtime/mod.ts";
import { exitCodeOf } from "../runtime/signals.ts";
import { Ending } from "./_ending.ts";
import type { FlowServer } from "./flow_server.ts";

/** The same signal again within this time is ignored: a process group may receive it twice. */
const REPEAT_MS = 1_000;

/** The number of Flows that block and are not closed yet. */
let blocking = 0;

/**
 * Waits for a signal, or until the Flow is closed; then closes it: see `Flow.block()`.
 *
 * @param closed Settled when the Flow is closed.
 * @param close Closes it.
 */
export async function blockUntilEnd(
  server: FlowServer,
  log: Logger,
  closed: Promise<void>,
  close: () => Promise<void>,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<Ending>();
  let first: number | undefined;
  const stop = runtime.onSignals((signal) => {
    if (first !== undefined && performance.now() - first >= REPEAT_MS) {
      return runtime.exit(exitCodeOf(signal));
    }
    if (first !== undefined) return;
    first = performance.now();
    log.info(`${signal}: closing; requests in flight finish first, a second ${signal} ends at once`);
    server.willExit();
    resolve(new Ending(log));
  });
  blocking++;
  const ending = await Promise.race([promise, closed.then(() => undefined)]);
  try {
    await close();
  } finally {
    blocking--;
    // After a signal the process is about to end; until then the handler keeps ignoring the same signal.
    if (ending === undefined) stop();
    // Another Flow that blocks finishes its requests first.
    else if (blocking === 0) ending.begin(server.loops);
  }
}
