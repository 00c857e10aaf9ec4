/** WebSockets on Deno. @module */
import { after } from "../async/deadline.ts";
import { CLOSE_MS, HIGH_WATER } from "./_socket_limits.ts";
import type { ServerSocket, SocketServer } from "./runtime.ts";

/** The time in seconds after which a client that sends nothing is asked whether it is still there. */
const IDLE_S = 120;
/** The interval at which it is checked what a slow client has taken, since no event tells, in milliseconds. */
const DRAIN_MS = 5;

/** @param onEnd Gets a promise that resolves when the WebSocket has ended. */
export function acceptSocket(
  ...[request, protocol, open, onEnd]: [...Parameters<SocketServer["accept"]>, (end: Promise<void>) => void]
): Response {
  const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: IDLE_S });
  // Deno's option `protocol` misses names in a list without spaces, such as "json,bytes" (Deno 2.9).
  if (protocol !== undefined) response.headers.set("sec-websocket-protocol", protocol);
  const { promise: end, resolve } = Promise.withResolvers<void>();
  onEnd(end);
  // An error is followed by a close event.
  socket.onerror = (event) => event.preventDefault();
  socket.onclose = () => resolve();
  socket.onopen = () => {
    const listener = open(new DenoSocket(socket, resolve));
    socket.onmessage = ({ data }) => {
      listener.onMessage(typeof data === "string" ? data : new Uint8Array(data));
    };
    socket.onclose = () => {
      resolve();
      listener.onClose();
    };
  };
  return response;
}

class DenoSocket implements ServerSocket {
  constructor(private readonly socket: WebSocket, private readonly onEnd: () => void) {}

  async send(message: string | Uint8Array): Promise<void> {
    const { socket } = this;
    if (socket.readyState !== WebSocket.OPEN) return;
    socket.send(message as string | Uint8Array<ArrayBuffer>);
    while (socket.bufferedAmount > HIGH_WATER && socket.readyState === WebSocket.OPEN) {
      await new Promise((resolve) => setTimeout(resolve, DRAIN_MS));
    }
  }

  close(code: number, reason: string): void {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    this.socket.close(code, reason);
    // There is no way to end the connection but that of the server.
    const cancelTimer = after(CLOSE_MS, this.onEnd);
    this.socket.addEventListener("close", cancelTimer);
  }

  pause(): void {}
}
