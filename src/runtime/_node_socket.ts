/** WebSockets on Node, by the library `ws`, which is loaded with the first one. @module */
import { type IncomingMessage, type Server, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { CLOSE_MS, HIGH_WATER } from "./_socket_limits.ts";
import type { HttpHandler, ServerSocket, SocketServer } from "./runtime.ts";

/** The time of silence after which the system asks whether a client is still there, in milliseconds. */
const KEEP_ALIVE_MS = 60_000;

/** The part of `ws` that is used here. */
interface WsLibrary {
  readonly WebSocketServer: new (options: object) => {
    handleUpgrade(...args: [...Upgrade, (socket: WsSocket) => void]): void;
  };
}

interface WsSocket {
  readonly readyState: number;
  readonly bufferedAmount: number;
  on(event: "message", listener: (data: Uint8Array, isBinary: boolean) => void): void;
  on(event: "close" | "error", listener: () => void): void;
  send(message: string | Uint8Array, onSent: () => void): void;
  close(code: number, reason: string): void;
  pause(): void;
  resume(): void;
}

/** A request to upgrade, its connection, and the first bytes after it. */
type Upgrade = [request: IncomingMessage, socket: Socket, head: Uint8Array];

/** Answers the requests to upgrade that come to a server. */
export function serveUpgrades(server: Server, handler: HttpHandler, maxPayload: number): void {
  // Node 24.9 and later ask this before they give a connection away.
  Object.assign(server, { shouldUpgradeCallback: isForWebSocket });
  server.on("upgrade", (...upgrade: Upgrade) => {
    const [request, socket] = upgrade;
    if (!isForWebSocket(request)) return servePlain(server, ...upgrade);
    socket.on("error", () => {});
    answer(handler, maxPayload, upgrade).catch(() => socket.destroy());
  });
}

function isForWebSocket({ method, headers }: IncomingMessage): boolean {
  return method === "GET" && headers.upgrade?.toLowerCase() === "websocket";
}

/** Answers a request to upgrade: with a WebSocket, or with plain HTTP. */
async function answer(handler: HttpHandler, maxPayload: number, upgrade: Upgrade): Promise<void> {
  const [{ url, headers, rawHeaders }, socket] = upgrade;
  const { WebSocketServer } = await import("ws") as unknown as WsLibrary;
  let isAccepted = false;
  const sockets: SocketServer = {
    accept(_request, protocol, open) {
      isAccepted = true;
      socket.setKeepAlive(true, KEEP_ALIVE_MS);
      const handleProtocols = () => protocol ?? false;
      const options = { noServer: true, clientTracking: false, maxPayload, closeTimeout: CLOSE_MS };
      new WebSocketServer({ ...options, handleProtocols })
        .handleUpgrade(...upgrade, (webSocket) => connect(webSocket, open));
      return new Response();
    },
  };
  const address = `http://${headers.host}${url}`;
  const response = URL.canParse(address)
    ? await handler(new Request(address, { headers: pairsOf(rawHeaders) }), sockets)
    : new Response(null, { status: 400 });
  if (!isAccepted) await refuse(socket, response);
}

function connect(webSocket: WsSocket, open: Parameters<SocketServer["accept"]>[2]): void {
  const listener = open(new NodeSocket(webSocket));
  webSocket.on("message", (data, isBinary) => {
    // Not as a Buffer, whose methods differ from those of a Uint8Array.
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    listener.onMessage(isBinary ? bytes : new TextDecoder().decode(bytes));
  });
  // After an error, `ws` closes with the code that belongs to it.
  webSocket.on("error", () => {});
  webSocket.on("close", () => listener.onClose());
}

class NodeSocket implements ServerSocket {
  constructor(private readonly socket: WsSocket) {}

  async send(message: string | Uint8Array): Promise<void> {
    const sent = new Promise<void>((resolve) => this.socket.send(message, resolve));
    if (this.socket.bufferedAmount > HIGH_WATER) await sent;
  }

  close(code: number, reason: string): void {
    this.socket.close(code, reason);
  }

  pause(isPaused: boolean): void {
    if (isPaused) this.socket.pause();
    else this.socket.resume();
  }
}

/** Refuses an upgrade with an answer of plain HTTP. */
async function refuse(socket: Socket, response: Response): Promise<void> {
  const body = new Uint8Array(await response.arrayBuffer());
  const headers = new Headers(response.headers);
  headers.set("content-length", String(body.length));
  headers.set("connection", "close");
  const lines = [...headers].map(([name, value]) => `${name}: ${value}\r\n`);
  const { status } = response;
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}\r\n`);
  socket.end(body);
}

/**
 * Serves a request that asks for another upgrade as if it did not ask, such as that for HTTP/2 by Java's client. Since
 * there is a listener for upgrades, Node has given the connection away; it gets it again from the beginning.
 */
function servePlain(server: Server, ...[incoming, socket, head]: Upgrade): void {
  const lines = pairsOf(incoming.rawHeaders).filter(([name]) => name.toLowerCase() !== "upgrade")
    .map(([name, value]) => `${name}: ${value}\r\n`);
  const beginning = `${incoming.method} ${incoming.url} HTTP/1.1\r\n${lines.join("")}\r\n`;
  socket.unshift(head);
  socket.unshift(beginning, "latin1");
  server.emit("connection", socket);
}

function pairsOf(raw: readonly string[]): [string, string][] {
  return Array.from({ length: raw.length / 2 }, (_, index) => [raw[2 * index], raw[2 * index + 1]]);
}
