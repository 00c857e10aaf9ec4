/** The longest time that a timer holds, in milliseconds: a longer one would be over at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Calls back when a time is over.
 *
 * @param ms The time; one that a timer cannot hold, such as `Infinity`, is never over.
 * @param callback What to call.
 * @returns What calls it off.
 */
export function after(ms: number, callback: () => void): () => void {
  if (ms > MAX_TIMER_MS) return () => {};
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
}

/** Stands for a deadline that has passed. */
export const LATE: unique symbol = Symbol("late");

/** Whether a promise does not settle in time. */
export async function isLate(ms: number, promise: Promise<unknown>, signal?: AbortSignal): Promise<boolean> {
  return await withDeadline(ms, promise, signal) === LATE;
}

/** What the promise resolves to, or {@linkcode LATE}. The signal's reason rejects it. */
export async function withDeadline<T>(
  ms: number,
  promise: Promise<T>,
  signal?: AbortSignal,
): Promise<T | typeof LATE> {
  const { promise: end, resolve, reject } = Promise.withResolvers<typeof LATE>();
  const callOff = after(ms, () => resolve(LATE));
  const abort = () => reject(signal?.reason);
  signal?.addEventListener("abort", abort);
  if (signal?.aborted) abort();
  return await Promise.race([promise, end]).finally(() => {
    callOff();
    signal?.removeEventListener("abort", abort);
  });
}
