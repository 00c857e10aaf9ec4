/** Calls an async function for each item, at most `limit` of them at the same time. */
export async function forEachLimited<T>(
  items: readonly T[],
  limit: number,
  callback: (item: T) => Promise<void>,
): Promise<void> {
  const left = items.values();
  const next = async () => {
    for (const item of left) await callback(item);
  };
  await Promise.all(Array.from({ length: limit }, next));
}
