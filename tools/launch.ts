/**
 * Every task goes through here: `deno run -A --no-config tools/launch.ts [--from-caller | --own-config] <deno args>`.
 *
 * Runs the same Deno with this project's deno.json, after making sure that the JSR packages in it can be had:
 * where JSR cannot be reached, from a mirror on disk. `--from-caller` runs it in the folder that the user called
 * `deno task` from. `--own-config` is for the projects that `hotflow new` makes from this checkout: it runs it with the
 * deno.json of the folder it is in. Imports only its neighbours and built-ins, because it has to run before anything else can.
 */
import { dirname, join } from "node:path";
import { jsrEnv } from "./jsr_source.ts";
import { runDeno } from "./run_deno.ts";

const FROM_CALLER = "--from-caller";
const OWN_CONFIG = "--own-config";

/** Runs `deno <args>` to its end and returns its exit code. */
async function launch(root: string, args: readonly string[]): Promise<number> {
  const fromCaller = args[0] === FROM_CALLER;
  const ownConfig = args[0] === OWN_CONFIG;
  const [command, ...rest] = fromCaller || ownConfig ? args.slice(1) : args;
  if (command === undefined) throw new TypeError("Cannot launch: no deno command given, such as `run`");

  const config = ownConfig ? [] : ["--config", join(root, "deno.json")];
  return await runDeno([command, ...config, ...rest], {
    cwd: fromCaller ? Deno.env.get("INIT_CWD") : undefined,
    env: await jsrEnv(root),
  });
}

if (import.meta.main) {
  try {
    Deno.exit(await launch(dirname(import.meta.dirname ?? Deno.cwd()), Deno.args));
  } catch (error) {
    Deno.stderr.writeSync(new TextEncoder().encode(`${error instanceof Error ? error.message : error}\n`));
    Deno.exit(1);
  }
}
