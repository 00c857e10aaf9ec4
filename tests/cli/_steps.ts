/** The steps that `hotflow new` prints, as a user types them. */
import { assertEquals } from "@std/assert";
import type { TempFolder } from "../support/temp_folder.ts";
import { answerOf, Cli } from "./_cli.ts";

/** The commands below "Next:". */
export function stepsOf(stdout: string): string[] {
  const [, block = ""] = /^Next:\n((?: {2}.*\n)+)/m.exec(stdout) ?? [];
  return block.trimEnd().split("\n").map((line) => line.trim());
}

/** A shell whose processes are one group, as those of a terminal: Ctrl-C is for all of them. */
const SHELL = ["setsid", "bash", "-c"];

/** Without the tests' mirror of JSR. */
function typed(steps: readonly string[]): string {
  return ["unset JSR_URL", ...steps].join(" && ");
}

/** Does all steps in their order, each in the folder that those before lead to; the one that serves is asked. */
export async function doSteps(
  folder: TempFolder,
  steps: readonly string[],
  env: Record<string, string>,
): Promise<void> {
  const start = steps.findIndex((step) => step.endsWith(" start"));
  const others = await new Deno.Command("bash", {
    args: ["-c", typed(steps.toSpliced(start, 1))],
    cwd: folder.path,
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
  }).output();
  const text = [others.stdout, others.stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
  assertEquals(others.code, 0, text);
  const place = steps.filter((step) => step.startsWith("cd "));
  const serve = `${steps[start]}${steps[start].startsWith("npm ") ? " --" : ""} --port 0`;
  await using cli = new Cli(folder, [typed([...place, serve])], { command: SHELL, env });
  try {
    const port = await cli.port();
    assertEquals([await answerOf(port, "you"), await answerOf(port, "you", "/shout")], ["hello you", "YOU!"]);
  } finally {
    Deno.kill(-cli.pid, "SIGINT");
    await cli.ended();
  }
}
