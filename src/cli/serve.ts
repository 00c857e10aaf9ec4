/** `hotflow serve`, `hotflow flow`, `hotflow executor`. @module */
import { Flow } from "../flow/flow.ts";
import { reloadIn } from "../flow_yaml/read_flow_yaml.ts";
import { resolve } from "../paths.ts";
import { runtime } from "../runtime/mod.ts";
import type { DeploymentStatus } from "../live/status.ts";
import type { Command } from "./command.ts";
import { Failure } from "./errors.ts";
import { checkYaml, findModule, kindOfYaml } from "./find.ts";
import type { AddOptions, LoadOptions } from "../options/options.ts";
import { OPTIONS } from "../options/table.ts";
import { serveFlow } from "./serving.ts";
import { optionsFrom, servingFlags } from "./serving_options.ts";
import { shorten } from "./report.ts";

/** `hotflow serve`. */
export const serve: Command = {
  usage: "[FILE | FOLDER | FILE#NAME]",
  summary: "serve one Executor, and reload it whenever its source is saved",
  more: [
    "FILE exports an Executor; FILE#NAME chooses one of several. Of a FOLDER, by default the current one,",
    "the only module that exports an Executor is served. It serves at http://127.0.0.1:12345 by default.",
  ],
  options: servingFlags(),
  examples: [
    ["hotflow serve my_executor.ts", "serve the Executor in a file, and reload it"],
    ["hotflow serve my_executor.ts#MyExecutor", "choose one of several"],
    ["hotflow serve .", "serve the one in this folder"],
    [
      "hotflow serve my_executor.ts --port 3000 --replicas 2 --cors",
      "on another port, in two workers, for any page",
    ],
    ["hotflow serve my_executor.ts --port 0 --json", "on a free port, with a log for programs"],
    ["hotflow serve my_executor.ts --watch prompts/ --watch .env", "reload when these are saved, too"],
    ["hotflow serve my_executor.ts --ignore 'data/' --poll", "in a container, without the files in data/"],
  ],
  async run(call) {
    const [given = "."] = call.args;
    const uses = await findModule(given);
    const add = { uses, reload: true, ...optionsFrom(call, OPTIONS.executor) };
    const what = shorten(uses, runtime.cwd());
    const make = (options: object) => new Flow(options).add(add);
    return await serveFlow(call, { what, make, hopeless: (status) => noExecutor(status, what) });
  },
};

/** `hotflow executor`. */
export const executor: Command = {
  usage: "[EXECUTOR_YAML]",
  summary: "serve the Executor that a YAML file describes; a change of the YAML restarts it",
  more: ["EXECUTOR_YAML is executor.yml by default. Its source is watched as well, and reloaded."],
  options: servingFlags(),
  examples: [
    ["hotflow executor executor.yml", "serve it, and follow the YAML and the source"],
    ["hotflow executor executor.yml --no-reload", "serve it as it is now"],
  ],
  async run(call) {
    const [given = "executor.yml"] = call.args;
    const uses = await yamlOf(given, "executor");
    const { reload = true, ...options } = optionsFrom(call, OPTIONS.executor);
    const add = { uses, reload, restart: reload !== false, ...options } as AddOptions;
    return await serveFlow(call, { what: given, make: (options) => new Flow(options).add(add) });
  },
};

/** `hotflow flow`. */
export const flow: Command = {
  usage: "[FLOW_YAML]",
  summary: "serve the Flow that a YAML file describes; a change of the YAML is applied while it serves",
  more: [
    "FLOW_YAML is flow.yml by default. The options override those of the file; --replicas, --ignore and",
    "--watch apply to each of its Executors, --reload to those without a reload of their own.",
  ],
  options: servingFlags(),
  examples: [
    ["hotflow flow flow.yml", "serve the Flow, and follow the YAML and all sources"],
    ["hotflow flow flow.yml --port 3000 --no-reload", "serve it as it is now, on another port"],
  ],
  async run(call) {
    const [given = "flow.yml"] = call.args;
    const path = await yamlOf(given, "flow");
    const make = async (options: object) => {
      const { reload = await reloadIn(path) ?? true, ...executors } = optionsFrom(call, OPTIONS.executor);
      return await Flow.load(path, { ...options, ...executors, reload } as LoadOptions);
    };
    return await serveFlow(call, { what: given, make });
  },
};

/** The path of a YAML. @throws {Failure} When it is not there, or is not of this kind. */
async function yamlOf(given: string, kind: "flow" | "executor"): Promise<string> {
  await checkYaml(given, "serve");
  const actual = await kindOfYaml(given);
  if (actual === kind) return resolve(runtime.cwd(), given);
  const why = kind === "executor"
    ? "as one Executor: it describes a Flow"
    : 'as a Flow: it describes one Executor, without "jtype: Flow"';
  throw new Failure(`Cannot serve "${given}" ${why}; hotflow ${actual} ${given} serves it`);
}

/** Why another file was probably meant, so that the command does not wait for a save: no Executor, or several. */
function noExecutor({ lastError }: DeploymentStatus, what: string): string | undefined {
  switch (lastError?.code) {
    case "EXECUTOR_AMBIGUOUS": {
      const { choices = [] } = lastError;
      return `Cannot serve "${what}": it exports several Executors: ${choices.join(", ")}\n` +
        `Name one: hotflow serve ${what}#${choices[0]}`;
    }
    case "EXECUTOR_NOT_FOUND": {
      const { className, reason = "" } = lastError;
      if (className !== undefined) {
        return `Cannot serve "${what}": there is no Executor ${className}; ${reason}`;
      }
      const sentence = reason.charAt(0).toUpperCase() + reason.slice(1);
      return `Cannot serve "${what}": it exports no Executor\n${sentence}\n` +
        "Or make a project to begin with: hotflow new NAME";
    }
  }
}
