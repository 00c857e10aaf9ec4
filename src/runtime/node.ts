import "./_node_version.ts";
import { realpathSync } from "node:fs";
import process from "node:process";
import { toUrl } from "../paths.ts";
import { files } from "./_node_files.ts";
import { host } from "./_node_process.ts";
import { serve } from "./_node_server.ts";
import { orUndefinedSync } from "./_or_undefined.ts";
import type { Runtime } from "./runtime.ts";

/** The runtime of the host on Node. */
export const runtime: Runtime = {
  ...host,
  ...files,
  reportsClose: false,
  resolvesLinks: true,
  reloadsInPlace: true,
  // With the package from npm, this may be Deno.
  hasPermissions: "Deno" in globalThis,
  mainModule() {
    const script = process.argv[1];
    const path = script === undefined ? undefined : orUndefinedSync(() => realpathSync(script));
    return path === undefined ? undefined : toUrl(path);
  },
  mainModuleEnd,
  serve,
};

/**
 * The import of a module that is being evaluated resolves at its end, and does not evaluate it again. If Node has not
 * loaded the main module under this URL, as for CommonJS, the hook makes it an empty module.
 */
async function mainModuleEnd(): Promise<void> {
  const main = runtime.mainModule();
  if (main === undefined) return;
  // Imported here, since old versions of Node have no such function.
  const { registerHooks } = await import("node:module");
  const hooks = registerHooks({
    load: (url, context, nextLoad) =>
      url === main ? { format: "module", source: "", shortCircuit: true } : nextLoad(url, context),
  });
  await import(main).catch(() => {});
  hooks.deregister();
}
