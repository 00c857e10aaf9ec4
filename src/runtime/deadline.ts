/** The longest time that a timer holds, in milliseconds: a longer one would be over at once. */
export const LONGEST_MS = 2 ** 31 - 1;

/**
 * Calls back when a time is over.
 *
 * @param ms The time; one that a timer cannot hold, such as `Infinity`, is never over.
 * @param callback What to call.
 * @returns What calls it off.
 */
export function after(ms: number, callback: () => void): () => void {
  if (ms > LONGEST_MS) return () => {};
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
}
