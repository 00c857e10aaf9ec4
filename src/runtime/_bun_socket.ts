/** WebSockets on Bun. @module */
import { after } from "../async/deadline.ts";
import type { Bun, BunServer, BunSocket } from "./_bun_api.ts";
import { CLOSE_MS, HIGH_WATER } from "./_socket_limits.ts";
import type { ServerSocket, SocketServer } from "./runtime.ts";

/** The time in seconds after which a client that does not answer is gone; Bun asks it before. */
const IDLE_S = 120;

/** Accepts an upgrade of a request to a server of Bun. */
export function acceptSocket(
  ...[server, request, protocol, open]: [BunServer, ...Parameters<SocketServer["accept"]>]
): Response {
  const headers = protocol === undefined ? undefined : { "sec-websocket-protocol": protocol };
  if (!server.upgrade(request, { data: { open }, headers })) {
    throw new TypeError("expected the headers of a WebSocket's handshake");
  }
  // Bun has answered, and ignores it.
  return new Response();
}

/** What is called with the events of all WebSockets of a server. */
export function socketEvents(maxMessage: number): Parameters<typeof Bun.serve>[0]["websocket"] {
  return {
    maxPayloadLength: maxMessage,
    // Otherwise Bun drops an answer that is larger; `send()` limits what waits.
    backpressureLimit: 2 ** 31 - 1,
    idleTimeout: IDLE_S,
    open(socket) {
      socket.data.listener = socket.data.open(new BunServerSocket(socket));
    },
    message({ data: { listener } }, message) {
      if (typeof message === "string") return listener?.onMessage(message);
      // Not as a Buffer, whose methods differ from those of a Uint8Array.
      listener?.onMessage(new Uint8Array(message.buffer, message.byteOffset, message.byteLength));
    },
    drain: ({ data }) => data.onDrain?.(),
    close({ data }) {
      data.cancelTimer?.();
      data.onDrain?.();
      data.listener?.onClose();
    },
  };
}

class BunServerSocket implements ServerSocket {
  constructor(private readonly socket: BunSocket) {}

  async send(message: string | Uint8Array): Promise<void> {
    const { socket } = this;
    if (socket.send(message) === 0) return;
    while (socket.readyState === WebSocket.OPEN && socket.getBufferedAmount() > HIGH_WATER) {
      await new Promise<void>((resolve) => socket.data.onDrain = resolve);
    }
  }

  close(code: number, reason: string): void {
    this.socket.data.cancelTimer = after(CLOSE_MS, () => this.socket.terminate());
    this.socket.close(code, reason);
  }

  pause(): void {}
}
