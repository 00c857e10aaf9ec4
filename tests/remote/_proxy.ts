/** Connections whose other end vanishes without a word, as when a machine loses its power. */
import { connect, createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { once } from "node:events";

/** Passes connections on to a port, until those that there are fall silent. */
export async function silentProxy(port: number) {
  const sockets = new Set<Socket>();
  const [silent, states] = [new WeakSet<Socket>(), { isGone: false }];
  const pass = (from: Socket, to: Socket) => {
    sockets.add(from);
    if (states.isGone) silent.add(from);
    from.on("error", () => {});
    from.on("data", (bytes: Uint8Array) => !silent.has(from) && to.write(bytes));
    from.on("close", () => {
      sockets.delete(from);
      if (!silent.has(from)) to.destroy();
    });
  };
  const server = createServer((client) => {
    const far = connect(port, "127.0.0.1");
    pass(client, far);
    pass(far, client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: `grpc://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Has all connections fall silent; those that are made later only if the whole machine is gone. */
    silence(isGone: boolean) {
      for (const socket of sockets) silent.add(socket);
      states.isGone = isGone;
    },
    /** Ends all connections, as when the other end was killed. */
    cut() {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    /** Passes on those that are made from now on. */
    comeBack: () => void (states.isGone = false),
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, "close");
    },
  };
}
