import { accepts } from "hono/accepts";
import type { Context } from "hono";
import { StreamQueue } from "../protocol/stream_queue.ts";
import type { RequestContext } from "../protocol/request_context.ts";
import type { Backend } from "./backend.ts";
import { headOf, type HttpRequest, respond } from "./respond.ts";
import { clientGone, type RequestTimeouts } from "./request_timeouts.ts";

export const EVENT_STREAM = "text/event-stream";
const HEADERS = { "content-type": EVENT_STREAM, "cache-control": "no-store" };
const ENCODER = new TextEncoder();

/** Whether a client prefers a stream of events to a whole answer. */
export function wantsStream(c: Context): boolean {
  // A fast answer for nearly all requests.
  if (!c.req.raw.headers.get("accept")?.toLowerCase().includes(EVENT_STREAM)) return false;
  const supports = ["application/json", EVENT_STREAM];
  return accepts(c, { header: "Accept", supports, default: supports[0] }) === EVENT_STREAM;
}

/**
 * Answers with events: an `update` for each document, then `end` with the answer without documents, or `error`. The
 * response begins with the first document, so that an error before it has its own status; a 4xx is not a stream.
 */
export async function stream(
  raw: Request,
  request: HttpRequest,
  backend: Backend,
  timeouts: RequestTimeouts,
  { header, startedAt }: Pick<RequestContext, "header" | "startedAt">,
): Promise<Response> {
  const queue = new StreamQueue<string>();
  const cancel = timeouts.begin(raw);
  const run = async () => {
    const answer = await backend.run(request, { id: request.id, startedAt, cancel, stream: queue, header });
    const response = respond(answer, request, backend);
    const isComplete = answer.kind === "done" && answer.error === undefined;
    const last = isComplete
      ? event("end", `{${headOf(answer, request.startTime)}}`)
      : await errorEvent(response.clone());
    return { response, last };
  };
  const end = run().finally(() => {
    timeouts.end(cancel);
    queue.end();
  });
  if (!await queue.hasMore()) {
    const { response, last } = await end;
    const { status } = response;
    return status >= 400 && status < 500 ? response : new Response(last, { status, headers: HEADERS });
  }
  const body = new ReadableStream<Uint8Array>({
    // Documents are taken from the worker only here, so that a client that does not read makes its generator wait.
    async pull(controller) {
      const docs = await queue.take();
      timeouts.renew(cancel);
      if (docs.length > 0) {
        return controller.enqueue(ENCODER.encode(docs.map((doc) => event("update", doc)).join("")));
      }
      controller.enqueue(ENCODER.encode((await end).last));
      controller.close();
    },
    cancel: () => cancel.cancel(clientGone()),
  }, { highWaterMark: 0 });
  return new Response(body, { headers: HEADERS });
}

/** The answer of a whole request with its status, since the stream's own status was sent before. */
async function errorEvent(response: Response): Promise<string> {
  return event("error", `{"status":${response.status},${(await response.text()).slice(1)}`);
}

/** An event; JSON contains no line breaks. */
function event(name: string, json: string): string {
  return `event: ${name}\ndata: ${json}\n\n`;
}
