import type { Chunk, Chunks } from "./_chunks.ts";

/**
 * Sends chunks, several at the same time. The first error aborts the requests in flight, and no more chunks are read.
 *
 * @param chunks The chunks to send.
 * @param concurrency The number of chunks that may be in flight.
 * @param signal Aborts the requests in flight.
 * @param send Sends one chunk.
 * @throws The first error of `send`, or the signal's reason; immediately, even if the inputs never settle.
 */
export async function sendConcurrently(
  chunks: Chunks,
  concurrency: number,
  signal: AbortSignal | undefined,
  send: (chunk: Chunk, stop: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const stopped = new Promise((resolve) => stop.signal.addEventListener("abort", resolve, { once: true }));
  const onAbort = () => stop.abort(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  if (signal?.aborted) onAbort();

  const sendNext = async () => {
    while (!stop.signal.aborted) {
      const chunk = await chunks.next();
      if (chunk === undefined || stop.signal.aborted) return;
      await send(chunk, stop.signal);
    }
  };
  try {
    const senders = Array.from({ length: concurrency }, () => sendNext().catch((error) => stop.abort(error)));
    await Promise.race([Promise.all(senders), stopped]);
    stop.signal.throwIfAborted();
  } finally {
    signal?.removeEventListener("abort", onAbort);
    await chunks.close();
  }
}
