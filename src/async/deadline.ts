import { onAbort } from "./abort.ts";

/** The longest time that a timer can hold, in milliseconds; a longer one would expire at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Calls back once a time has passed.
 *
 * @param ms The time, in milliseconds; one that a timer cannot hold, such as `Infinity`, never passes.
 * @param callback The function to call.
 * @returns A function that cancels the timer.
 */
export function after(ms: number, callback: () => void): () => void {
  if (ms > MAX_TIMER_MS) return () => {};
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
}

/** The result of {@linkcode withDeadline} when the deadline has passed. */
export const TIMED_OUT: unique symbol = Symbol("timed out");

/** Whether a promise does not settle in time. */
export async function isTimedOut(
  ms: number,
  promise: Promise<unknown>,
  signal?: AbortSignal,
): Promise<boolean> {
  return await withDeadline(ms, promise, signal) === TIMED_OUT;
}

/** The value of the promise, or {@linkcode TIMED_OUT}. The signal's reason rejects it. */
export async function withDeadline<T>(
  ms: number,
  promise: Promise<T>,
  signal?: AbortSignal,
): Promise<T | typeof TIMED_OUT> {
  const { promise: end, resolve, reject } = Promise.withResolvers<typeof TIMED_OUT>();
  const cancelTimer = after(ms, () => resolve(TIMED_OUT));
  const removeListener = onAbort(signal, reject);
  return await Promise.race([promise, end]).finally(() => {
    cancelTimer();
    removeListener();
  });
}
