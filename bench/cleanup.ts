/** What has to go when the bench ends, on the ways that run no `finally` too. */
const leftovers = new Set<() => void>();

/** Has `remove` called should a signal end the bench; returns what takes that back. */
export function onSignal(remove: () => void): () => void {
  leftovers.add(remove);
  return () => leftovers.delete(remove);
}

/** Ends the bench on the first signal, with its children and folders. */
export function endOnSignals(): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => {
      for (const remove of leftovers) remove();
      Deno.exit(130);
    });
  }
}
