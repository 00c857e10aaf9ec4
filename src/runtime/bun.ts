import { files } from "./_node_files.ts";
import { host } from "./_node_process.ts";
import { after } from "../async/deadline.ts";
import { toUrl } from "../paths.ts";
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
  plugin(options: {
    name: string;
    setup(
      build: { onLoad(on: { filter: RegExp }, load: () => { contents: string; loader: string }): void },
    ): void;
  }): void;
}

const { Bun } = globalThis as unknown as { Bun: Bun };

/** Bun as the side that makes workers. */
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

/** As on Node: the import of a module that is being evaluated ends with it, and nothing is evaluated again. */
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
