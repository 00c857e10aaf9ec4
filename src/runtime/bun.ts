import { files } from "./_node_files.ts";
import { host } from "./_node_process.ts";
import { after } from "../async/deadline.ts";
import { toUrl } from "../paths.ts";
import type { Listener, Runtime } from "./runtime.ts";

/** The part of Bun's API that is used here. */
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
  plugin(options: {
    name: string;
    setup(
      build: { onLoad(on: { filter: RegExp }, load: () => { contents: string; loader: string }): void },
    ): void;
  }): void;
}

const { Bun } = globalThis as unknown as { Bun: Bun };

/** The runtime of the host on Bun. */
export const runtime: Runtime = {
  ...host,
  ...files,
  reportsClose: false,
  resolvesLinks: true,
  mainModule: () => toUrl(Bun.main),
  mainModuleEnd,
  serve,
  onDisconnect(request, callback) {
    if (request.signal.aborted) callback();
    else request.signal.addEventListener("abort", callback, { once: true });
  },
};

/** As on Node: the import of a module that is being evaluated resolves at its end, and does not evaluate it again. */
async function mainModuleEnd(): Promise<void> {
  const filter = new RegExp(`^${Bun.main.replaceAll(/\W/g, "\\$&")}$`);
  const load = () => ({ contents: "", loader: "js" });
  Bun.plugin({ name: "hotflow main", setup: (build) => build.onLoad({ filter }, load) });
  await import(Bun.main).catch(() => {});
}

function serve(
  { hostname, port }: { hostname: string; port: number },
  handler: (request: Request) => Response | Promise<Response>,
): Promise<Listener> {
  const server = Bun.serve({
    hostname,
    port,
    // The gateway has its own limits.
    idleTimeout: 0,
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    development: false,
    fetch: handler,
  });
  return Promise.resolve({
    port: server.port,
    async close(graceMs) {
      const cancelTimer = after(graceMs, () => void server.stop(true));
      await server.stop();
      cancelTimer();
    },
  });
}
