/** Does the same with each of several things, with a few of them at a time. */
export async function forEachLimited<T>(
  things: readonly T[],
  width: number,
  act: (thing: T) => Promise<void>,
): Promise<void> {
  const left = things.values();
  const lane = async () => {
    for (const thing of left) await act(thing);
  };
  await Promise.all(Array.from({ length: width }, lane));
}
