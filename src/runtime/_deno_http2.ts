/**
 * Connections for HTTP/2 on Deno. Deno 2.9 ends the whole process with "free(): invalid pointer" when its server receives
 * a `GOAWAY` frame, which many clients send before they close a connection: the server does not get to see it.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { GoawayFilter } from "./_goaway_filter.ts";
import type { Runtime } from "./runtime.ts";

/** See `Runtime.acceptHttp2`. */
export const acceptHttp2: NonNullable<Runtime["acceptHttp2"]> = async ({ hostname, port }, accept) => {
  const server = createServer({ noDelay: true }, (socket) => accept(new Connection(socket)));
  server.listen(port, hostname);
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
};

/** A connection without its `GOAWAY` frames. */
class Connection extends Duplex {
  readonly #filter = new GoawayFilter();
  readonly #unsent: Uint8Array[] = [];

  constructor(private readonly socket: Socket) {
    super();
    socket.on("data", (bytes: Uint8Array) => {
      for (const part of this.#filter.pass(bytes)) if (!this.push(part)) socket.pause();
    });
    socket.on("end", () => this.push(null));
    socket.on("error", (error) => this.destroy(error));
    socket.on("close", () => this.destroy());
  }

  override _read(): void {
    this.socket.resume();
  }

  /** Sends the frames of one turn together: a system call costs more than to copy them. */
  override _write(bytes: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    if (this.#unsent.push(bytes) === 1) queueMicrotask(() => this.#flush());
    if (this.socket.writableNeedDrain) this.socket.once("drain", done);
    else done();
  }

  #flush(): void {
    const all = this.#unsent.splice(0);
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
