import { assertEquals, assertMatch } from "@std/assert";
import { dirname, join } from "node:path";
import { findPython } from "../../tools/python_env.ts";
import { temporaryFolder } from "./_temporary_folder.ts";

const TOOLS = join(dirname(dirname(import.meta.dirname ?? "")), "tools");

/** A folder of commands that each print something, and fail or not. */
async function commands(what: Record<string, string>): Promise<AsyncDisposable & { readonly path: string }> {
  const files = Object.entries(what).map(([name, script]) => [name, `#!/bin/sh\n${script}\n`]);
  const folder = await temporaryFolder(Object.fromEntries(files));
  for (const name of Object.keys(what)) await Deno.chmod(join(folder.path, name), 0o755);
  return folder;
}

Deno.test("findPython() takes the first command that is Python 3.11", async () => {
  await using folder = await commands({ "python3.11": "echo 3.11", python3: "echo 3.11" });
  assertEquals(await findPython({ PATH: folder.path }), { command: "python3.11" });
  await using other = await commands({ python3: "echo 3.13", python: "echo 3.11" });
  assertEquals(await findPython({ PATH: other.path }), { command: "python" });
});

Deno.test("findPython() says what it looked for, and what it found instead", async () => {
  await using folder = await commands({
    "python3.11": "echo Traceback >&2; echo \"No module named 'ensurepip'\" >&2; exit 1",
    python3: "echo 3.13",
  });
  assertEquals(await findPython({ PATH: folder.path }), {
    problem: "Python 3.11 with venv was not found; " +
      "looked for python3.11 (No module named 'ensurepip'), python3 (3.13), python (not there)",
  });
});

Deno.test("test:clients says that it skips the Python clients, and why, when there is no Python 3.11", async () => {
  await using folder = await commands({});
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-config", join(TOOLS, "test_clients.ts")],
    env: { PATH: folder.path },
  }).output();
  assertEquals(code, 0);
  assertMatch(
    new TextDecoder().decode(stdout),
    /^SKIPPED the real Python clients: Python 3\.11 .*\(not there\)/,
  );
});
