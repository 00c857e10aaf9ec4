/** An event of a stream. */
export interface Seen {
  readonly name: string;
  // deno-lint-ignore no-explicit-any -- JSON as it came
  readonly data: any;
}

/** Reads events, framed exactly as the gateway writes them: two lines and an empty one. */
export async function* eventsOf(response: Response): AsyncGenerator<Seen, void, undefined> {
  let rest = "";
  for await (const text of (response.body as ReadableStream).pipeThrough(new TextDecoderStream())) {
    const blocks = `${rest}${text}`.split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const [, name, data] = /^event: (\w+)\ndata: ([^\n]*)$/.exec(block) ?? [];
      if (name === undefined) throw new Error(`This is no event: ${JSON.stringify(block)}`);
      yield { name, data: JSON.parse(data) };
    }
  }
  if (rest !== "") throw new Error(`The stream broke off within an event: ${JSON.stringify(rest)}`);
}

/** Asks for a stream. */
export function askForEvents(url: string, body: object = {}, signal?: AbortSignal): Promise<Response> {
  return fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "text/event-stream" },
    body: JSON.stringify(body),
    ...(signal && { signal }),
  });
}
