/**
 * `deno task npm`: builds the npm package in `npm/` from `deno.json` and the sources, module by module, so that users and
 * workers import the same modules. The build runs on Deno, the package on Node, Bun and Deno.
 * Its dependencies are installed in it: `npm install /path/to/hotflow/npm` only makes a link to the folder.
 */
import { copy } from "@std/fs/copy";
import { emptyDir } from "@std/fs/empty-dir";
import { dirname, join, relative } from "node:path";
import { compileModule, declarationOf, importsOf } from "./tools/npm/compile.ts";
import { manifestOf, type Project } from "./tools/npm/manifest.ts";
import { Vendor } from "./tools/npm/vendor.ts";
import { npm } from "./tools/runtimes.ts";

/** Files that are copied unchanged. */
const DOCUMENTS = ["README.md", "LICENSE", "schema/flow.schema.json", "schema/executor.schema.json"];
/** Modules that are not imported statically: a worker's entry, and the adapters that the package chooses from. */
const ENTRIES = [
  "src/worker/entry.ts",
  ...["node", "bun"].flatMap((name) => [`src/runtime/${name}.ts`, `src/runtime/${name}_worker.ts`]),
];

/** Builds the package; returns its folder. */
export async function buildNpm(root: string, target: string = join(root, "npm")): Promise<string> {
  const project: Project = JSON.parse(await Deno.readTextFile(join(root, "deno.json")));
  const entries = typeof project.exports === "string" ? [project.exports] : Object.values(project.exports);
  const vendor = new Vendor(root, target, project);
  await emptyDir(target);
  const modules = await closure(root, [...entries, ...ENTRIES], (text) => importsOf(text));
  for (const path of modules) {
    const code = compileModule(path, await Deno.readTextFile(join(root, path)), vendor);
    await write(target, path.replace(/\.ts$/, ".js"), code);
  }
  const declarations = new Map<string, string>();
  await closure(root, entries, (text, path) => {
    const declaration = declarationOf(path, text);
    declarations.set(path, declaration);
    return importsOf(declaration);
  });
  for (const [path, text] of declarations) {
    await write(target, path.replace(/\.ts$/, ".d.ts"), text.replace(/(["'])(\.[^"']*)\.ts\1/g, "$1$2.js$1"));
  }
  await vendor.bundle();
  for (const name of DOCUMENTS) await write(target, name, await Deno.readTextFile(join(root, name)));
  await copy(join(root, "proto"), join(target, "proto"));
  await write(target, "package.json", `${JSON.stringify(manifestOf(project), null, 2)}\n`);
  return target;
}

/** The given modules and all that they import, as paths relative to the root. */
async function closure(
  root: string,
  entries: readonly string[],
  importsIn: (text: string, path: string) => string[],
): Promise<string[]> {
  const found = new Set(entries.map((path) => relative(root, join(root, path))));
  for (const path of found) {
    const text = await Deno.readTextFile(join(root, path));
    for (const specifier of importsIn(text, path)) {
      if (/^\..*\.ts$/.test(specifier)) found.add(join(dirname(path), specifier));
    }
  }
  return [...found];
}

async function write(target: string, path: string, text: string): Promise<void> {
  await Deno.mkdir(dirname(join(target, path)), { recursive: true });
  await Deno.writeTextFile(join(target, path), text);
}

if (import.meta.main) {
  const folder = await buildNpm(import.meta.dirname ?? Deno.cwd());
  await npm(folder, ["install", "--omit=dev", "--no-package-lock"]);
  Deno.stdout.writeSync(new TextEncoder().encode(`${folder}\n`));
}
