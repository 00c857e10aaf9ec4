const STRING = String.raw`"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'`;
const TEMPLATE = "`(?:\\\\[\\s\\S]|[^`\\\\])*`";
const COMMENT = String.raw`\/\*[\s\S]*?\*\/|\/\/.*`;
/** Regular expressions stand where a value does; elsewhere, the slash divides. */
const PATTERN = String
  .raw`\/(?<=(?:[=(,:[!&|?{;]|\breturn)\s*\/)(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*`;
/** Matches comments; and strings, templates and regular expressions, which may contain the characters of comments. */
const TOKENS = new RegExp([STRING, TEMPLATE, COMMENT, PATTERN].join("|"), "g");
/** Matches syntax of ES modules. */
const MODULE = /(?:^|[;}])\s*(?:import\b(?!\s*[(.])|export\b)|\bimport\.meta\b/m;
const COMMONJS = /\b(?:module\.exports|exports\s*[.[=]|require\s*\()/;

/** Replaces comments and regular expressions by spaces, so that places stay the same. */
export function withoutComments(text: string): string {
  return text.replace(TOKENS, (part) => part.startsWith("/") ? spaces(part) : part);
}

/** Removes comments, regular expressions and the contents of strings and templates. */
export function codeOf(text: string): string {
  return text.replace(TOKENS, (part) => part.startsWith("/") ? " " : '""');
}

/** The strings of a script, each with the index of its quotation mark. */
export function* stringsIn(text: string): Generator<[index: number, content: string]> {
  for (const { 0: part, index } of text.matchAll(TOKENS)) {
    if (/^["']/.test(part)) yield [index, part.slice(1, -1)];
  }
}

/** Replaces comments, strings and templates by spaces, so that places stay the same. */
export function blankText(text: string): string {
  return text.replace(TOKENS, spaces);
}

function spaces(part: string): string {
  return part.replace(/[^\n]/g, " ");
}

/** A line and a column, from 1. */
export interface LineColumn {
  readonly line: number;
  readonly column: number;
}

/** The place of an index in a text. */
export function placeAt(text: string, index: number): LineColumn {
  const before = text.slice(0, index).split("\n");
  return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
}

/** Escapes a text for a regular expression. */
export function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

/** Whether a script is CommonJS, judged by its text. */
export function isCommonJs(text: string): boolean {
  if (!COMMONJS.test(text)) return false;
  const code = codeOf(text);
  return COMMONJS.test(code) && !MODULE.test(code);
}
