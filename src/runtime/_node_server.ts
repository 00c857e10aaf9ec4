/** The HTTP server on Node. @module */
import { createAdaptorServer } from "@hono/node-server";
import { once } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { type AddressInfo, Server as NetServer, type Socket } from "node:net";
import { after } from "../async/deadline.ts";
import type { Runtime } from "./runtime.ts";

/** Serves until it is closed. */
export const serve: Runtime["serve"] = async ({ hostname, port }, handler) => {
  const server = createAdaptorServer({ fetch: handler, hostname, overrideGlobalObjects: false }) as Server;
  const connections = new Connections(server);
  server.listen(port, hostname);
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async close(graceMs) {
      // Not `server.close()`: it regards a connection whose answer is still being sent as idle, and closes it.
      const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()));
      connections.end();
      const cancelTimer = after(graceMs, () => server.closeAllConnections());
      await closed;
      cancelTimer();
      // Only to clear its timer.
      server.close(() => {});
    },
  };
};

/** The connections of a server. Node itself would keep each idle connection open for some seconds. */
class Connections {
  readonly #busy = new Map<Socket, number>();
  #ending = false;

  constructor(server: Server) {
    server.on("connection", (socket: Socket) => {
      this.#busy.set(socket, 0);
      socket.once("close", () => this.#busy.delete(socket));
    });
    server.on("request", ({ socket }: IncomingMessage, response: ServerResponse) => {
      this.#count(socket, 1);
      response.once("close", () => this.#count(socket, -1));
    });
  }

  /** Closes each connection when all its answers are sent. */
  end(): void {
    this.#ending = true;
    for (const socket of this.#busy.keys()) this.#count(socket, 0);
  }

  #count(socket: Socket, more: number): void {
    const requests = (this.#busy.get(socket) ?? 0) + more;
    if (!socket.destroyed) this.#busy.set(socket, requests);
    if (this.#ending && requests === 0) socket.destroySoon();
  }
}
