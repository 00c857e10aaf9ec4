import { files } from "./_node_files.ts";
import { host } from "./_node_process.ts";
import { after } from "./deadline.ts";
import { toUrl } from "./paths.ts";
import type { Listener, Runtime } from "./runtime.ts";

/** What is used of Bun. */
interface BunServer {
  readonly port: number;
  stop(now?: boolean): Promise<void>;
}
interface Bun {
  readonly main: string;
  serve(options: {
    hostname: string;
    port: number;
    idleTimeout: number;
    maxRequestBodySize: number;
    development: boolean;
    fetch: (request: Request) => Response | Promise<Response>;
  }): BunServer;
}

const { Bun } = globalThis as unknown as { Bun: Bun };

/** Bun as the side that makes workers. */
export const runtime: Runtime = {
  ...host,
  ...files,
  canKillLoops: true,
  reportsClose: false,
  resolvesLinks: true,
  mainModule: () => toUrl(Bun.main),
  serve,
  onDisconnect(request, callback) {
    if (request.signal.aborted) callback();
    else request.signal.addEventListener("abort", callback, { once: true });
  },
};

function serve(
  { hostname, port }: { hostname: string; port: number },
  handler: (request: Request) => Response | Promise<Response>,
): Promise<Listener> {
  const server = Bun.serve({
    hostname,
    port,
    // The gateway has limits of its own.
    idleTimeout: 0,
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    development: false,
    fetch: handler,
  });
  return Promise.resolve({
    port: server.port,
    async close(graceMs) {
      const callOff = after(graceMs, () => void server.stop(true));
      await server.stop();
      callOff();
    },
  });
}
