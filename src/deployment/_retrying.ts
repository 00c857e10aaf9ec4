import { LoadError } from "../errors/mod.ts";

/**
 * The pauses between attempts to construct an Executor, in milliseconds. A worker that was terminated keeps what it holds
 * until its thread has ended, which no runtime reports.
 */
const RETRY_MS = [25, 75, 200, 500];

/** How long attempts are repeated, in milliseconds: by then the thread has ended. */
const HELD_MS = 2_000;

/**
 * Retries a step that may fail because a terminated worker still holds what it needs.
 *
 * @param retries Whether a worker was terminated; otherwise the step runs once.
 * @param isPossible Whether another attempt makes sense.
 */
export async function retrying(
  retries: boolean,
  step: () => Promise<void>,
  isPossible: () => boolean,
): Promise<void> {
  const startedAt = performance.now();
  for (const waitMs of retries ? RETRY_MS : []) {
    try {
      return await step();
    } catch (error) {
      // A step that timed out may still be running, so it is not repeated.
      const isTimeout = error instanceof LoadError && error.code === "LOAD_TIMEOUT";
      if (isTimeout || performance.now() - startedAt > HELD_MS || !isPossible()) throw error;
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      if (!isPossible()) throw error;
    }
  }
  await step();
}
