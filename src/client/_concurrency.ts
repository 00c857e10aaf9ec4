import { onAbort, raceAbort } from "../async/abort.ts";
import type { Chunk, Chunks } from "./_chunks.ts";

/**
 * Sends chunks, several at the same time. The first error aborts the requests in flight, and no more chunks are read.
 *
 * @throws The first error of `send`, or the signal's reason; immediately, even if the inputs never settle.
 */
export async function sendConcurrently(
  chunks: Chunks,
  concurrency: number,
  signal: AbortSignal | undefined,
  send: (chunk: Chunk, stop: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const removeListener = onAbort(signal, (reason) => stop.abort(reason));
  const sendNext = async () => {
    while (!stop.signal.aborted) {
      const chunk = await chunks.next();
      if (chunk === undefined || stop.signal.aborted) return;
      await send(chunk, stop.signal);
    }
  };
  try {
    const senders = Array.from({ length: concurrency }, () => sendNext().catch((error) => stop.abort(error)));
    await raceAbort(Promise.all(senders), stop.signal);
  } finally {
    removeListener();
    await chunks.close();
  }
}
