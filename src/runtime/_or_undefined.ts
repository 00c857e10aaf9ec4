/** Resolves to `undefined` when the promise rejects, as for a file that cannot be read. */
export function orUndefined<T>(value: Promise<T>): Promise<T | undefined> {
  return value.catch(() => undefined);
}

/** Returns `undefined` when a function throws, as for a file that cannot be read. */
export function orUndefinedSync<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
