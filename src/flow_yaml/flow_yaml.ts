import type { Problem } from "../config/problem.ts";
import { carry, formatPlace, LoadError } from "../errors/mod.ts";

export type { Problem };

/**
 * A Flow's YAML that cannot be served. The message lists everything that is wrong with it, with its place.
 *
 * @example
 * ```ts
 * import { Flow, FlowYamlError } from "@hotflow/hotflow";
 *
 * try {
 *   await Flow.load("no_such_flow.yml");
 * } catch (error) {
 *   console.assert(error instanceof FlowYamlError && error.problems.length === 1);
 * }
 * ```
 */
export class FlowYamlError extends LoadError {
  /** The name of the class. */
  override readonly name = "FlowYamlError";
  /** Everything that is wrong, in the order of the file. */
  declare readonly problems: readonly Problem[];

  /**
   * Made of all problems together.
   *
   * @param file The YAML's path.
   * @param problems Everything that is wrong with it.
   */
  constructor(file: string, problems: readonly Problem[]) {
    const message = `Cannot load ${file}: ${problems.length === 1 ? "" : `${problems.length} problems:\n`}` +
      problems.map(formatProblem).join("\n");
    const [{ place, snippet }] = problems;
    const info = {
      name: "ConfigError",
      message,
      stack: "",
      place,
      ...(snippet !== undefined && { snippet }),
    };
    super({ ...info, code: "CONFIG_INVALID" }, [], message);
    carry(this, { problems });
  }
}

/** The way to what a problem is about, for a message that does not name it. */
export function wayOf({ path, message }: Problem): string | undefined {
  return path === "" || message.includes(`\`${path}\``) ? undefined : path;
}

/** Writes a problem for people: what is wrong, where, and the lines around it. */
export function formatProblem(problem: Problem): string {
  const { message, place, snippet } = problem;
  const way = wayOf(problem);
  return `${way === undefined ? "" : `${way}: `}${message} at ${formatPlace(place)}` +
    (snippet === undefined ? "" : `\n${snippet}`);
}

/**
 * Finds out what is wrong with a Flow's YAML, and with the Executors' YAML files that it names. Nothing is started,
 * and no module is imported.
 *
 * @param path The YAML, as a path relative to the current folder or as a `file:` URL.
 * @returns Every problem, in the order of the file; none when it can be served.
 *
 * @example
 * ```ts
 * import { checkFlowYaml } from "@hotflow/hotflow";
 *
 * const [problem] = await checkFlowYaml("no_such_flow.yml");
 * console.assert(problem.message.includes("is not there"));
 * ```
 */
export async function checkFlowYaml(path: string | URL): Promise<Problem[]> {
  const { readFlowYaml } = await import("./read_flow_yaml.ts");
  return [...(await readFlowYaml(path)).problems];
}

/** Whether a Flow's YAML says itself that it is followed; `undefined` when it does not say. */
export async function saidReload(path: string): Promise<boolean | undefined> {
  return await (await import("./read_flow_yaml.ts")).saidReload(path);
}
