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
  for (const match of text.matchAll(/\b(?:from|import)\s*\(?\s*(["'])([^"'\n]+)\1/g)) {
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
