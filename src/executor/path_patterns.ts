import { preview } from "../errors/mod.ts";

/** Examples of patterns, by the option that takes them. */
const EXAMPLES = {
  ignore: '["generated/", "*.gen.ts"]',
  watch: '["prompts/", "*.txt"]',
};

/**
 * Checks a list of patterns in the syntax of gitignore, which has no errors of its own: Git ignores invalid patterns
 * silently.
 *
 * @param patterns The value of the option.
 * @param option The option.
 * @returns The problem for a message; `undefined` when the list is valid.
 */
export function invalidPatterns(patterns: unknown, option: keyof typeof EXAMPLES): string | undefined {
  if (!Array.isArray(patterns)) {
    return `expected an array of patterns, as in ${EXAMPLES[option]}, not ${preview(patterns)}`;
  }
  for (const pattern of patterns) {
    if (typeof pattern !== "string") return `invalid pattern ${preview(pattern)}: expected a string`;
    const problem = invalidPattern(pattern);
    if (problem !== undefined) return `invalid pattern ${JSON.stringify(pattern)}: ${problem}`;
  }
}

function invalidPattern(pattern: string): string | undefined {
  if (pattern.trim() === "") return "it is empty";
  if (/[\r\n]/.test(pattern)) return "it has several lines; write each pattern as a string of its own";
  if (pattern.startsWith("#")) return `it is a comment; write "\\${pattern}" for a name that begins with "#"`;
  if (/^!?\.\//.test(pattern)) {
    return `a path begins with "/", which is the Executor's folder: "${pattern.replace(/\.\//, "/")}"`;
  }
  if (/^!?[/\\]*$/.test(pattern)) return "it names no file or folder";
  const steps = pattern.replace(/^!?(?:file:\/\/)?\/?/, "").split("/");
  const inner = steps.slice(0, -1);
  if (inner.includes("")) return 'it contains "//", which no path contains';
  if (inner.includes(".")) return 'it contains "./", which no path contains after its start';
  if (/^!?\/?(?:\.\.?\/)*\.\.?\/?$/.test(pattern)) {
    return 'it names the whole folder, or one above it; "*" matches everything in the folder';
  }
  if (/(?<!\\)\[[^\]]*$/.test(pattern)) return 'a "[" is not closed; write "\\[" for a name with one';
  // An even number of backslashes at the end stands for a name that ends in backslashes.
  if (/(?<!\\)(?:\\\\)*\\$/.test(pattern)) return 'a "\\" at its end escapes nothing';
}
