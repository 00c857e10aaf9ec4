import { Bun } from "./_bun_api.ts";
import { acceptSocket, socketEvents } from "./_bun_socket.ts";
import { files } from "./_node_files.ts";
import { host } from "./_node_process.ts";
import { after } from "../async/deadline.ts";
import { toUrl } from "../paths.ts";
import type { Runtime, SocketServer } from "./runtime.ts";

/** The runtime of the host on Bun. */
export const runtime: Runtime = {
  ...host,
  ...files,
  reportsClose: false,
  resolvesLinks: true,
  reloadsInPlace: false,
  hasPermissions: false,
  mainModule: () => toUrl(Bun.main),
  mainModuleEnd,
  // deno-lint-ignore require-await -- rejects where Bun throws, as for a port in use
  async serve({ maxMessage, ...address }, handler) {
    const sockets: SocketServer = { accept: (...args) => acceptSocket(server, ...args) };
    const server = Bun.serve({
      ...address,
      // The gateway has its own limits.
      idleTimeout: 0,
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
      development: false,
      fetch: (request) => handler(request, sockets),
      websocket: socketEvents(maxMessage),
    });
    return {
      port: server.port,
      async close(graceMs) {
        const cancelTimer = after(graceMs, () => void server.stop(true));
        await server.stop();
        cancelTimer();
      },
    };
  },
};

/** As on Node: the import of a module that is being evaluated resolves at its end, and does not evaluate it again. */
async function mainModuleEnd(): Promise<void> {
  const filter = new RegExp(`^${Bun.main.replaceAll(/\W/g, "\\$&")}$`);
  const load = () => ({ contents: "", loader: "js" });
  Bun.plugin({ name: "hotflow main", setup: (build) => build.onLoad({ filter }, load) });
  await import(Bun.main).catch(() => {});
}
