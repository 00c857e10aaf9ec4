/** What a module's text says of its imports, and what is said of those that fail. @module */
import { basename, dirname, resolve, toPath } from "../paths.ts";
import type { Place } from "../errors/mod.ts";
import type { LoadClue } from "../errors/mod.ts";
import { literally, withoutComments } from "./script_text.ts";

/** `"./a.txt" with { type: "text" }`, in either form. */
const TYPED =
  /(["'])([^"'\n]+)\1\s*(?:with|,\s*\{\s*with\s*:)\s*\{\s*["']?type["']?\s*:\s*(["'])(text|bytes|file)\3/g;
/** `from "x"`, `import "x"`, `import("x")`, `require("x")`. */
const NAMED = /\b(?:from|import|require)\s*\(?\s*(["'])([^"'\n]+)\1/g;
/** What npm takes as a name. */
const PACKAGE = /^(?:@[a-z0-9~-][\w.~-]*\/)?[a-z0-9~-][\w.~-]*/i;

/** The imports of files as something else than a module: specifiers and types. */
export function* typedImports(text: string): Generator<[specifier: string, type: string]> {
  for (const [, , specifier, , type] of text.matchAll(TYPED)) yield [String(specifier), String(type)];
}

/** All that a module's text imports or requires, as it is written. */
export function specifiersIn(text: string): Set<string> {
  return new Set([...text.matchAll(NAMED)].map(([, , specifier]) => String(specifier)));
}

/**
 * Where a module names another one.
 *
 * @param text The module's text.
 * @param isIt Whether a specifier is the one that is looked for.
 * @returns Line and column of its quotation mark, from 1; `undefined` when it is not there as it is written.
 */
export function findSpecifier(
  text: string,
  isIt: (specifier: string) => boolean,
): { line: number; column: number } | undefined {
  for (const match of withoutComments(text).matchAll(NAMED)) {
    if (!isIt(String(match[2]))) continue;
    const start = match.index + match[0].length - String(match[2]).length - 2;
    return placeAt(text, start);
  }
}

/** Where a module names another one as it is written; `createRequire()` may give `require` any name. */
export function findNamed(text: string, specifier: string): { line: number; column: number } | undefined {
  const at = findSpecifier(text, (name) => name === specifier);
  if (at !== undefined) return at;
  const code = withoutComments(text);
  const starts = [`"${specifier}"`, `'${specifier}'`].map((quoted) => code.indexOf(quoted));
  const start = starts.find((index) => index >= 0);
  return start === undefined ? undefined : placeAt(text, start);
}

function placeAt(text: string, index: number): { line: number; column: number } {
  const before = text.slice(0, index).split("\n");
  return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
}

/** A file's text; `undefined` when it cannot be read. */
type ReadText = (path: string) => string | undefined;

/** Where one of the files names a module that is the one that is looked for. */
export function findImporter(
  files: Iterable<string>,
  readText: ReadText,
  isIt: (specifier: string, file: string) => boolean,
): Place | undefined {
  for (const file of files) {
    const at = findSpecifier(readText(file) ?? "", (specifier) => isIt(specifier, file));
    if (at !== undefined) return { file, ...at };
  }
}

/** Whether a module's specifier leads to a file. */
export function leadsTo(specifier: string, file: string, path: string): boolean {
  return pathIn(specifier, file) === path;
}

/** The file that a relative or absolute specifier leads to. */
function pathIn(specifier: string, file: string): string | undefined {
  if (specifier.startsWith("file:///")) return toPath(specifier);
  return /^[./]/.test(specifier) ? resolve(dirname(file), specifier) : undefined;
}

/** How an error's message can be about a specifier, the surest way first. */
const WAYS: readonly ((specifier: string, file: string, message: string) => boolean)[] = [
  // As it is written.
  (specifier, _, message) => isNamed(message, specifier),
  // The file that it leads to.
  (specifier, file, message) => isNamed(message, pathIn(specifier, file) ?? ""),
  // A package, or a module of one, such as "dep/gone" for `/app/node_modules/dep/gone.js`.
  (specifier, _, message) => isNamed(message, packageOf(specifier).name),
  (specifier, _, message) => {
    const { name, module } = packageOf(specifier);
    return module !== "" && message.includes(`/${name}/`) && message.includes(`/${module}`);
  },
  (specifier, _, message) => message.includes(`/node_modules/${packageOf(specifier).name}/`),
  // An alias of the nearest package.json.
  (specifier, _, message) => specifier.startsWith("#") && message.includes(`/${basename(specifier)}.`),
  // A scheme that the runtime does not know.
  (specifier, _, message) => isNamed(message, /^[a-z]+:/.exec(specifier)?.[0] ?? ""),
];

/** The package of a bare specifier, and the last part of what is named in it. Both are empty where there is none. */
function packageOf(specifier: string): { name: string; module: string } {
  const bare = specifier.replace(/^(?:npm|jsr):\/?/, "");
  const name = PACKAGE.exec(bare)?.[0] ?? "";
  return { name, module: basename(bare.slice(name.length).replace(/^@[^/]*/, "")) };
}

/** Whether a message names something, and not only what begins with the same letters. */
function isNamed(message: string, name: string): boolean {
  if (name === "") return false;
  return new RegExp(`(?:^|[\\s"'(]|file://)${literally(name)}/?(?::\\d+)*(?:[\\s"')]|$)`).test(message);
}

/** Where the module is imported that an error without a place is about: one that it names, or the last file. */
export function placeOfImport(
  message: string,
  files: readonly string[],
  readText: ReadText,
): Place | undefined {
  const [, quoted, plain] = / imported from (?:'([^']+)'|(\S.*))$/m.exec(message) ?? [];
  const importer = quoted ?? plain;
  const candidates = importer === undefined ? files : [toPlainPath(importer)];
  const last = files.at(-1) ?? "";
  for (const isMeant of WAYS) {
    const place = findImporter(candidates, readText, (specifier, file) => isMeant(specifier, file, message));
    if (place !== undefined) return place;
  }
  if (importer !== undefined) return { file: candidates[0] };
  return findImporter(files, readText, (specifier, file) => leadsTo(specifier, file, last));
}

/** A module's path as messages have it: a path or URL, with the version's query. */
function toPlainPath(module: string): string {
  return (module.startsWith("file:") ? toPath(module) : module).replace(/\?.*$/, "");
}

/** What is said of a file that is imported and is not there: the same on every runtime. */
export function notFound(path: string): { name: string; message: string } {
  return { name: "TypeError", message: `Module not found "${path}".` };
}

/** How packages are installed. */
export interface Installer {
  /** The command, up to the package's name. */
  readonly command: string;
  /** The file that may give a name another meaning. */
  readonly manifest: string;
}

/** What is said of a package that is imported and is not installed; `specifier` may be a module of it. */
export function noPackage(
  specifier: string,
  { command, manifest }: Installer,
): { name: string; message: string } {
  const name = /^[~#]|^@\//.test(specifier) ? undefined : PACKAGE.exec(specifier)?.[0];
  const advice = name === undefined
    ? `expected a path, a package's name, or a name in the \`imports\` of ${manifest}`
    : `to install it: ${command}${name}`;
  return { name: "TypeError", message: `Cannot find the package "${specifier}"; ${advice}` };
}

/** What more is known when a CommonJS module requires what is not there; `undefined` for another error. */
export function explainRequire(
  message: string,
  installer: Installer,
  readText: ReadText,
): LoadClue | undefined {
  const [, specifier, importer] = /^Cannot find module '(.*?)'\nRequire stack:\n- (.*)/.exec(message) ?? [];
  if (specifier === undefined || importer === undefined) return undefined;
  const at = findNamed(readText(importer) ?? "", specifier);
  const place = { file: importer, ...at };
  if (!/^\.|^\/|^[a-z]:/i.test(specifier)) return { ...noPackage(specifier, installer), place };
  const missing = resolve(dirname(importer), specifier);
  return { ...notFound(missing), place, missing };
}
