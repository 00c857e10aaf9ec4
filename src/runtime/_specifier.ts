/** What a module's text says of its imports. @module */

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
  for (const match of text.matchAll(NAMED)) {
    if (!isIt(String(match[2]))) continue;
    const start = match.index + match[0].length - String(match[2]).length - 2;
    const before = text.slice(0, start).split("\n");
    return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
  }
}

/** What is said of a file that is imported and is not there: the same on every runtime. */
export function notFound(path: string): { name: string; message: string } {
  return { name: "TypeError", message: `Module not found "${path}".` };
}

/**
 * What is said of a package that is imported and is not installed: the same on every runtime.
 *
 * @param specifier What the import says, such as `zod/v4`.
 * @param install What installs a package, with the space before its name: `npm install `.
 * @param manifest The file that may give a name another meaning.
 */
export function noPackage(
  specifier: string,
  install: string,
  manifest: string,
): { name: string; message: string } {
  const name = /^[~#]|^@\//.test(specifier) ? undefined : PACKAGE.exec(specifier)?.[0];
  const advice = name === undefined
    ? `expected a path, a package's name, or a name in the \`imports\` of ${manifest}`
    : `to install it: ${install}${name}`;
  return { name: "TypeError", message: `Cannot find the package "${specifier}"; ${advice}` };
}
