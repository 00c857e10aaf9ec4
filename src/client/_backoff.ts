const FIRST_MS = 100;
const MAX_MS = 2_000;

/**
 * The delay before a retry: exponential with an upper limit, and with a jitter of 50 % to 100 %, so that the clients of
 * a Flow do not all retry at the same moment.
 *
 * @param failed The number of failed attempts.
 * @param random The jitter, from 0 to 1.
 * @returns The delay in milliseconds.
 */
export function backoffMs(failed: number, random: number = Math.random()): number {
  const max = Math.min(FIRST_MS * 2 ** (failed - 1), MAX_MS);
  return max / 2 * (1 + random);
}

/** Waits; rejects with the signal's reason when the signal is aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
