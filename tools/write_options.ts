/**
 * `deno run -A tools/write_options.ts`: writes what follows from the table of options and is committed: the JSON Schemas,
 * and the tables of the README. Tests compare them with the table.
 */
import { join } from "node:path";
import { optionsTable } from "../src/options/markdown.ts";
import { executorSchema, flowSchema, schemaText } from "../src/options/schema.ts";

/** The committed schemas. */
export const SCHEMA_FILES: Readonly<Record<string, () => string>> = {
  "schema/flow.schema.json": () => schemaText(flowSchema()),
  "schema/executor.schema.json": () => schemaText(executorSchema()),
};

/** The README with its tables of options between the markers. */
export function withOptions(readme: string): string {
  return readme.replace(
    /(<!-- options:(flow|executor) -->)[\s\S]*?(<!-- \/options:\2 -->)/g,
    (_, start, which, end) => `${start}\n${optionsTable(which)}\n${end}`,
  );
}

if (import.meta.main) {
  const root = join(import.meta.dirname ?? ".", "..");
  for (const [path, text] of Object.entries(SCHEMA_FILES)) Deno.writeTextFileSync(join(root, path), text());
  const readme = join(root, "README.md");
  Deno.writeTextFileSync(readme, withOptions(Deno.readTextFileSync(readme)));
}
