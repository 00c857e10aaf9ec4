import "./_node_version.ts";
import { realpathSync } from "node:fs";
import process from "node:process";
import { toUrl } from "../paths.ts";
import { files, orNothing } from "./_node_files.ts";
import { host } from "./_node_process.ts";
import { serve } from "./_node_server.ts";
import type { Runtime } from "./runtime.ts";

/** Node as the side that makes workers. */
export const runtime: Runtime = {
  ...host,
  ...files,
  reportsClose: false,
  resolvesLinks: true,
  mainModule() {
    const script = process.argv[1];
    const path = script === undefined ? undefined : orNothing(() => realpathSync(script));
    return path === undefined ? undefined : toUrl(path);
  },
  mainModuleEnd,
  serve,
  onDisconnect(request, callback) {
    if (request.signal.aborted) callback();
    else request.signal.addEventListener("abort", callback, { once: true });
  },
};

/**
 * A module that is being evaluated is not evaluated again: its import ends with it. Should Node not know the main module
 * under this URL, because it is CommonJS for one, it is an empty module that is imported.
 */
async function mainModuleEnd(): Promise<void> {
  const main = runtime.mainModule();
  if (main === undefined) return;
  // Imported here, since a Node that is too old has no such function.
  const { registerHooks } = await import("node:module");
  const hooks = registerHooks({
    load: (url, context, nextLoad) =>
      url === main ? { format: "module", source: "", shortCircuit: true } : nextLoad(url, context),
  });
  await import(main).catch(() => {});
  hooks.deregister();
}
