import { defaultTextOf, OPTIONS, type OptionSpec, type OptionTables } from "./table.ts";

const HEADER = ["option", "YAML", "flag", "default", "meaning"];

/**
 * Writes the table of options for the README.
 *
 * @param which The options of a Flow, with `reload` of `Flow.load()`, or of an Executor.
 * @param tables The options.
 */
export function optionsTable(
  which: "flow" | "executor",
  { flow, load, executor }: OptionTables = OPTIONS,
): string {
  const reload = load.reload === undefined ? {} : { reload: load.reload };
  const rows = Object.entries(which === "flow" ? { ...flow, ...reload } : executor).map(rowOf);
  return [HEADER, HEADER.map(() => "---"), ...rows].map(lineOf).join("\n");
}

/** Without padding: a wide table would make the README half as long again. */
function lineOf(cells: readonly string[]): string {
  return `${cells.map((cell) => cell === "" ? "| " : `| ${cell} `).join("")}|`;
}

function rowOf([name, spec]: [string, OptionSpec]): string[] {
  const { yaml, flag, description } = spec;
  const text = defaultTextOf(spec);
  const cells = [
    code(name),
    yaml === undefined ? "" : code(yaml),
    flag === undefined ? "" : code(`--${flag.name}${flag.value === undefined ? "" : ` ${flag.value}`}`),
    // A default in words brings its own backquotes.
    text === undefined ? "" : spec.defaultText === undefined ? code(text) : text,
    description,
  ];
  return cells.map((cell) => cell.replaceAll("|", "\\|"));
}

function code(text: string): string {
  return `\`${text}\``;
}
