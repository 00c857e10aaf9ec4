import { addressOf } from "../address.ts";
import { type Answer, Documents } from "./answer.ts";
import { isObject } from "./draft.ts";
import { eventsIn } from "./sse.ts";

/** A request that can be sent, kept and shown as code. */
export interface TryRequest {
  /** The method and the path of its endpoint. */
  readonly key: string;
  /** The body; left out for a method without one. */
  readonly body?: string;
  /** Whether the documents are asked for as a stream. */
  readonly stream: boolean;
}

/** The method and the path of an endpoint's key. */
export function splitKey(key: string): { method: string; path: string } {
  const at = key.indexOf(" ");
  return { method: key.slice(0, at), path: key.slice(at + 1) };
}

/** Sends a request. Never rejects: without an answer, the result says why. */
export async function send(
  { key, body, stream }: TryRequest,
  signal: AbortSignal,
  onDocuments: (docs: Documents) => void = () => {},
): Promise<Answer> {
  const { method, path } = splitKey(key);
  const headers = {
    ...(body !== undefined && { "content-type": "application/json" }),
    ...(stream && { accept: "text/event-stream" }),
  };
  const docs = new Documents();
  const at = Date.now();
  const start = performance.now();
  const end = (note: string, status?: number, rest?: unknown): Answer => {
    return { ...(status !== undefined && { status }), note, ms: performance.now() - start, at, docs, rest };
  };
  let seen: number | undefined;
  try {
    const response = await fetch(addressOf(path.slice(1)), {
      method,
      headers,
      body,
      signal,
      cache: "no-store",
    });
    seen = response.status;
    const isStream = response.headers.get("content-type")?.startsWith("text/event-stream") === true;
    if (!isStream || response.body === null) {
      return end(response.statusText, seen, restOf(await response.text(), docs));
    }
    for await (const { event, data } of eventsIn(response.body)) {
      if (event === "end") return end(response.statusText, seen, JSON.parse(data));
      if (event === "error") {
        const { status, ...failure } = JSON.parse(data);
        // What came before is the answer so far.
        return end(
          status === seen ? response.statusText : "",
          status,
          withoutDocs(failure, docs.count > 0 ? new Documents() : docs),
        );
      }
      docs.add(JSON.parse(data));
      onDocuments(docs);
    }
    return end("the stream ended early", seen);
  } catch (error) {
    return end(signal.aborted ? "cancelled" : `no answer: ${(error as Error).message}`, seen);
  }
}

/** Reads a whole answer: JSON, or else a text. */
function restOf(text: string, docs: Documents): unknown {
  try {
    return withoutDocs(JSON.parse(text), docs);
  } catch {
    return text;
  }
}

function withoutDocs(answer: unknown, docs: Documents): unknown {
  if (!isObject(answer) || !Array.isArray(answer.data)) return answer;
  const { data, ...rest } = answer;
  for (const doc of data as unknown[]) docs.add(doc);
  return rest;
}
