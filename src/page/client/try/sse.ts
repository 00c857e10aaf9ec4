/** An event of a stream. */
export interface ServerEvent {
  /** Its type. */
  readonly event: string;
  /** Its data. */
  readonly data: string;
}

/** Reads the events of a response with the media type `text/event-stream`. */
export async function* eventsIn(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  // The pieces of a line are joined once it is complete, since a document may come in very many of them.
  let pieces: string[] = [];
  let event = "message";
  let data: string[] = [];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const lines = decoder.decode(value, { stream: true }).split("\n");
      for (const [index, part] of lines.entries()) {
        pieces.push(part);
        if (index === lines.length - 1) continue;
        const line = pieces.join("").replace(/\r$/, "");
        pieces = [];
        if (line.startsWith("event:")) event = line.slice(6).trim();
        else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
        else if (line === "" && data.length > 0) {
          yield { event, data: data.join("\n") };
          event = "message";
          data = [];
        }
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
