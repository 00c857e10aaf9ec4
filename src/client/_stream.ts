import { Document } from "../document/document.ts";
import { BadServerError } from "../errors/mod.ts";
import { readAnswer } from "./_answer.ts";
import { readEvents } from "./_events.ts";
import { Patience } from "./_request_timeout.ts";
import { open, unfinished } from "./_request.ts";
import type { Outgoing, Reach, StreamEnd } from "./options.ts";

/**
 * Sends one request, and gives the documents of its answer as they come. However it ends, the connection is closed.
 *
 * @param outgoing The request.
 * @param requestId Its id.
 * @param reach How often to try, how long to wait for each document, and what gives it up.
 * @returns At its end, what the answer says besides.
 * @throws What `post()` throws, also in the middle.
 */
export async function* streamAnswer(
  outgoing: Outgoing,
  requestId: string,
  reach: Reach,
): AsyncGenerator<Document, StreamEnd, undefined> {
  const patience = new Patience(outgoing, reach);
  try {
    const response = await patience.wait(open(outgoing, reach.retries, patience.signal));
    const { status, body } = response;
    const broken = (cause: unknown): never => {
      throw unfinished(outgoing, status, cause);
    };
    if (body === null || !response.headers.get("content-type")?.startsWith("text/event-stream")) {
      // A refusal, or the answer of something that does not stream.
      const text = await patience.wait(response.text().catch(broken));
      const answer = readAnswer({ status, text }, requestId);
      yield* answer.docs;
      return { parameters: answer.parameters, requestId: answer.requestId };
    }
    const events = readEvents(body.pipeThrough(new TextDecoderStream()));
    for (;;) {
      const { done, value } = await patience.wait(events.next().catch(broken));
      if (done) return broken(new Error("the stream broke off"));
      const { name, data } = value;
      if (name === "update") yield documentOf(data, status, requestId);
      else if (name === "end" || name === "error") {
        const reply = { status: name === "end" ? status : statusIn(data), text: data };
        const answer = readAnswer(reply, requestId);
        return { parameters: answer.parameters, requestId: answer.requestId };
      }
    }
  } finally {
    patience.end();
  }
}

function documentOf(json: string, status: number, requestId: string): Document {
  try {
    return Document.fromJSON(JSON.parse(json));
  } catch (cause) {
    const message = `Cannot read a document of the answer: ${(cause as Error).message}`;
    throw new BadServerError(message, { status, requestId });
  }
}

/** The status that the answer would have had; it had begun before that was known. */
function statusIn(json: string): number {
  const stated = /^\{"status":([45]\d\d)\b/.exec(json)?.[1];
  return stated === undefined ? 500 : Number(stated);
}
