/** Names of classes: whether a text is one, and which a module's text declares. @module */
import { decoded } from "../errors/mod.ts";
import { isUrl } from "../paths.ts";
import { type LineColumn, placeAt } from "./script_text.ts";

const START = "[\\p{ID_Start}$_]";
const PART = "[\\p{ID_Continue}$\\u200c\\u200d]";
/** A JavaScript identifier, as the source of a regular expression with the flag `u`. */
const IDENTIFIER = `${START}${PART}*`;

const WHOLE = new RegExp(`^${IDENTIFIER}$`, "u");
/** Matches `class Name` and `Name = class`, also with a type or a call between: `const Name = sealed(class`. */
const CLASSES = new RegExp(
  `(?<!${PART}|[.#])class\\s+(${IDENTIFIER})|` +
    `(?<!${PART}|[.#])(${IDENTIFIER})\\s*(?::[^=;{}()]{0,200})?=(?=\\s*(?:[\\w$.]+\\(\\s*){0,3}class(?!${PART}))`,
  "gu",
);
/** Keywords that may follow `class` in comments and texts. */
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

/** Splits `FILE#Name`, whose file is a path or URL; in a URL, the name is percent-encoded. */
export function splitClassName(text: string): [file: string, name?: string] {
  const [, file, fragment] = /^(.+)#([^#/\\]+)$/s.exec(text) ?? [];
  if (file === undefined) return [text];
  const name = isUrl(text) ? decoded(String(fragment)) : String(fragment);
  return isClassName(name) ? [file, name] : [text];
}

/** The distinct names of the classes that a module's text seems to declare, also in comments and texts. */
export function classNamesIn(text: string): string[] {
  const names = [...text.matchAll(CLASSES)].map(([, declared, assigned]) => declared ?? assigned);
  return [...new Set(names)].filter((name) => !RESERVED.has(name));
}

/** Finds the declaration of a class in a module's text. */
export function placeOfClass(text: string, name: string): LineColumn | undefined {
  const match = [...text.matchAll(CLASSES)].find(([, declared, assigned]) => (declared ?? assigned) === name);
  return match && placeAt(text, match.index);
}
