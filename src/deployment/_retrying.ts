import { LoadError } from "../errors/mod.ts";

/**
 * How long to wait before another try to construct an Executor, in milliseconds. A worker that was terminated keeps
 * what it holds until its thread has ended, which no runtime reports.
 */
const RETRY_MS = [25, 75, 200, 500];

/** How long after the first try it is not tried again, in milliseconds: by then the thread has ended. */
const HELD_MS = 2_000;

/** Tries a step again while it fails and a terminated worker may still hold what it needs. */
export async function retrying(
  retries: boolean,
  step: () => Promise<void>,
  isPossible: () => boolean,
): Promise<void> {
  const startedAt = performance.now();
  // A step that did not end in time may still go on, so it is not repeated.
  const isOver = (error: unknown) =>
    (error instanceof LoadError && error.code === "LOAD_TIMEOUT") ||
    performance.now() - startedAt > HELD_MS || !isPossible();
  for (const waitMs of retries ? RETRY_MS : []) {
    try {
      return await step();
    } catch (error) {
      if (isOver(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      if (!isPossible()) throw error;
    }
  }
  await step();
}
