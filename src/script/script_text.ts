/** Comments, and the texts in which they are none. */
const TOKENS = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\[\s\S]|[^`\\])*`|\/\*[\s\S]*?\*\/|\/\/.*/g;
/** Statements of ES modules. */
const MODULE = /(?:^|[;}])\s*(?:import\b(?!\s*[(.])|export\b)|\bimport\.meta\b/m;
const COMMONJS = /\b(?:module\.exports|exports\s*[.[=]|require\s*\()/;

/** A script's text in which its comments are spaces, so that all else keeps its place. */
export function withoutComments(text: string): string {
  return text.replace(TOKENS, (part) => part.startsWith("/") ? spaces(part) : part);
}

/** A script's text without what stands in its comments and its texts. */
export function codeOf(text: string): string {
  return text.replace(TOKENS, (part) => part.startsWith("/") ? " " : '""');
}

/** A script's text in which its comments and texts are spaces, so that all else keeps its place. */
export function blanked(text: string): string {
  return text.replace(TOKENS, spaces);
}

function spaces(part: string): string {
  return part.replace(/[^\n]/g, " ");
}

/** A text as part of a regular expression that matches it. */
export function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

/** Whether a script's text is CommonJS, where its name does not tell. */
export function isCommonJs(text: string): boolean {
  if (!COMMONJS.test(text)) return false;
  const code = codeOf(text);
  return COMMONJS.test(code) && !MODULE.test(code);
}
