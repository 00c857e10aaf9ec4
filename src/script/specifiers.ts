/** The imports in a module's text, and messages for imports that fail. @module */
import { basename, dirname, resolve, toPath } from "../paths.ts";
import type { LoadClue, Place } from "../errors/mod.ts";
import { escapeRegExp, type LineColumn, placeAt, stringsIn, withoutComments } from "./script_text.ts";

/** Matches `"./a.txt" with { type: "text" }` and `import("./a.txt", { with: { type: "text" } })`. */
const TYPED =
  /(["'])([^"'\n]+)\1\s*(?:with|,\s*\{\s*with\s*:)\s*\{\s*["']?type["']?\s*:\s*(["'])(text|bytes|file)\3/g;
/** Matches `from "x"` and `import "x"`. */
const STATIC = /\b(?:from|import)\s*(["'])([^"'\n]+)\1/g;
/** Matches `from "x"`, `import "x"`, `import("x")` and `require("x")`. */
const NAMED = /\b(?:from|import|require)\s*\(?\s*(["'])([^"'\n]+)\1/g;
/** Matches what stands before a specifier, as in {@linkcode NAMED}. */
const BEFORE = /\b(?:from|import|require)\s*\(?\s*$/;
/** How far before a specifier its keyword may stand, in characters. */
const MAX_BEFORE = 200;
/** Matches a package name of npm. */
const PACKAGE = /^(?:@[a-z0-9~-][\w.~-]*\/)?[a-z0-9~-][\w.~-]*/i;

/** The specifiers and types of imports with a `type` attribute. */
export function* typedImports(text: string): Generator<[specifier: string, type: string]> {
  for (const [, , specifier, , type] of text.matchAll(TYPED)) yield [String(specifier), String(type)];
}

/** All specifiers that a module's text imports or requires. */
export function specifiersIn(text: string): Set<string> {
  const code = withoutComments(text);
  const named = [...stringsIn(code)].filter(([index]) =>
    BEFORE.test(code.slice(Math.max(0, index - MAX_BEFORE), index))
  );
  return new Set(named.map(([, specifier]) => specifier));
}

/** The specifiers of a module's static imports, which are evaluated before the module itself. */
export function staticSpecifiersIn(text: string): Set<string> {
  return new Set([...withoutComments(text).matchAll(STATIC)].map(([, , specifier]) => String(specifier)));
}

/** Finds the quotation mark of the first import in a module's text whose specifier matches. */
export function findSpecifier(
  text: string,
  matches: (specifier: string) => boolean,
): LineColumn | undefined {
  for (const match of withoutComments(text).matchAll(NAMED)) {
    if (!matches(String(match[2]))) continue;
    const start = match.index + match[0].length - String(match[2]).length - 2;
    return placeAt(text, start);
  }
}

/** Finds a specifier in a module's text, also as an argument of a function of `createRequire()`, which may have any name. */
export function findNamed(text: string, specifier: string): LineColumn | undefined {
  const at = findSpecifier(text, (name) => name === specifier);
  if (at !== undefined) return at;
  const code = withoutComments(text);
  const starts = [`"${specifier}"`, `'${specifier}'`].map((quoted) => code.indexOf(quoted));
  const start = starts.find((index) => index >= 0);
  return start === undefined ? undefined : placeAt(text, start);
}

/** Reads a file's text; returns `undefined` when it cannot be read. */
type ReadText = (path: string) => string | undefined;

/** Finds the first import in several files whose specifier matches. */
export function findImporter(
  files: Iterable<string>,
  readText: ReadText,
  matches: (specifier: string, file: string) => boolean,
): Place | undefined {
  for (const file of files) {
    const at = findSpecifier(readText(file) ?? "", (specifier) => matches(specifier, file));
    if (at !== undefined) return { file, ...at };
  }
}

/** The path that a relative or absolute specifier resolves to. */
export function pathIn(specifier: string, file: string): string | undefined {
  if (specifier.startsWith("file:///")) return toPath(specifier);
  return /^[./]/.test(specifier) ? resolve(dirname(file), specifier) : undefined;
}

/** Whether an error's message refers to a specifier: the checks, the most reliable one first. */
const CHECKS: readonly ((specifier: string, file: string, message: string) => boolean)[] = [
  // The message contains the specifier.
  (specifier, _, message) => isNamed(message, specifier),
  // The message contains the path of the file.
  (specifier, file, message) => isNamed(message, pathIn(specifier, file) ?? ""),
  // The message contains the package, or a module of it, such as `/app/node_modules/dep/gone.js` for "dep/gone".
  (specifier, _, message) => isNamed(message, packageOf(specifier).name),
  (specifier, _, message) => {
    const { name, module } = packageOf(specifier);
    return module !== "" && message.includes(`/${name}/`) && message.includes(`/${module}`);
  },
  (specifier, _, message) => message.includes(`/node_modules/${packageOf(specifier).name}/`),
  // The specifier is an alias of the nearest package.json.
  (specifier, _, message) => specifier.startsWith("#") && message.includes(`/${basename(specifier)}.`),
  // The specifier has an unknown scheme.
  (specifier, _, message) => isNamed(message, /^[a-z]+:/.exec(specifier)?.[0] ?? ""),
];

/** The package of a bare specifier, and the last part of its subpath. Both are empty when there is none. */
function packageOf(specifier: string): { name: string; module: string } {
  const bare = specifier.replace(/^(?:npm|jsr):\/?/, "");
  const name = PACKAGE.exec(bare)?.[0] ?? "";
  return { name, module: basename(bare.slice(name.length).replace(/^@[^/]*/, "")) };
}

/** Whether a message contains a name as a whole word. */
function isNamed(message: string, name: string): boolean {
  if (name === "") return false;
  return new RegExp(`(?:^|[\\s"'(]|file://)${escapeRegExp(name)}/?(?::\\d+)*(?:[\\s"')]|$)`).test(message);
}

/** Finds the import that an error without a place refers to: by the names in its message, or that of the last file. */
export function placeOfImport(
  message: string,
  files: readonly string[],
  readText: ReadText,
): Place | undefined {
  const [, quoted, plain] = / imported from (?:'([^']+)'|(\S.*))$/m.exec(message) ?? [];
  const importer = quoted ?? plain;
  const candidates = importer === undefined ? files : [toPlainPath(importer)];
  const last = files.at(-1) ?? "";
  for (const check of CHECKS) {
    const place = findImporter(candidates, readText, (specifier, file) => check(specifier, file, message));
    if (place !== undefined) return place;
  }
  if (importer !== undefined) return { file: candidates[0] };
  return findImporter(files, readText, (specifier, file) => pathIn(specifier, file) === last);
}

/** The path of a module in a message, which is a path or URL with the query of the version. */
function toPlainPath(module: string): string {
  return (module.startsWith("file:") ? toPath(module) : module).replace(/\?.*$/, "");
}

/** The error of an imported file that does not exist; the same on all runtimes. */
export function notFound(missing: string): LoadClue {
  return { name: "TypeError", message: `Module not found "${missing}".`, missing };
}

/** How a runtime installs packages. */
export interface Installer {
  /** The command, followed by the package's name. */
  readonly command: string;
  /** The file whose `imports` define aliases. */
  readonly manifest: string;
}

/** The error of an imported package that is not installed; `specifier` may be a module of it. */
export function packageNotFound(specifier: string, { command, manifest }: Installer): LoadClue {
  const name = /^[~#]|^@\//.test(specifier) ? undefined : PACKAGE.exec(specifier)?.[0];
  const advice = name === undefined
    ? `expected a path, a package's name, or a name in the \`imports\` of ${manifest}`
    : `to install it: ${command}${name}`;
  return { name: "TypeError", message: `Cannot find the package "${specifier}"; ${advice}` };
}

/** Explains the error of a `require` that finds no module; returns `undefined` for other errors. */
export function explainRequire(
  message: string,
  installer: Installer,
  readText: ReadText,
): LoadClue | undefined {
  const [, specifier, importer] = /^Cannot find module '(.*?)'\nRequire stack:\n- (.*)/.exec(message) ?? [];
  if (specifier === undefined || importer === undefined) return undefined;
  const at = findNamed(readText(importer) ?? "", specifier);
  const place = { file: importer, ...at };
  if (!/^\.|^\/|^[a-z]:/i.test(specifier)) return { ...packageNotFound(specifier, installer), place };
  return { ...notFound(resolve(dirname(importer), specifier)), place };
}
