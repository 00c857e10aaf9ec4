/** WebSockets of the gateway: which upgrades it accepts, and their end. @module */
import type { Context } from "hono";
import type { ServerSocket, SocketServer } from "../runtime/mod.ts";
import { dryRun, type Subprotocol, SUBPROTOCOLS, withHeader } from "./_subprotocols.ts";
import { type SessionContext, SocketSession } from "./_socket_session.ts";
import type { Backend } from "./backend.ts";
import type { Env } from "./gateway_options.ts";
import { RequestTimeouts } from "./request_timeouts.ts";
import { detail } from "./respond.ts";

/** How WebSockets are served. */
export interface WebSocketOptions {
  /** The largest message, in bytes. */
  readonly bodyLimit: number;
  /** How long a request may take, in milliseconds. */
  readonly timeout?: number;
  /** Called with what should not happen. */
  onError(error: Error): void;
}

/**
 * Accepts the WebSocket that a request asks for once the middleware has let it pass: the answer to an accepted upgrade
 * cannot be changed, so that the middleware gets another one.
 */
export async function acceptedAfter(
  sockets: SocketServer,
  run: (deferred: SocketServer) => Response | Promise<Response>,
): Promise<Response> {
  let accept: (() => Response | Promise<Response>) | undefined;
  const deferred: SocketServer = {
    accept(...args) {
      accept = () => sockets.accept(...args);
      return new Response(null, { status: STAND_IN });
    },
  };
  const response = await run(deferred);
  if (accept === undefined || response.status !== STAND_IN) return response;
  try {
    return await accept();
  } catch (error) {
    return notOpened(error);
  }
}

/** The status of the answer that middleware gets for an upgrade. */
const STAND_IN = 204;

function notOpened(error: unknown): Response {
  return detail(400, `Cannot open a WebSocket: ${(error as Error).message}`);
}

/** Reads headers by their names. */
export function headerOf(headers: Headers): (name: string) => string | undefined {
  return (name) => headers.get(name) ?? undefined;
}

/** The WebSockets of a gateway. */
export class WebSockets {
  readonly #open = new Set<SocketSession>();
  readonly #context: SessionContext;
  #isClosing = false;

  constructor(backend: Backend, { bodyLimit, timeout, onError }: WebSocketOptions) {
    const timeouts = new RequestTimeouts(timeout);
    const onEnd = (session: SocketSession) => this.#open.delete(session);
    this.#context = { backend, timeouts, maxMessage: bodyLimit, onError, onEnd };
  }

  /** Accepts a request for a WebSocket, or refuses it with an answer of plain HTTP. */
  async upgrade(c: Context<Env>): Promise<Response> {
    const { path } = c.req;
    if (path !== "/" && path !== "/dry_run") {
      return detail(404, `Not Found: expected a WebSocket at "/" or "/dry_run", not "${path}"`);
    }
    const asked = c.req.header("sec-websocket-protocol");
    const names = asked?.split(",").map((name) => name.trim());
    const name = names?.find((name) => Object.hasOwn(SUBPROTOCOLS, name));
    if (names !== undefined && name === undefined) {
      return detail(400, `unknown subprotocol "${asked}": expected "bytes" or "json", or none for "json"`);
    }
    // Once the request is upgraded, Deno cannot read its headers.
    const header = headerOf(new Headers(c.req.raw.headers));
    const subprotocol = withHeader(SUBPROTOCOLS[name ?? "json"], header);
    const open = (socket: ServerSocket) => {
      return this.#listen(socket, path === "/" ? subprotocol : dryRun(subprotocol));
    };
    try {
      return await c.env.accept(c.req.raw, name, open);
    } catch (error) {
      return notOpened(error);
    }
  }

  /** Takes no more requests: each WebSocket is closed when those that came are answered. */
  close(): void {
    this.#isClosing = true;
    for (const session of this.#open) session.goAway();
  }

  #listen(socket: ServerSocket, subprotocol: Subprotocol): SocketSession {
    const session = new SocketSession(socket, subprotocol, this.#context);
    this.#open.add(session);
    if (this.#isClosing) session.goAway();
    return session;
  }
}
