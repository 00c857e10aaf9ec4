/** `deno task ok`: all that has to hold before a commit. Stops at the first step that fails. */
import { dirname } from "node:path";
import { runDeno } from "./run_deno.ts";

interface Step {
  readonly name: string;
  readonly args: readonly string[];
}

const STEPS: readonly Step[] = [
  { name: "format", args: ["fmt", "--quiet", "--check"] },
  { name: "lint", args: ["lint", "--quiet"] },
  { name: "rooms", args: ["run", "-A", "tools/check_rooms.ts"] },
  { name: "public docs", args: ["doc", "--quiet", "--lint", "mod.ts", "grpc.ts"] },
  { name: "types and tests", args: ["run", "-A", "tools/check_and_test.ts"] },
  { name: "publish dry run", args: ["run", "-A", "tools/publish_dry_run.ts"] },
];

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

if (import.meta.main) {
  const root = dirname(import.meta.dirname ?? Deno.cwd());
  for (const step of STEPS) {
    const start = performance.now();
    const code = await runDeno(step.args, { cwd: root });
    const time = `${((performance.now() - start) / 1000).toFixed(1)} s`;
    if (code !== 0) {
      say(`FAILED  ${step.name} (${time}): deno ${step.args.join(" ")}`);
      Deno.exit(code);
    }
    say(`ok      ${step.name} (${time})`);
  }
}
