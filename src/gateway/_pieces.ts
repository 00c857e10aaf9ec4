/** How many bytes go out at once. */
const PIECE = 65_536;

/**
 * A large text as an answer that goes out piece by piece, as its client takes it: whoever closes the port can tell
 * whether it has.
 */
export function inPieces(text: string, status: number, headers: Readonly<Record<string, string>>): Response {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(bytes.subarray(at, at += PIECE));
      if (at >= bytes.length) controller.close();
    },
  }, { highWaterMark: 0 });
  return new Response(body, { status, headers: { ...headers, "content-length": String(bytes.length) } });
}
