/** HTTP on Deno. @module */
import { after } from "../async/deadline.ts";
import type { Listener } from "./runtime.ts";

/** How long the last answers get to leave the process: Deno tells when it has taken one, not when it is sent. */
const SENDING_MS = 50;

/**
 * Serves until it is closed. `shutdown()` is not used: it makes the bodies of requests in flight unreadable (Deno 2.9),
 * and cannot be cut short when a client does not take its answer. So the port stays open until the end, and what comes
 * in meanwhile is refused.
 */
export function serve(
  { hostname, port }: { hostname: string; port: number },
  handler: (request: Request) => Response | Promise<Response>,
): Promise<Listener> {
  quietOnce("Deno.serve: request.signal aborts on successful responses");
  const cut = new AbortController();
  const inFlight = new InFlight();
  let closing = false;
  const options = { hostname, port, signal: cut.signal, onListen: () => {} };
  const server = Deno.serve(options, (request, { completed }) => {
    if (closing) return refusal();
    inFlight.add(completed);
    return handler(request);
  });
  return Promise.resolve({
    port: server.addr.port,
    async close(graceMs) {
      closing = true;
      await inFlight.over(graceMs);
      cut.abort();
      await server.finished;
    },
  });
}

function refusal(): Response {
  const headers = { "content-type": "application/json", "connection": "close" };
  return new Response('{"detail":"Service Unavailable: the server is closing"}', { status: 503, headers });
}

/** The requests that are being answered. */
class InFlight {
  #count = 0;
  #last = -Infinity;
  #told = () => {};

  /** @param completed Settles when Deno has taken the whole answer, or nobody wants it any more. */
  add(completed: Promise<void>): void {
    this.#count++;
    completed.then(this.#remove, this.#remove);
  }

  /** Resolves when there are none any more, and the last answers have had their time; at the deadline in any case. */
  async over(deadlineMs: number): Promise<void> {
    const end = performance.now() + deadlineMs;
    if (this.#count > 0) await this.#next(deadlineMs);
    const rest = Math.min(this.#last + SENDING_MS, end) - performance.now();
    if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
  }

  readonly #remove = () => {
    this.#count--;
    this.#last = performance.now();
    if (this.#count === 0) this.#told();
  };

  async #next(deadlineMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#told = resolve;
    const callOff = after(deadlineMs, resolve);
    await promise;
    callOff();
  }
}

let quieted = false;

/**
 * Deno 2 also aborts the signal of a request that was answered, and warns about that once, on the console of a user
 * who never asked for the signal. Only that one warning is left out.
 */
function quietOnce(beginning: string): void {
  if (quieted) return;
  quieted = true;
  const out = globalThis.console;
  const { warn } = out;
  out.warn = (...args: unknown[]) => {
    if (!String(args[0]).startsWith(beginning)) return warn(...args);
    out.warn = warn;
  };
}
