/** `deno task test:clients`: the real Python clients of Jina against our Flow. Says so when it cannot run. */
import { dirname, join } from "node:path";
import { CLIENT_TESTS } from "./project.ts";
import { findPython, pythonEnv } from "./python_env.ts";
import { runDeno } from "./run_deno.ts";

/** The generations of the client, each with its pin list in the folder of the tests. */
const VERSIONS = ["3.14", "3.34"];

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

/** The Python of each generation. Throws when one cannot be set up. */
async function setUp(root: string, command: string): Promise<Record<string, string>> {
  const folder = join(root, ".python-clients");
  const pythons = await Promise.all(VERSIONS.map(async (version) => {
    const env = await pythonEnv(command, join(root, CLIENT_TESTS, `pins-${version}.txt`), folder);
    if ("problem" in env) throw new Error(`Cannot set up the Jina ${version} client: ${env.problem}`);
    if (env.made) say(`set up the Jina ${version} client in ${dirname(dirname(env.python))}`);
    return [version, env.python];
  }));
  return Object.fromEntries(pythons);
}

async function main(root: string): Promise<number> {
  const found = await findPython();
  if ("problem" in found) {
    say(`SKIPPED the real Python clients: ${found.problem}`);
    return 0;
  }
  try {
    const pythons = await setUp(root, found.command);
    return await runDeno(["test", "--no-check", "-A", CLIENT_TESTS, ...Deno.args], {
      cwd: root,
      env: { HOTFLOW_PYTHON_CLIENTS: JSON.stringify(pythons) },
    });
  } catch (error) {
    say(`FAILED  ${(error as Error).message}`);
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main(dirname(import.meta.dirname ?? Deno.cwd())));
