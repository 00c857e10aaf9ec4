/**
 * Connections for HTTP/2 on Deno. Deno 2.9 ends the whole process with "free(): invalid pointer" when its server receives
 * a `GOAWAY` frame, which many clients send before they close a connection, and with a failed assertion of nghttp2 when
 * its client receives one, which servers send before they close: neither gets to see it.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { GoawayFilter, OpenedStreams } from "./_goaway_filter.ts";
import type { Http2Connection, Runtime } from "./runtime.ts";

/** The interval at which a closing server looks for quiet connections, in milliseconds. */
const SWEEP_MS = 50;
/** How long a client has to close a connection after the last that was sent, in milliseconds. */
const QUIET_MS = 500;

/** See `Runtime.acceptHttp2`. */
export const acceptHttp2: NonNullable<Runtime["acceptHttp2"]> = async ({ hostname, port }, accept) => {
  const connections = new Set<Connection>();
  const server = createServer({ noDelay: true }, (socket) => {
    const connection = new Connection(socket, new GoawayFilter());
    connections.add(connection);
    connection.once("close", () => connections.delete(connection));
    accept(connection);
  });
  server.listen(port, hostname);
  await once(server, "listening");
  const closed = Promise.withResolvers<void>();
  return {
    port: (server.address() as AddressInfo).port,
    stop: () => void server.close(() => closed.resolve()),
    async close() {
      const sweep = () => connections.forEach((connection) => connection.isQuiet && connection.destroy());
      sweep();
      const timer = setInterval(sweep, SWEEP_MS);
      await closed.promise;
      clearInterval(timer);
    },
    destroy: () => connections.forEach((connection) => connection.destroy()),
  };
};

/** See `Runtime.guardHttp2`. */
export function guardHttp2(socket: Http2Connection, onGoaway: () => void): Http2Connection {
  const opened = new OpenedStreams();
  const filter = new GoawayFilter("server", (lastStream) => {
    onGoaway();
    return opened.refusedAfter(lastStream);
  });
  return new Connection(socket as Socket, filter, opened);
}

/** A connection without its `GOAWAY` frames. */
class Connection extends Duplex {
  readonly #unsent: Uint8Array[] = [];
  /** When something was sent last. */
  #sentAt = 0;

  /** @param opened Follows what is sent. */
  constructor(
    private readonly socket: Socket,
    filter: GoawayFilter,
    private readonly opened?: OpenedStreams,
  ) {
    super();
    socket.on("data", (bytes: Uint8Array) => {
      for (const part of filter.pass(bytes)) if (!this.push(part)) socket.pause();
    });
    socket.on("end", () => this.push(null));
    socket.on("error", (error) => this.destroy(error));
    socket.on("close", () => this.destroy());
  }

  /** Whether nothing is being sent, nor was lately: the client does not close it, although it was told to. */
  get isQuiet(): boolean {
    return this.socket.writableLength === 0 && performance.now() - this.#sentAt > QUIET_MS;
  }

  /** A client's session calls these. */
  ref(): void {
    this.socket.ref();
  }

  unref(): void {
    this.socket.unref();
  }

  override _read(): void {
    this.socket.resume();
  }

  /** Sends the frames of one turn together: a system call costs more than to copy them. */
  override _write(bytes: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    this.opened?.read(bytes);
    if (this.#unsent.push(bytes) === 1) queueMicrotask(() => this.#flush());
    if (this.socket.writableNeedDrain) this.socket.once("drain", done);
    else done();
  }

  #flush(): void {
    const all = this.#unsent.splice(0);
    this.#sentAt = performance.now();
    if (all.length > 0) this.socket.write(all.length === 1 ? all[0] : Buffer.concat(all));
  }

  override _final(done: () => void): void {
    this.#flush();
    this.socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.socket.destroy();
    done(error);
  }
}
