import { nearest } from "../errors/mod.ts";
import { runtime } from "../runtime/mod.ts";
import { basename, dirname, relative, resolve } from "../paths.ts";

const WANTED = "(.ts, .tsx, .mts, .js, .jsx, .mjs)";
/** What some runtime imports besides is no reason to refuse it. */
const IMPORTABLE = /\.(?:[cm]?[jt]sx?|json|wasm)$/;
const YAML = /\.ya?ml$/;

/**
 * Whether a name among `modules` can be that of a module; nothing is read.
 *
 * @param module A path or URL.
 * @returns What is wrong; `undefined` when it may be a module.
 */
export function wrongModule(module: string | URL): string | undefined {
  const text = String(module);
  if (/^[a-z][a-z+.-]+:/i.test(text) && !text.startsWith("file:")) return undefined;
  const path = text.replace(text.startsWith("file:") ? /[?#].*$/ : /#[\w$]*$/, "");
  if (text === "" || path.endsWith(".py") || IMPORTABLE.test(path)) return undefined;
  return `${text} is no module ${WANTED}; a file that the Executor reads itself is named in \`watch\``;
}

/**
 * Finds out what is wrong with a file that a YAML names. Nothing is imported.
 *
 * @param file The file's absolute path.
 * @param folder The YAML's folder, which another name is relative to.
 * @param mayBeYaml Whether it may be an Executor's YAML as well as a module.
 * @returns What is wrong; `undefined` when it may be what is meant.
 */
export async function wrongFile(
  file: string,
  folder: string,
  mayBeYaml = false,
): Promise<string | undefined> {
  if (await runtime.isFolder(file)) return `${file} is a folder; the module in it is wanted`;
  if (runtime.writtenAt(file) === undefined) return await missing(file, folder);
  if (IMPORTABLE.test(file) || (mayBeYaml && YAML.test(file))) return undefined;
  return `${file} is no module ${WANTED}${mayBeYaml ? ", and no YAML (.yml, .yaml)" : ""}`;
}

async function missing(file: string, folder: string): Promise<string> {
  const there = await runtime.list(dirname(file));
  if (there === undefined) return `${file} is not there, and neither is its folder`;
  const near = nearest(basename(file), there.filter(({ isFolder }) => !isFolder).map(({ name }) => name));
  const other = near === undefined ? "" : relative(folder, resolve(dirname(file), near));
  return `${file} is not there${other === "" ? "" : `; did you mean "./${other.replaceAll("\\", "/")}"?`}`;
}
