import type { Logger } from "../log/logger.ts";
import { runtime } from "../runtime/mod.ts";
import type { Running } from "./_running.ts";

/** The same signal again within this time is the same wish, sent twice by a process group. */
const IMPATIENCE_MS = 1_000;

/**
 * Waits until a signal comes, or a Flow is closed; then closes it. A second signal, a second later or more, ends the
 * process at once.
 *
 * @param running The Flow.
 * @param log Its log.
 * @param closed Settled when somebody has closed it.
 * @param close Closes it.
 */
export async function blockUntilEnd(
  running: Running,
  log: Logger,
  closed: Promise<void>,
  close: () => Promise<void>,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let first: number | undefined;
  const stop = runtime.onSignals((signal) => {
    if (first !== undefined && performance.now() - first >= IMPATIENCE_MS) {
      runtime.exit(signal === "SIGTERM" ? 143 : 130);
    }
    if (first !== undefined) return;
    first = performance.now();
    log.info(`${signal}: closing; requests in flight finish first, a second ${signal} ends at once`);
    running.isEnding();
    resolve();
  });
  await Promise.race([promise, closed]);
  await close();
  // After a signal the process is about to end; until then the same signal once more is to change nothing.
  if (first === undefined) return stop();
  // A worker that never yields keeps the process alive; whoever blocks wants it to end.
  if (running.loops.length > 0) runtime.exit();
}
