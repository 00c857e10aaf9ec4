import { Document } from "../document/document.ts";
import { BadServerError } from "../errors/mod.ts";
import { readAnswer } from "./_answer.ts";
import { readEvents } from "./_events.ts";
import { RequestTimeout } from "./_request_timeout.ts";
import { open, unfinished } from "./_request.ts";
import type { OutgoingRequest, RetryOptions, StreamEnd } from "./options.ts";

/**
 * Sends one request, and yields the documents of its answer as they arrive. The connection is closed at the end in any
 * case.
 *
 * @param outgoing The request.
 * @param requestId The request's id.
 * @param options The number of retries, the timeout for each document, and the signal.
 * @returns The rest of the answer, when the stream ends.
 * @throws The errors of `post()`, also between documents.
 */
export async function* streamAnswer(
  outgoing: OutgoingRequest,
  requestId: string,
  options: RetryOptions,
): AsyncGenerator<Document, StreamEnd, undefined> {
  const timeout = new RequestTimeout(outgoing, options);
  try {
    const response = await timeout.wait(open(outgoing, options.retries, timeout.signal));
    const { status, body } = response;
    const broken = (cause: unknown): never => {
      throw unfinished(outgoing, status, cause);
    };
    if (body === null || !response.headers.get("content-type")?.startsWith("text/event-stream")) {
      // An error, or the answer of a server that does not stream.
      const text = await timeout.wait(response.text().catch(broken));
      const answer = readAnswer({ status, text }, requestId);
      yield* answer.docs;
      return { parameters: answer.parameters, requestId: answer.requestId };
    }
    const events = readEvents(body.pipeThrough(new TextDecoderStream()));
    for (;;) {
      const { done, value } = await timeout.wait(events.next().catch(broken));
      if (done) return broken(new Error("the stream ended early"));
      const { name, data } = value;
      if (name === "update") yield documentOf(data, status, requestId);
      else if (name === "end" || name === "error") {
        const reply = { status: name === "end" ? status : statusIn(data), text: data };
        const answer = readAnswer(reply, requestId);
        return { parameters: answer.parameters, requestId: answer.requestId };
      }
    }
  } finally {
    timeout.end();
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

/** The status of an error that occurred after the answer had started. */
function statusIn(json: string): number {
  const stated = /^\{"status":([45]\d\d)\b/.exec(json)?.[1];
  return stated === undefined ? 500 : Number(stated);
}
