/** The HTTP server on Node. @module */
import { createAdaptorServer } from "@hono/node-server";
import { once } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { type AddressInfo, Server as NetServer, type Socket } from "node:net";
import { after } from "../async/deadline.ts";
import { serveGrpcClients } from "./_node_h2.ts";
import { serveUpgrades } from "./_node_socket.ts";
import type { Runtime, SocketServer } from "./runtime.ts";

/** Of requests that do not ask for an upgrade. */
const NO_SOCKETS: SocketServer = {
  accept() {
    throw new TypeError("expected a request with `Connection: Upgrade` and `Upgrade: websocket`");
  },
};

/** Serves until it is closed. */
export const serve: Runtime["serve"] = async ({ hostname, port, maxMessage }, handler) => {
  const fetch = (request: Request) => handler(request, NO_SOCKETS);
  const server = createAdaptorServer({ fetch, hostname, overrideGlobalObjects: false }) as Server;
  const connections = new Connections(server);
  serveUpgrades(server, handler, maxMessage);
  serveGrpcClients(server, fetch);
  server.listen(port, hostname);
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async close(graceMs) {
      // Not `server.close()`: it regards a connection whose answer is still being sent as idle, and closes it.
      const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()));
      connections.end();
      const cancelTimer = after(graceMs, () => connections.cut());
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
    // A WebSocket is busy to its end.
    server.on("upgrade", ({ socket }: IncomingMessage) => this.#count(socket, 1));
  }

  /** Closes each connection when all its answers are sent. */
  end(): void {
    this.#ending = true;
    for (const socket of this.#busy.keys()) this.#count(socket, 0);
  }

  /** Ends all connections, WebSockets too. */
  cut(): void {
    for (const socket of this.#busy.keys()) socket.destroy();
  }

  #count(socket: Socket, more: number): void {
    const requests = (this.#busy.get(socket) ?? 0) + more;
    if (!socket.destroyed) this.#busy.set(socket, requests);
    if (this.#ending && requests === 0) socket.destroySoon();
  }
}
