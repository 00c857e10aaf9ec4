/** HTTP/2 at the port of Node's HTTP server, which reads HTTP/1 only: gRPC clients get an answer that they can read. @module */
import type { Server } from "node:http";
import {
  constants,
  createServer,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from "node:http2";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";

/** What a client of HTTP/2 sends first. */
const PREFACE = "PRI * HTTP/2.0";

/** The answers of Node itself to what it cannot read; any other error is a 400. */
const ANSWERS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  HPE_CHUNK_EXTENSIONS_OVERFLOW: "413 Payload Too Large",
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
};

/** Passes gRPC's requests over HTTP/2, without their bodies, to a handler; other requests over HTTP/2 get 505. */
export function serveGrpcClients(
  server: Server,
  handler: (request: Request) => Response | Promise<Response>,
): void {
  const connections = new WeakMap<Socket, Duplex>();
  let http2: Http2Server | undefined;
  // Node's parser reports each packet of HTTP/2 as an error, with its bytes.
  server.on("clientError", (error: Error & { code?: string; rawPacket?: Uint8Array }, socket: Socket) => {
    const packet = Uint8Array.from(error.rawPacket ?? []);
    let connection = connections.get(socket);
    if (connection === undefined && !new TextDecoder().decode(packet).startsWith(PREFACE)) {
      return refuse(socket, error);
    }
    if (connection === undefined) {
      connection = over(socket);
      connections.set(socket, connection);
      http2 ??= createServer((request, response) => void answer(request, response, handler));
      http2.emit("connection", connection);
    }
    connection.push(packet);
  });
}

/** Does what Node does where no one listens to the error. */
function refuse(socket: Socket, error: Error & { code?: string }): void {
  const status = ANSWERS[error.code ?? ""] ?? "400 Bad Request";
  if (socket.writable) socket.write(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
  socket.destroy(error);
}

/** A stream that writes to a socket, and is fed with what comes from it. */
function over(socket: Socket): Duplex {
  const stream = new Duplex({
    read() {},
    write: (bytes, _, callback) => void socket.write(bytes, callback),
    final: (callback) => void socket.end(callback),
    destroy(error, callback) {
      socket.destroy();
      callback(error);
    },
  });
  socket.once("close", () => stream.destroy());
  return stream;
}

/** Answers a request. Nothing that a client sends, and no failure of the handler, may end the process. */
async function answer(
  request: Http2ServerRequest,
  { stream }: Http2ServerResponse,
  handler: (request: Request) => Response | Promise<Response>,
): Promise<void> {
  try {
    const { status, headers } = await responseTo(request, handler);
    if (stream.destroyed) return;
    stream.respond({ ":status": status, ...Object.fromEntries(headers) }, { endStream: true });
  } catch {
    stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }
}

function responseTo(
  { method, url, headers }: Http2ServerRequest,
  handler: (request: Request) => Response | Promise<Response>,
): Response | Promise<Response> {
  const type = headers["content-type"] ?? "";
  if (!type.startsWith("application/grpc")) return new Response(null, { status: 505 });
  if (method !== "POST") return new Response(null, { status: 405, headers: { allow: "POST" } });
  const request = requestOf(`http://${headers[":authority"] ?? headers.host}${url}`, type);
  return request === undefined ? new Response(null, { status: 400 }) : handler(request);
}

/** A request as the handler takes it; `undefined` when a client has sent what no URL or header may contain. */
function requestOf(address: string, type: string): Request | undefined {
  try {
    return new Request(address, { method: "POST", headers: { "content-type": type } });
  } catch {
    return undefined;
  }
}
