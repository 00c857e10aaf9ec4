/** `hotflow check`. @module */
import { formatPlace } from "../errors/mod.ts";
import { checkExecutorYaml } from "../executor/check_executor_yaml.ts";
import { checkFlowYaml, pathToName, type Problem } from "../flow_yaml/flow_yaml.ts";
import { runtime } from "../runtime/mod.ts";
import { resolve } from "../paths.ts";
import { write } from "../runtime/terminal.ts";
import type { Command } from "./command.ts";
import { EXIT } from "./errors.ts";
import { checkYaml, kindOfYaml } from "./find.ts";
import { styleFor } from "./style.ts";

/** `hotflow check`. */
export const check: Command = {
  usage: "[FLOW_YAML | EXECUTOR_YAML]",
  summary: "check a YAML file without serving it; exit code 1 when it has problems",
  more: [
    "The file is flow.yml by default. All problems are shown at once, each with its place. With --json each",
    "problem is one line with the keys file, line, column, path, message and snippet; no line means no problem.",
  ],
  options: { json: { help: "one line of JSON for each problem, and nothing else" } },
  examples: [
    ["hotflow check flow.yml", "a Flow's YAML"],
    ["hotflow check executor.yml", "an Executor's YAML"],
    ["hotflow check flow.yml --json", "for editors and other programs"],
  ],
  async run({ args: [given = "flow.yml"], has }) {
    await checkYaml(given, "check");
    const path = resolve(runtime.cwd(), given);
    const problems = await kindOfYaml(given) === "flow"
      ? await checkFlowYaml(path)
      : (await checkExecutorYaml(path)).problems;
    const count = ["no problems", "one problem"][problems.length] ?? `${problems.length} problems`;
    const lines = has("json") ? problems.map(jsonOf) : [...problems.map(textOf), `${given}: ${count}`];
    write(lines.map((line) => `${line}\n`).join(""));
    return problems.length === 0 ? EXIT.done : EXIT.failed;
  },
};

/** Every key is present; line, column and snippet are null when the problem concerns the whole file. */
function jsonOf({ path, message, place, snippet }: Problem): string {
  const { file, line, column } = place;
  return JSON.stringify({
    file,
    line: line ?? null,
    column: column ?? null,
    path,
    message,
    snippet: snippet ?? null,
  });
}

function textOf(problem: Problem): string {
  const { message, place, snippet } = problem;
  const style = styleFor();
  const path = pathToName(problem);
  const what = path === undefined ? message : `${style("bold", path)}: ${message}`;
  return `${style("red", formatPlace(place))} ${what}${snippet === undefined ? "" : `\n${snippet}`}`;
}
