import type { Chunk, Chunks } from "./_chunks.ts";

/**
 * Sends chunks in several lanes at once; each takes the next one when it is done with the one before. The first error
 * ends all: what is in flight is aborted, and no more is taken.
 *
 * @param chunks What to send.
 * @param count How many lanes.
 * @param signal Ends all, too.
 * @param send Sends one; what it throws ends all.
 * @throws The first error, or the signal's reason; at once, even if the inputs owe a document for ever.
 */
export async function sendInLanes(
  chunks: Chunks,
  count: number,
  signal: AbortSignal | undefined,
  send: (chunk: Chunk, stop: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const stopped = new Promise((resolve) => stop.signal.addEventListener("abort", resolve, { once: true }));
  const onAbort = () => stop.abort(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  if (signal?.aborted) onAbort();

  const lane = async () => {
    while (!stop.signal.aborted) {
      const chunk = await chunks.next();
      if (chunk === undefined || stop.signal.aborted) return;
      await send(chunk, stop.signal);
    }
  };
  try {
    const lanes = Array.from({ length: count }, () => lane().catch((error) => stop.abort(error)));
    await Promise.race([Promise.all(lanes), stopped]);
    stop.signal.throwIfAborted();
  } finally {
    signal?.removeEventListener("abort", onAbort);
    await chunks.close();
  }
}
