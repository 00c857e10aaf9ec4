/** `hotflow check`. @module */
import { formatPlace } from "../errors/mod.ts";
import { checkExecutorYaml } from "../executor/check_executor_yaml.ts";
import { checkFlowYaml, type Problem, wayOf } from "../flow/flow_yaml.ts";
import { runtime } from "../runtime/mod.ts";
import { resolve } from "../runtime/paths.ts";
import { write } from "../runtime/terminal.ts";
import type { Command } from "./command.ts";
import { EXIT } from "./errors.ts";
import { checkYaml, kindOfYaml } from "./find.ts";
import { styleFor } from "./style.ts";

/** `hotflow check`. */
export const check: Command = {
  usage: "[FLOW_YAML | EXECUTOR_YAML]",
  summary: "check a YAML file without serving it; exit code 1 when something is wrong",
  more: ["The file is flow.yml by default. All that is wrong is shown at once, each with its place."],
  options: {},
  most: 1,
  examples: [
    ["hotflow check flow.yml", "a Flow's YAML"],
    ["hotflow check executor.yml", "an Executor's YAML"],
  ],
  async run({ args: [given = "flow.yml"] }) {
    await checkYaml(given, "check");
    const path = resolve(runtime.cwd(), given);
    const problems = await kindOfYaml(given) === "flow"
      ? await checkFlowYaml(path)
      : (await checkExecutorYaml(path)).problems;
    if (problems.length === 0) {
      write(`${given}: nothing wrong\n`);
      return EXIT.done;
    }
    write(`${problems.map(textOf).join("\n")}\n${given}: ${count(problems.length)}\n`);
    return EXIT.failed;
  },
};

function textOf(problem: Problem): string {
  const { message, place, snippet } = problem;
  const style = styleFor();
  const way = wayOf(problem);
  const what = way === undefined ? message : `${style.bold(way)}: ${message}`;
  return `${style.red(formatPlace(place))} ${what}${snippet === undefined ? "" : `\n${snippet}`}`;
}

function count(problems: number): string {
  return problems === 1 ? "one problem" : `${problems} problems`;
}
