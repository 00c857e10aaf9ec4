/** The size of a chunk, in bytes. */
const CHUNK = 65_536;

/**
 * A response whose text is sent chunk by chunk, as its client takes it: the server can then see how much of it was
 * taken when it closes.
 */
export function chunkedResponse(
  text: string,
  status: number,
  headers: Readonly<Record<string, string>>,
): Response {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(bytes.subarray(at, at += CHUNK));
      if (at >= bytes.length) controller.close();
    },
  }, { highWaterMark: 0 });
  return new Response(body, { status, headers: { ...headers, "content-length": String(bytes.length) } });
}
