/** `deno task test [ARGS]`: type check, then every test and every example in the docs. */
import { dirname } from "node:path";
import { checkArgs, pageCheckArgs, testArgs } from "./project.ts";
import { runDeno } from "./run_deno.ts";
import { runAllTests } from "./run_tests.ts";

if (import.meta.main) {
  const root = dirname(import.meta.dirname ?? Deno.cwd());
  for (const args of [checkArgs(root), pageCheckArgs()]) {
    const checked = await runDeno(args, { cwd: root });
    if (checked !== 0) Deno.exit(checked);
  }
  // Whoever names some wants to see them as they run.
  const named = Deno.args.length > 0;
  Deno.exit(await (named ? runDeno(testArgs(Deno.args), { cwd: root }) : runAllTests(root)));
}
