import type { Violation } from "../config/check.ts";
import { preview } from "../errors/mod.ts";

/** Examples of patterns, by the option that takes them. */
const EXAMPLES = {
  ignore: '["generated/", "*.gen.ts"]',
  watch: '["prompts/", "*.txt"]',
};

/**
 * Checks a list of patterns in the syntax of gitignore. That syntax has no errors of its own: a pattern that makes no
 * sense would match nothing, silently.
 */
export function checkPatterns(
  value: unknown,
  option: keyof typeof EXAMPLES,
  what = "an array of patterns",
): Violation | undefined {
  if (!Array.isArray(value)) return { expected: `${what}, such as ${EXAMPLES[option]}` };
  for (const pattern of value) {
    if (typeof pattern !== "string") {
      return { reason: `invalid pattern ${preview(pattern)}: expected a string` };
    }
    const problem = problemOf(pattern);
    if (problem !== undefined) return { reason: `invalid pattern ${JSON.stringify(pattern)}: ${problem}` };
  }
}

/** Checks a list of patterns in YAML, where a single pattern may stand for the list. */
export function checkYamlPatterns(value: unknown, option: keyof typeof EXAMPLES): Violation | undefined {
  const list = typeof value === "string" ? [value] : value;
  return checkPatterns(list, option, "a pattern or a list of patterns");
}

function problemOf(pattern: string): string | undefined {
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
