/**
 * `deno run -A tools/write_options.ts`: writes what follows from the table of options and is committed: the JSON Schemas,
 * and the tables of docs/options.md. Tests compare them with the table.
 */
import { join } from "node:path";
import { executorSchema, flowSchema, schemaText } from "../src/options/schema.ts";
import { byYamlKey, OPTIONS, type OptionSpec, type OptionTables } from "../src/options/table.ts";

const HEADER = ["option", "YAML", "flag", "default", "meaning"];

/** The committed schemas. */
export const SCHEMA_FILES: Readonly<Record<string, () => string>> = {
  "schema/flow.schema.json": () => schemaText(flowSchema()),
  "schema/executor.schema.json": () => schemaText(executorSchema()),
};

/**
 * Writes a table of options for docs/options.md.
 *
 * @param which The options of a Flow, with `reload` of `Flow.load()`, or of an Executor.
 * @param tables The options.
 */
export function optionsTable(
  which: "flow" | "executor",
  { flow, load, executor }: OptionTables = OPTIONS,
): string {
  const table = which === "flow" ? { ...flow, reload: load.reload } : executor;
  const rows = Object.entries(table).map(rowOf);
  return [HEADER, HEADER.map(() => "---"), ...rows].map(lineOf).join("\n");
}

/** Without padding: a wide table would be half as long again. */
function lineOf(cells: readonly string[]): string {
  return `${cells.map((cell) => cell === "" ? "| " : `| ${cell} `).join("")}|`;
}

function rowOf([name, spec]: [string, OptionSpec]): string[] {
  const { flags = [], description } = spec;
  const [yaml] = byYamlKey({ [name]: spec }).keys();
  const text = defaultTextOf(spec);
  const cells = [
    code(name),
    yaml === undefined ? "" : code(yaml),
    flags.map(({ name, value }) => code(`--${name}${value === undefined ? "" : ` ${value}`}`)).join(", "),
    // A default in words brings its own backquotes.
    text === undefined ? "" : spec.defaultText === undefined ? code(text) : text,
    description,
  ];
  return cells.map((cell) => cell.replaceAll("|", "\\|"));
}

function code(text: string): string {
  return `\`${text}\``;
}

/** Writes an option's default as its docstring and docs/options.md do; `undefined` when it has none. */
export function defaultTextOf(spec: OptionSpec): string | undefined {
  if (spec.defaultText !== undefined || spec.default === undefined) return spec.defaultText;
  return typeof spec.default === "number" ? String(spec.default) : JSON.stringify(spec.default);
}

/** A document with its tables of options between the markers. */
export function withOptions(markdown: string): string {
  return markdown.replace(
    /(<!-- options:(flow|executor) -->)[\s\S]*?(<!-- \/options:\2 -->)/g,
    (_, start, which, end) => `${start}\n${optionsTable(which)}\n${end}`,
  );
}

if (import.meta.main) {
  const root = join(import.meta.dirname ?? ".", "..");
  for (const [path, text] of Object.entries(SCHEMA_FILES)) Deno.writeTextFileSync(join(root, path), text());
  const page = join(root, "docs/options.md");
  Deno.writeTextFileSync(page, withOptions(Deno.readTextFileSync(page)));
}
