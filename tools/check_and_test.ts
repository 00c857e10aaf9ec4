/** `deno task test [ARGS]`: type check, then every test and every example in the docs. */
import { dirname } from "node:path";
import { checkArgs, testArgs } from "./project.ts";
import { runDeno } from "./run_deno.ts";

if (import.meta.main) {
  const root = dirname(import.meta.dirname ?? Deno.cwd());
  const checked = await runDeno(checkArgs(root), { cwd: root });
  Deno.exit(checked === 0 ? await runDeno(testArgs(Deno.args), { cwd: root }) : checked);
}
