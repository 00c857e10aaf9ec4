import { nearest } from "../errors/mod.ts";
import { runtime } from "../runtime/mod.ts";
import { basename, dirname, relative, resolve } from "../paths.ts";

const MODULES = "(.ts, .tsx, .mts, .js, .jsx, .mjs)";
/** Every extension that some runtime can import. */
const IMPORTABLE = /\.(?:[cm]?[jt]sx?|json|wasm)$/;
const YAML = /\.ya?ml$/;

/**
 * Checks by its name whether a file can be a module. Nothing is read.
 *
 * @param module A path or URL.
 * @returns What is wrong; `undefined` when it may be a module.
 */
export function wrongModule(module: string | URL): string | undefined {
  const text = String(module);
  if (/^[a-z][a-z+.-]+:/i.test(text) && !text.startsWith("file:")) return undefined;
  const path = text.replace(text.startsWith("file:") ? /[?#].*$/ : /#[\w$]*$/, "");
  if (text === "" || path.endsWith(".py") || IMPORTABLE.test(path)) return undefined;
  return `${text} is not a module ${MODULES}; name a file that the Executor reads itself in \`watch\``;
}

/**
 * Checks a file that a YAML names. Nothing is imported.
 *
 * @param file The file's absolute path.
 * @param folder The YAML's folder: a suggested name is relative to it.
 * @param mayBeYaml Whether it may be an Executor's YAML as well as a module.
 * @returns What is wrong; `undefined` when it may be right.
 */
export async function wrongFile(
  file: string,
  folder: string,
  mayBeYaml = false,
): Promise<string | undefined> {
  if (await runtime.isFolder(file)) return `${file} is a folder; expected a module in it`;
  if (runtime.writtenAt(file) === undefined) return await missing(file, folder);
  if (IMPORTABLE.test(file) || (mayBeYaml && YAML.test(file))) return undefined;
  return `${file} is not a module ${MODULES}${mayBeYaml ? ", nor a YAML file (.yml, .yaml)" : ""}`;
}

async function missing(file: string, folder: string): Promise<string> {
  const there = await runtime.list(dirname(file));
  if (there === undefined) return `${file} does not exist, nor does its folder`;
  const near = nearest(basename(file), there.filter(({ isFolder }) => !isFolder).map(({ name }) => name));
  const other = near === undefined ? "" : relative(folder, resolve(dirname(file), near));
  return `${file} does not exist${other === "" ? "" : `; did you mean "./${other.replaceAll("\\", "/")}"?`}`;
}
