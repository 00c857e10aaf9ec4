import { RunningCount } from "../async/running_count.ts";
import { isTimedOut } from "../async/deadline.ts";
import { invalidArgument, preview } from "../errors/mod.ts";
import type { Logger } from "../log/logger.ts";
import { createGateway } from "./app.ts";
import type { Backend } from "./backend.ts";
import type { Front, OpenFront } from "./front.ts";
import type { GatewayOptions } from "./gateway_options.ts";
import { detail, unavailable } from "./respond.ts";
import { EVENT_STREAM } from "./streaming.ts";
import { tracedRequest } from "./_traced.ts";
import { isUpgrade } from "./_upgrade.ts";

/** How requests of another app are served; it checks their hosts itself. */
export type FetchFrontOptions = Omit<GatewayOptions, "onError" | "onGrpc" | "localOnly" | "isMounted">;

/** Serves requests that the app around a Flow passes on, without a port. */
export class FetchFront implements Front {
  readonly #running = new RunningCount();
  /** Left out while no request is taken. */
  #answer?: (request: Request) => Response | Promise<Response>;

  constructor(private readonly options: FetchFrontOptions, private readonly log: Logger) {}

  start(backend: Backend): Promise<OpenFront> {
    const onError = (error: Error) => this.log.named("gateway").error(String(error.stack));
    // Who reaches the app is not known, and a client can name any host.
    const { page = false } = this.options;
    const options = { ...this.options, page, localOnly: false, isMounted: true, onError };
    // Created with the first request: most Flows have none.
    let app: ReturnType<typeof createGateway> | undefined;
    this.#answer = (request) => {
      const { fetch } = app ??= createGateway(backend, options);
      return tracedRequest(request, () => fetch(request), backend, options.exposed);
    };
    const close = async (graceMs: number) => {
      this.#answer = undefined;
      await isTimedOut(graceMs, this.#running.idle());
    };
    return Promise.resolve({ close });
  }

  /** Answers a request; with 503 before the start and after the end. */
  async fetch(request: Request): Promise<Response> {
    checkRequest(request);
    const answer = this.#answer;
    if (answer === undefined) return unavailable();
    if (isUpgrade(request)) {
      return detail(
        501,
        "Not Implemented: flow.fetch() has no WebSocket; let the Flow listen on a port for it",
      );
    }
    this.#running.begin();
    try {
      return untilSent(await answer(request), () => this.#running.end());
    } catch (error) {
      this.#running.end();
      throw error;
    }
  }
}

function checkRequest(request: Request): void {
  if (typeof request?.url === "string" && typeof request.headers?.get === "function") return;
  const expected = 'expected a Request, such as new Request("http://localhost/status")';
  throw invalidArgument(`Cannot answer "${preview(request)}" by flow.fetch(): ${expected}`);
}

/** Calls back when an answer is sent: a stream when it was taken to its end or given up, any other at once. */
function untilSent(response: Response, onSent: () => void): Response {
  const { body, headers, status, statusText } = response;
  if (body === null || !isSentInParts(headers)) {
    onSent();
    return response;
  }
  const reader = body.getReader();
  const counted = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await reader.read().catch((error) => (onSent(), Promise.reject(error)));
      if (!done) return controller.enqueue(value);
      onSent();
      controller.close();
    },
    cancel(reason) {
      onSent();
      return reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
  return new Response(counted, { headers, status, statusText });
}

/**
 * Whether an answer may take long to send: events, a long text, whose length is stated, or what middleware compresses.
 * Short texts have none of these headers; a stream around each of them would cost time.
 */
function isSentInParts(headers: Headers): boolean {
  return headers.get("content-type") === EVENT_STREAM || headers.has("content-length") ||
    headers.has("content-encoding");
}
