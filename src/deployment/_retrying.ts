/**
 * How long to wait before another try to construct an Executor, in milliseconds. A worker that was terminated keeps
 * what it holds until its thread has ended, which no runtime reports.
 */
const RETRY_MS = [25, 75, 200, 500];

/** Tries a step again while it fails and a terminated worker may still hold what it needs. */
export async function retrying(
  retries: boolean,
  step: () => Promise<void>,
  isPossible: () => boolean,
): Promise<void> {
  for (const waitMs of retries ? RETRY_MS : []) {
    try {
      return await step();
    } catch (error) {
      if (!isPossible()) throw error;
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      if (!isPossible()) throw error;
    }
  }
  await step();
}
