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

/** What checks manifests for Kubernetes; its pin list is beside the others. */
const KUBERNETES = "kubernetes";

/** The Python of a pin list. Throws when it cannot be set up. */
async function setUp(root: string, command: string, name: string, what: string): Promise<string> {
  const folder = join(root, ".python-clients");
  const env = await pythonEnv(command, join(root, CLIENT_TESTS, `pins-${name}.txt`), folder);
  if ("problem" in env) throw new Error(`Cannot set up ${what}: ${env.problem}`);
  if (env.made) say(`set up ${what} in ${dirname(dirname(env.python))}`);
  return env.python;
}

async function main(root: string): Promise<number> {
  const found = await findPython();
  if ("problem" in found) {
    say(`SKIPPED the real Python clients: ${found.problem}`);
    return 0;
  }
  try {
    const clients = VERSIONS.map(async (version) =>
      [version, await setUp(root, found.command, version, `the Jina ${version} client`)] as const
    );
    const pythons = Object.fromEntries(await Promise.all(clients));
    const kubernetes = await setUp(root, found.command, KUBERNETES, "kubernetes-validate");
    return await runDeno(["test", "--no-check", "-A", CLIENT_TESTS, ...Deno.args], {
      cwd: root,
      env: { HOTFLOW_PYTHON_CLIENTS: JSON.stringify(pythons), HOTFLOW_PYTHON_KUBERNETES: kubernetes },
    });
  } catch (error) {
    say(`FAILED  ${(error as Error).message}`);
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main(dirname(import.meta.dirname ?? Deno.cwd())));
