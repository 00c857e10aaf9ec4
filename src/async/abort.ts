/**
 * Calls back with the signal's reason when it is aborted: at once when it is aborted already, and never without a signal.
 * Returns a function that removes the listener.
 */
export function onAbort(signal: AbortSignal | undefined, callback: (reason: unknown) => void): () => void {
  if (signal === undefined) return () => {};
  const listener = () => callback(signal.reason);
  if (signal.aborted) listener();
  else signal.addEventListener("abort", listener, { once: true });
  return () => signal.removeEventListener("abort", listener);
}

/** Waits for a promise; rejects with the signal's reason when it is aborted. */
export async function raceAbort<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (signal === undefined) return await promise;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const removeListener = onAbort(signal, reject);
  return await Promise.race([promise, aborted]).finally(removeListener);
}
