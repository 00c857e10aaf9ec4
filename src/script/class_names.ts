/** The names of classes: what is one, and where a module's text has them. @module */
import { isUrl } from "../paths.ts";

const START = "[\\p{ID_Start}$_]";
const PART = "[\\p{ID_Continue}$\\u200c\\u200d]";
/** An identifier of JavaScript, as the source of a regular expression with the flag `u`. */
export const IDENTIFIER = `${START}${PART}*`;

const WHOLE = new RegExp(`^${IDENTIFIER}$`, "u");
/** `class Name`, and `name = class` with a type or a call between, such as `const Name = sealed(class`. */
const CLASSES = new RegExp(
  `(?<!${PART}|[.#])class\\s+(${IDENTIFIER})|` +
    `(?<!${PART}|[.#])(${IDENTIFIER})\\s*(?::[^=;{}()]{0,200})?=(?=\\s*(?:[\\w$.]+\\(\\s*){0,3}class(?!${PART}))`,
  "gu",
);
/** Words that a text may have where a class has its name. */
const RESERVED = new Set(
  ("arguments await break case catch class const continue debugger default delete do else enum eval export " +
    "extends false finally for function if implements import in instanceof interface let new null package " +
    "private protected public return static super switch this throw true try typeof var void while with " +
    "yield").split(" "),
);

/** Whether a text can be the name of a class. */
export function isClassName(text: string): boolean {
  return WHOLE.test(text);
}

/**
 * Splits `FILE#Name`.
 *
 * @param text A path or URL; a URL has the name percent-encoded.
 * @returns The file, and the name when there is one.
 */
export function splitClassName(text: string): [file: string, name?: string] {
  const [, file, fragment] = /^(.+)#([^#/\\]+)$/s.exec(text) ?? [];
  if (file === undefined) return [text];
  const name = isUrl(text) ? decoded(String(fragment)) : String(fragment);
  return isClassName(name) ? [file, name] : [text];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The names of the classes that a module's text seems to declare, each once; comments and texts count too. */
export function classNamesIn(text: string): string[] {
  const names = [...text.matchAll(CLASSES)].map(([, declared, assigned]) => declared ?? assigned);
  return [...new Set(names)].filter((name) => !RESERVED.has(name));
}

/**
 * Where a module's text declares a class.
 *
 * @returns Line and column of the word `class`, from 1; `undefined` when it is not there.
 */
export function placeOfClass(text: string, name: string): { line: number; column: number } | undefined {
  const match = [...text.matchAll(CLASSES)].find(([, declared, assigned]) => (declared ?? assigned) === name);
  if (match === undefined) return undefined;
  const before = text.slice(0, match.index).split("\n");
  return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
}
