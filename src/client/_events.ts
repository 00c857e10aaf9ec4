/** A server-sent event, as the HTML standard defines it. */
export interface ServerEvent {
  readonly name: string;
  readonly data: string;
}

/** Parses server-sent events. The text may be split at any position. */
export async function* readEvents(chunks: AsyncIterable<string>): AsyncGenerator<ServerEvent, void> {
  let name = "";
  let data: string[] = [];
  for await (const line of readLines(chunks)) {
    if (line === "") {
      if (data.length > 0) yield { name: name || "message", data: data.join("\n") };
      [name, data] = ["", []];
      continue;
    }
    // A line that begins with a colon is a comment.
    const [, field, value] = /^([^:]*)(?::\s?([^]*))?$/.exec(line) ?? [];
    if (field === "event") name = value ?? "";
    else if (field === "data") data.push(value ?? "");
  }
}

/** Splits text into complete lines, which end with CR, LF or both. */
async function* readLines(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  // A line may be long: its pieces are joined once.
  let pieces: string[] = [];
  let afterCr = false;
  for await (const chunk of chunks) {
    const text = afterCr && chunk.startsWith("\n") ? chunk.slice(1) : chunk;
    if (chunk !== "") afterCr = chunk.endsWith("\r");
    const [first, ...lines] = text.split(/\r\n|\r|\n/);
    pieces.push(first);
    for (const line of lines) {
      yield pieces.join("");
      pieces = [line];
    }
  }
}
