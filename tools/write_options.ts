/**
 * `deno run -A tools/write_options.ts`: writes what follows from the table of options and is committed: the JSON Schemas,
 * the tables of docs/options.md, and the short ones of the README. Tests compare them with the table.
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
 * Writes a table of options.
 *
 * @param which The options of a Flow, with `reload` of `Flow.load()`, or of an Executor.
 * @param columns The columns of `HEADER` that it has.
 * @param tables The options.
 */
export function optionsTable(
  which: "flow" | "executor",
  columns: readonly string[] = HEADER,
  { flow, load, executor }: OptionTables = OPTIONS,
): string {
  const table = which === "flow" ? { ...flow, reload: load.reload } : executor;
  const rows = Object.entries(table).map(rowOf);
  return [HEADER, HEADER.map(() => "---"), ...rows]
    .map((cells) => lineOf(cells.filter((_, index) => columns.includes(HEADER[index]))))
    .join("\n");
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

/** The documents with tables of options, and the columns of these. */
export const OPTION_DOCUMENTS: Readonly<Record<string, readonly string[]>> = {
  "README.md": ["option", "meaning"],
  "docs/options.md": HEADER,
};

/** A document with its tables of options between the markers. */
export function withOptions(markdown: string, columns: readonly string[]): string {
  return markdown.replace(
    /(<!-- options:(flow|executor) -->)[\s\S]*?(<!-- \/options:\2 -->)/g,
    (_, start, which, end) => `${start}\n${optionsTable(which, columns)}\n${end}`,
  );
}

if (import.meta.main) {
  const root = join(import.meta.dirname ?? ".", "..");
  for (const [path, text] of Object.entries(SCHEMA_FILES)) Deno.writeTextFileSync(join(root, path), text());
  for (const [path, columns] of Object.entries(OPTION_DOCUMENTS)) {
    const document = join(root, path);
    Deno.writeTextFileSync(document, withOptions(Deno.readTextFileSync(document), columns));
  }
}
