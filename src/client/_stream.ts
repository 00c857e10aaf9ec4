import { Document } from "../document/document.ts";
import { BadServerError } from "../errors/mod.ts";
import { readAnswer } from "./_answer.ts";
import { readEvents } from "./_events.ts";
import { inTime, open, unfinished } from "./_request.ts";
import type { OutgoingRequest, RetryOptions, StreamEnd } from "./options.ts";

/**
 * Sends one request, and yields the documents of its answer as they arrive; returns the rest of the answer. Throws the
 * errors of `post()`, also between documents. The connection is closed at the end in any case.
 */
export async function* streamAnswer(
  outgoing: OutgoingRequest,
  requestId: string,
  options: RetryOptions,
): AsyncGenerator<Document, StreamEnd, undefined> {
  const end = new AbortController();
  options.signal?.throwIfAborted();
  const wait = <T>(promise: Promise<T>) => inTime(promise, outgoing, options);
  try {
    const response = await wait(open(outgoing, options.retries, end.signal));
    const { status, body } = response;
    const broken = (cause: unknown): never => {
      throw unfinished(outgoing, status, cause);
    };
    if (body === null || !response.headers.get("content-type")?.startsWith("text/event-stream")) {
      // An error, or the answer of a server that does not stream.
      const text = await wait(response.text().catch(broken));
      const { docs, ...rest } = readAnswer({ status, text }, requestId);
      yield* docs;
      return rest;
    }
    const events = readEvents(body.pipeThrough(new TextDecoderStream()));
    for (;;) {
      const { done, value } = await wait(events.next().catch(broken));
      if (done) return broken(new Error("the stream ended early"));
      const { name, data } = value;
      if (name === "update") yield documentOf(data, status, requestId);
      else if (name === "end" || name === "error") {
        const reply = { status: name === "end" ? status : statusIn(data), text: data };
        const { docs: _, ...rest } = readAnswer(reply, requestId);
        return rest;
      }
    }
  } finally {
    end.abort();
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
