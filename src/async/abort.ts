/**
 * Calls back when a signal is aborted: at once when it is aborted already.
 *
 * @param signal The signal; without one, the callback is never called.
 * @param callback Called with the signal's reason.
 * @returns A function that removes the listener.
 */
export function onAbort(signal: AbortSignal | undefined, callback: (reason: unknown) => void): () => void {
  if (signal === undefined) return () => {};
  const listener = () => callback(signal.reason);
  if (signal.aborted) listener();
  else signal.addEventListener("abort", listener, { once: true });
  return () => signal.removeEventListener("abort", listener);
}

/**
 * Waits for a promise until a signal is aborted.
 *
 * @throws The signal's reason, once it is aborted.
 */
export async function raceAbort<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (signal === undefined) return await promise;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const removeListener = onAbort(signal, reject);
  return await Promise.race([promise, aborted]).finally(removeListener);
}
