/** Where a mistake in a decorator is. @module */
import type { Place } from "../errors/mod.ts";
import { blanked, literally } from "./script_text.ts";

const UNDEFINED = /^(?:(\S+) is not defined|Cannot access '(\S+)' before initialization)$/;
/** How a decorator begins. */
const DECORATOR = /@[\p{ID_Start}$_][\p{ID_Continue}$.]*/gu;

/**
 * Finds the decorator that names what is not defined. Compilers evaluate decorators in statements whose beginning is
 * not in the source map: engines name what stands before them, or the first decorator of several.
 *
 * @param error The error.
 * @param place Where its stack says that it was thrown.
 * @param text What is in that file.
 * @returns The name's place; that of the `@` when the name follows it. `undefined` when the stack is right.
 */
export function placeInDecorator(error: Error, place: Place, text: string): Place | undefined {
  const [, missing, early] = (error.name === "ReferenceError" && UNDEFINED.exec(error.message)) || [];
  const name = missing ?? early;
  if (name === undefined) return undefined;
  const { file, line = 1, column = 1 } = place;
  const before = text.split("\n").slice(0, line - 1);
  const start = before.reduce((sum, { length }) => sum + length + 1, column - 1);
  const word = new RegExp(`(?<![\\p{ID_Continue}$]|[^.]\\.)${literally(name)}(?![\\p{ID_Continue}$])`, "u");
  if (word.test(text.slice(start).split("\n", 1)[0])) {
    return text[start - 1] === "@" ? { file, line, column: column - 1 } : undefined;
  }
  const code = blanked(text);
  for (const [from, to] of decoratorsIn(code)) {
    if (from < start) continue;
    // Code inside a template is found only in the text itself.
    const [at = -1] = [code, text].map((all) => all.slice(from, to).search(word)).filter((at) => at >= 0);
    if (at < 0) continue;
    const above = text.slice(0, at === 1 ? from : from + at).split("\n");
    return { file, line: above.length, column: (above.at(-1) ?? "").length + 1 };
  }
}

/** Beginning and end of each decorator with its arguments. */
function* decoratorsIn(code: string): Generator<[from: number, to: number]> {
  for (const { index, 0: start } of code.matchAll(DECORATOR)) {
    let end = index + start.length;
    for (let depth = 0; end < code.length; end++) {
      if (code[end] === "(") depth++;
      else if (code[end] === ")") depth--;
      if (depth <= 0) break;
    }
    yield [index, end];
  }
}
