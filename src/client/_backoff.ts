const FIRST_MS = 100;
const MOST_MS = 2_000;

/**
 * How long to wait before a request is tried again: twice as long each time, up to a limit, and of that a random half
 * to the whole, so that many who lost the same Flow do not come back at the same moment.
 *
 * @param failed How often it was tried.
 * @param random From 0 to 1.
 * @returns Milliseconds.
 */
export function backoffMs(failed: number, random: number = Math.random()): number {
  const most = Math.min(FIRST_MS * 2 ** (failed - 1), MOST_MS);
  return most / 2 * (1 + random);
}

/** Waits; rejects with the signal's reason as soon as it is aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const giveUp = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", giveUp);
      resolve();
    }, ms);
    signal.addEventListener("abort", giveUp, { once: true });
  });
}
