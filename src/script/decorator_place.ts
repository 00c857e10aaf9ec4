/** Finds the place of an error in a decorator. @module */
import type { Place } from "../errors/mod.ts";
import { blankText, escapeRegExp, placeAt } from "./script_text.ts";

const UNDEFINED = /^(?:(\S+) is not defined|Cannot access '(\S+)' before initialization)$/;
/** Matches the start of a decorator. */
const DECORATOR = /@[\p{ID_Start}$_][\p{ID_Continue}$.]*/gu;

/**
 * Finds the decorator that contains an undefined name. Compilers evaluate decorators in statements whose start is not in
 * the source map: the stack has the place of the code before them, or of the first of several decorators.
 *
 * @param place The place in the error's stack.
 * @param text The text of that file.
 * @returns The place of the name, or of the `@` before it; `undefined` when the place of the stack is correct.
 */
export function placeInDecorator(error: Error, place: Place, text: string): Place | undefined {
  const [, missing, early] = (error.name === "ReferenceError" && UNDEFINED.exec(error.message)) || [];
  const name = missing ?? early;
  if (name === undefined) return undefined;
  const { file, line = 1, column = 1 } = place;
  const before = text.split("\n").slice(0, line - 1);
  const start = before.reduce((sum, { length }) => sum + length + 1, column - 1);
  const word = new RegExp(
    `(?<![\\p{ID_Continue}$]|[^.]\\.)${escapeRegExp(name)}(?![\\p{ID_Continue}$])`,
    "u",
  );
  if (word.test(text.slice(start).split("\n", 1)[0])) {
    return text[start - 1] === "@" ? { file, line, column: column - 1 } : undefined;
  }
  const code = blankText(text);
  for (const [from, to] of decoratorsIn(code)) {
    if (from < start) continue;
    // Code inside a template literal is blank in `code`, and found in `text`.
    const [at = -1] = [code, text].map((all) => all.slice(from, to).search(word)).filter((at) => at >= 0);
    if (at < 0) continue;
    return { file, ...placeAt(text, at === 1 ? from : from + at) };
  }
}

/** The start and end index of each decorator with its arguments. */
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
