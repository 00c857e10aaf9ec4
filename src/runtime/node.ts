import "./_node_version.ts";
import { realpathSync } from "node:fs";
import process from "node:process";
import { toUrl } from "./paths.ts";
import { files, orNothing } from "./_node_files.ts";
import { host } from "./_node_process.ts";
import { serve } from "./_node_server.ts";
import type { Runtime } from "./runtime.ts";

/** Node as the side that makes workers. */
export const runtime: Runtime = {
  ...host,
  ...files,
  canKillLoops: true,
  reportsClose: false,
  resolvesLinks: true,
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
