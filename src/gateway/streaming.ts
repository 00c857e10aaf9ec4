import { accepts } from "hono/accepts";
import type { Context } from "hono";
import { StreamQueue } from "../async/stream_queue.ts";
import type { Backend, FlowAnswer, FlowRequest } from "./backend.ts";
import { headOf, respond } from "./respond.ts";
import type { RequestTimeouts } from "./waiting.ts";

export const EVENT_STREAM = "text/event-stream";
const HEADERS = { "content-type": EVENT_STREAM, "cache-control": "no-store" };
const ENCODER = new TextEncoder();

/** Whether a client would rather have a stream than a whole answer. */
export function wantsStream(c: Context): boolean {
  // Nearly nobody does.
  if (!c.req.raw.headers.get("accept")?.toLowerCase().includes(EVENT_STREAM)) return false;
  const supports = ["application/json", EVENT_STREAM];
  return accepts(c, { header: "Accept", supports, default: supports[0] }) === EVENT_STREAM;
}

/**
 * Answers with events: each document is an `update`; then comes `end`, with all that an answer says besides, or
 * `error`. What goes wrong before the stream has begun has a status of its own; 4xx is no stream at all.
 */
export async function stream(
  raw: Request,
  request: FlowRequest,
  backend: Backend,
  waiting: RequestTimeouts,
  startTime: number,
): Promise<Response> {
  const queue = new StreamQueue();
  const pending = waiting.begin(raw);
  const last = backend.run(request, { id: request.requestId, cancel: pending, stream: queue }).then(
    async (answer) => {
      const response = respond(answer, request, backend, startTime);
      if (isWhole(answer)) return { response, event: event("end", `{${headOf(answer, startTime)}}`) };
      return { response, event: await errorEvent(response.clone()) };
    },
  ).finally(() => {
    waiting.end(pending);
    queue.end();
  });
  await Promise.race([queue.begun, last]);
  if (!queue.hasBegun) {
    const { response, event } = await last;
    return response.status < 500
      ? response
      : new Response(event, { status: response.status, headers: HEADERS });
  }
  const body = new ReadableStream<Uint8Array>({
    // Only here is anything taken from the worker: a client that does not read makes its generator wait.
    async pull(controller) {
      const docs = await queue.take();
      waiting.renew(pending);
      if (docs.length > 0) {
        return controller.enqueue(encode(docs.map((doc) => event("update", doc)).join("")));
      }
      controller.enqueue(encode((await last).event));
      controller.close();
    },
    cancel: () => pending.cancel(new DOMException("the client is gone", "AbortError")),
  }, { highWaterMark: 0 });
  return new Response(body, { headers: HEADERS });
}

type Whole = Extract<FlowAnswer, { kind: "done" }>;

function isWhole(answer: FlowAnswer): answer is Whole {
  return answer.kind === "done" && answer.error === undefined;
}

/** The answer that would have been given, with its status: the stream's own has been sent long ago. */
async function errorEvent(response: Response): Promise<string> {
  return event("error", `{"status":${response.status},${(await response.text()).slice(1)}`);
}

/** JSON has no line breaks. */
function event(name: string, json: string): string {
  return `event: ${name}\ndata: ${json}\n\n`;
}

const encode = (text: string): Uint8Array => ENCODER.encode(text);
