/** Servers of HTTP/2 that do what no well-behaved one does on demand: bytes on a socket. */
import { connect, createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { once } from "node:events";

const PREFACE = 24;
const HEAD = 9;
const [HEADERS, SETTINGS, GOAWAY] = [1, 4, 7];

/** A frame of HTTP/2, with its head. */
interface Frame {
  readonly type: number;
  readonly stream: number;
  readonly bytes: Uint8Array;
}

function frame(type: number, flags: number, stream: number, payload: readonly number[]): Uint8Array {
  return Uint8Array.of(0, 0, payload.length, type, flags, 0, 0, 0, stream, ...payload);
}

/** Calls back with the frames of a client, and its preface. */
function onFrames(socket: Socket, callback: (frame: Frame) => void): void {
  let data = new Uint8Array(0);
  let isPreface = true;
  const take = (size: number) => {
    const bytes = data.slice(0, size);
    data = data.slice(size);
    return bytes;
  };
  socket.on("error", () => {});
  socket.on("data", (bytes: Uint8Array) => {
    data = Uint8Array.from([...data, ...bytes]);
    if (isPreface && data.length >= PREFACE) {
      isPreface = false;
      callback({ type: -1, stream: 0, bytes: take(PREFACE) });
    }
    while (!isPreface && data.length >= HEAD) {
      const size = HEAD + (data[0] << 16 | data[1] << 8 | data[2]);
      if (data.length < size) break;
      const [type, stream] = [data[3], data[7] << 8 | data[8]];
      callback({ type, stream, bytes: take(size) });
    }
  });
}

async function listen(accept: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    accept(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    port,
    address: `grpc://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, "close");
    },
  };
}

/** Answers each request with HTTP's status 404. */
export function serve404() {
  return listen((socket) =>
    onFrames(socket, ({ type, stream }) => {
      if (type === -1) socket.write(frame(SETTINGS, 0, 0, []));
      // HPACK's entry 13 is ":status: 404"; the flags end the headers and the stream.
      if (type === HEADERS) socket.write(frame(HEADERS, 5, stream, [0x80 | 13]));
    })
  );
}

/** Passes a connection on to a port until it is told to end it in order, when the next call comes. */
export async function goawayProxy(port: number) {
  let refusals = 0;
  const listening = await listen((client) => {
    const server = connect(port, "127.0.0.1");
    server.on("error", () => {});
    server.on("data", (bytes) => client.write(bytes));
    server.on("close", () => client.destroy());
    client.on("close", () => server.destroy());
    let isOver = false;
    onFrames(client, ({ type, stream, bytes }) => {
      if (isOver) return;
      if (type !== HEADERS || refusals === 0) return server.write(bytes);
      refusals--;
      isOver = true;
      client.end(frame(GOAWAY, 0, 0, [0, 0, 0, stream - 2, 0, 0, 0, 0]));
    });
  });
  return { ...listening, refuse: (count: number) => void (refusals = count), left: () => refusals };
}
