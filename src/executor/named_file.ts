import { nearest } from "../errors/mod.ts";
import { runtime } from "../runtime/mod.ts";
import { basename, dirname, relative, resolve } from "../paths.ts";

const EXTENSIONS = "(.ts, .tsx, .mts, .js, .jsx, .mjs)";
/** Also the files that only some runtimes can import. */
const IMPORTABLE = /\.(?:[cm]?[jt]sx?|json|wasm)$/;
const YAML = /\.ya?ml$/;

/** What is wrong with the name of one of `modules`; `undefined` when it may be one. The file is not read. */
export function invalidModule(module: string | URL): string | undefined {
  const text = String(module);
  if (/^[a-z][a-z+.-]+:/i.test(text) && !text.startsWith("file:")) return undefined;
  const path = text.replace(text.startsWith("file:") ? /[?#].*$/ : /#[\w$]*$/, "");
  if (text === "" || path.endsWith(".py") || IMPORTABLE.test(path)) return undefined;
  return `${text} is not a module ${EXTENSIONS}; list files that the Executor reads itself in \`watch\``;
}

/**
 * Checks a file that a YAML file names, without importing it.
 *
 * @param folder The folder of the YAML file, to which a suggested name is relative.
 * @returns The problem for a message; `undefined` when the file may be valid.
 */
export async function invalidFile(
  file: string,
  folder: string,
  mayBeYaml = false,
): Promise<string | undefined> {
  if (await runtime.isFolder(file)) return `${file} is a folder; expected a module in it`;
  if (runtime.writtenAt(file) === undefined) return await missing(file, folder);
  if (IMPORTABLE.test(file) || (mayBeYaml && YAML.test(file))) return undefined;
  return `${file} is not a module ${EXTENSIONS}${mayBeYaml ? " or YAML (.yml, .yaml)" : ""}`;
}

async function missing(file: string, folder: string): Promise<string> {
  const there = await runtime.list(dirname(file));
  if (there === undefined) return `${file} does not exist, and neither does its folder`;
  const near = nearest(basename(file), there.filter(({ isFolder }) => !isFolder).map(({ name }) => name));
  const other = near === undefined ? "" : relative(folder, resolve(dirname(file), near));
  return `${file} does not exist${other === "" ? "" : `; did you mean "./${other.replaceAll("\\", "/")}"?`}`;
}
