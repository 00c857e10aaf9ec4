/** The tables of options in the README and docs/options.md, and the committed JSON Schemas, are what the table of options gives. */
import { assert, assertEquals } from "@std/assert";
import { OPTIONS } from "../../src/options/table.ts";
import { defaultTextOf, OPTION_DOCUMENTS, SCHEMA_FILES, withOptions } from "../../tools/write_options.ts";

const RENEW = "deno run -A tools/write_options.ts writes it";
const read = (path: string) => Deno.readTextFile(new URL(`../../${path}`, import.meta.url));

for (const [path, columns] of Object.entries(OPTION_DOCUMENTS)) {
  Deno.test(`${path} has the tables of options that the table of options gives`, async () => {
    const document = await read(path);
    for (const which of ["flow", "executor"]) {
      assert(document.includes(`<!-- options:${which} -->`), `${path} has no table of options for ${which}`);
    }
    assertEquals(document, withOptions(document, columns), RENEW);
  });
}

for (const [path, text] of Object.entries(SCHEMA_FILES)) {
  Deno.test(`${path} is what the table of options gives`, async () => {
    assertEquals(await read(path), text(), RENEW);
  });
}

Deno.test("the docstrings of the options name the defaults of the table of options", async () => {
  const source = await read("src/options/options.ts");
  const interfaces = { FlowOptions: OPTIONS.flow, LoadOptions: OPTIONS.load, AddOptions: OPTIONS.executor };
  for (const [name, table] of Object.entries(interfaces)) {
    const [, body = ""] = new RegExp(`export interface ${name} .*?\\{\\n([\\s\\S]*?)\\n\\}`).exec(source) ??
      [];
    const fields = [...body.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*(\w+)\??:/g)];
    const documented = fields.map(([, comment, field]) => [field, /@default (.*?)\s*$/m.exec(comment)?.[1]]);
    assertEquals(
      documented,
      Object.entries(table).map(([field, spec]) => [field, defaultTextOf(spec)]),
      name,
    );
  }
});
