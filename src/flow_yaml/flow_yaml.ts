import type { Problem } from "../config/diagnostics.ts";
import { carry, formatPlace, LoadError } from "../errors/mod.ts";

export type { Problem };

/**
 * A Flow's YAML is not valid. The message lists everything that is wrong, with its place.
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
   * Creates the error from all problems.
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

/** The path of a problem, for a message that does not contain it. */
export function pathToName({ path, namesPath = false }: Problem): string | undefined {
  return path === "" || namesPath ? undefined : path;
}

/** Writes a problem for people: what is wrong, where, and the lines around it. */
export function formatProblem(problem: Problem): string {
  const { message, place, snippet } = problem;
  const path = pathToName(problem);
  return `${path === undefined ? "" : `${path}: `}${message} at ${formatPlace(place)}` +
    (snippet === undefined ? "" : `\n${snippet}`);
}

/**
 * Checks a Flow's YAML, and the Executors' YAML files that it names. Nothing is started, and no module is imported.
 *
 * @param path The YAML, as a path relative to the current folder or as a `file:` URL.
 * @returns Every problem, in the order of the file; none when it can be served.
 *
 * @example
 * ```ts
 * import { checkFlowYaml } from "@hotflow/hotflow";
 *
 * const [problem] = await checkFlowYaml("no_such_flow.yml");
 * console.assert(problem.message.includes("does not exist"));
 * ```
 */
export async function checkFlowYaml(path: string | URL): Promise<Problem[]> {
  const { readFlowYaml } = await import("./read_flow_yaml.ts");
  return [...(await readFlowYaml(path)).problems];
}
