import { onAbort } from "./abort.ts";

/** The longest delay that `setTimeout` supports, in milliseconds; a longer one would fire immediately. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Calls a function after a delay, which never ends above {@linkcode MAX_TIMER_MS}, as with `Infinity`. Returns a function
 * that cancels the timer.
 */
export function after(ms: number, callback: () => void): () => void {
  if (ms > MAX_TIMER_MS) return () => {};
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
}

/** Waits; rejects with the signal's reason when it is aborted. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await withDeadline(ms, new Promise(() => {}), signal);
}

/** The result of {@linkcode withDeadline} when the deadline passes. */
export const TIMED_OUT: unique symbol = Symbol("timed out");

/** Whether a promise does not settle before the deadline. */
export async function isTimedOut(
  ms: number,
  promise: Promise<unknown>,
  signal?: AbortSignal,
): Promise<boolean> {
  return await withDeadline(ms, promise, signal) === TIMED_OUT;
}

/** Resolves to the result of a promise, or {@linkcode TIMED_OUT}; rejects with the signal's reason when it is aborted. */
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
