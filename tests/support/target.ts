/** The runtime that the Flows of the probes run on: this Deno and the sources, or another one and the npm package. */
export interface Target {
  /** Such as `deno`, `node 22`, `bun`. */
  readonly name: string;
  /** What runs a script: a program and its arguments. */
  readonly command: readonly string[];
  /** Where the npm package is installed; the Flows' files are in folders of it. */
  readonly app?: string;
}

const CONFIG = new URL("../../deno.json", import.meta.url).pathname;
const given = Deno.env.get("HOTFLOW_TEST_TARGET");

/** The target of this run: `HOTFLOW_TEST_TARGET`, which `tools/test_packages.ts` sets, or Deno. */
export const target: Target = given === undefined
  ? { name: "deno", command: [Deno.execPath(), "run", "-A", "--no-check", "--config", CONFIG] }
  : JSON.parse(given);

/** `HOTFLOW_TEST_ISOLATION=process` has the Executors of this run in processes, unless a test sets it. */
export const ISOLATION = Deno.env.get("HOTFLOW_TEST_ISOLATION") as "process" | undefined;

/** The package, as the Executors of the tests import it. */
export const PACKAGE = target.app === undefined ? new URL("../../mod.ts", import.meta.url).href : "hotflow";

/** Node runs no decorators: there, sources bind with a table in the first decorator's place, line by line the same. */
export function portable(source: string): string {
  if (!target.name.startsWith("node")) return source;
  return source.split(/^(?=(?:export )?(?:default )?class )/m).map(withTable).join("");
}

const DECORATED = /@requests(?:\((?:\{ on: ("[^"]*"|\[[^\]]*\]) \})?\))?(\s+(?:async )?\*?)([\w$]+)/g;

function withTable(source: string): string {
  const table: Record<string, string> = {};
  for (const [, on, , method] of source.matchAll(DECORATED)) {
    for (const endpoint of [on === undefined ? "default" : JSON.parse(on)].flat()) table[endpoint] = method;
  }
  let text = `static source = import.meta.url; static requests = ${JSON.stringify(table)};`;
  return source.replace(DECORATED, (_, _on, space, method) => {
    const line = `${text}${space}${method}`;
    text = "";
    return line;
  });
}
