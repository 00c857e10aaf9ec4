/** Tries what `deno publish` would do, also where a mirror of JSR lies in this folder. */
import { cp } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { runDeno } from "./run_deno.ts";

/**
 * Where JSR is to be read from. Modules below a package's folder count as its own when it is published: a mirror
 * in there has to be elsewhere for once.
 */
async function registryOutside(root: string, elsewhere: string): Promise<Record<string, string>> {
  const url = Deno.env.get("JSR_URL");
  if (url === undefined || !url.startsWith(pathToFileURL(root).href)) return {};
  await cp(fileURLToPath(url), elsewhere, { recursive: true });
  return { JSR_URL: `${pathToFileURL(elsewhere).href}/` };
}

if (import.meta.main) {
  const root = dirname(import.meta.dirname ?? Deno.cwd());
  const temporary = await Deno.makeTempDir({ prefix: "hotflow_publish_" });
  const env = await registryOutside(root, join(temporary, "jsr"));
  const code = await runDeno(["publish", "--quiet", "--dry-run", "--allow-dirty"], { cwd: root, env });
  await Deno.remove(temporary, { recursive: true });
  Deno.exit(code);
}
