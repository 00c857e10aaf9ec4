/** HTTP on Deno. @module */
import { isTimedOut } from "../async/deadline.ts";
import { acceptSocket } from "./_deno_socket.ts";
import type { Runtime, SocketServer } from "./runtime.ts";

/** The time to send the last answers: Deno reports when it has received an answer, not when the answer is sent. */
const SENDING_MS = 50;

/**
 * Serves until it is closed. `shutdown()` is not used: it makes the bodies of requests in flight unreadable (Deno 2.9),
 * and cannot be aborted when a client does not read its answer. Therefore the port stays open until the end, and new
 * requests are answered with 503.
 */
// deno-lint-ignore require-await -- rejects where Deno throws, as for a port in use
export const serve: Runtime["serve"] = async ({ hostname, port }, handler) => {
  suppressWarningOnce("Deno.serve: request.signal aborts on successful responses");
  const cut = new AbortController();
  const inFlight = new InFlight();
  let closing = false;
  // The end of the server would cut WebSockets, too.
  const sockets: SocketServer = { accept: (...args) => acceptSocket(...args, (end) => inFlight.add(end)) };
  const options = { hostname, port, signal: cut.signal, onListen: () => {} };
  const server = Deno.serve(options, (request, { completed }) => {
    if (closing) return unavailable();
    inFlight.add(completed);
    return handler(request, sockets);
  });
  return {
    port: server.addr.port,
    async close(graceMs) {
      closing = true;
      await inFlight.waitForIdle(graceMs);
      cut.abort();
      await server.finished;
    },
  };
};

function unavailable(): Response {
  const headers = { "content-type": "application/json", "connection": "close" };
  return new Response('{"detail":"Service Unavailable: the server is closing"}', { status: 503, headers });
}

/** Counts the requests in flight, and the open WebSockets. */
class InFlight {
  #count = 0;
  #last = -Infinity;
  #onIdle = () => {};

  /** @param completed Settles when Deno has received the whole answer, or the client has disconnected. */
  add(completed: Promise<void>): void {
    this.#count++;
    completed.then(this.#remove, this.#remove);
  }

  /** Resolves when no request is in flight and the last answers had time to be sent; at the deadline in any case. */
  async waitForIdle(deadlineMs: number): Promise<void> {
    const end = performance.now() + deadlineMs;
    if (this.#count > 0) {
      await isTimedOut(deadlineMs, new Promise<void>((resolve) => this.#onIdle = resolve));
    }
    const rest = Math.min(this.#last + SENDING_MS, end) - performance.now();
    if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
  }

  readonly #remove = () => {
    this.#count--;
    this.#last = performance.now();
    if (this.#count === 0) this.#onIdle();
  };
}

let isSuppressed = false;

/** Suppresses Deno 2's warning that it also aborts the signals of answered requests: users do not use these signals. */
function suppressWarningOnce(beginning: string): void {
  if (isSuppressed) return;
  isSuppressed = true;
  const out = globalThis.console;
  const { warn } = out;
  out.warn = (...args: unknown[]) => {
    if (!String(args[0]).startsWith(beginning)) return warn(...args);
    out.warn = warn;
  };
}
