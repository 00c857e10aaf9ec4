import "./_node_version.ts";
import { createAdaptorServer } from "@hono/node-server";
import { realpathSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { toUrl } from "./paths.ts";
import { files, orNothing } from "./_node_files.ts";
import { host } from "./_node_process.ts";
import type { Listener, Runtime } from "./runtime.ts";

/** Node as the side that makes workers. */
export const runtime: Runtime = {
  ...host,
  ...files,
  canKillLoops: true,
  mainModule() {
    const script = process.argv[1];
    const path = script === undefined ? undefined : orNothing(() => realpathSync(script));
    return path === undefined ? undefined : toUrl(path);
  },
  serve,
  onDisconnect(request, callback) {
    if (request.signal.aborted) callback();
    else request.signal.addEventListener("abort", callback, { once: true });
  },
};

async function serve(
  { hostname, port }: { hostname: string; port: number },
  handler: (request: Request) => Response | Promise<Response>,
): Promise<Listener> {
  const server = createAdaptorServer({ fetch: handler, hostname, overrideGlobalObjects: false }) as Server;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, hostname, () => (server.off("error", reject), resolve()));
  });
  return {
    port: (server.address() as AddressInfo).port,
    async close(graceMs) {
      const closed = new Promise((resolve) => server.close(resolve));
      const deadline = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(deadline);
    },
  };
}
