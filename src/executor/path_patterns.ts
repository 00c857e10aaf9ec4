import { preview } from "../errors/mod.ts";

/** What patterns are for, and examples of them. */
const EXAMPLES = {
  ignore: '["generated/", "*.gen.ts"]',
  watch: '["prompts/", "*.txt"]',
};

/**
 * What is wrong with a list of patterns in the syntax of gitignore. That syntax itself knows no errors: what it cannot
 * read, it passes over without a word.
 *
 * @param patterns What was given.
 * @param option What the patterns are for.
 * @returns What is wanted instead; `undefined` when all is well.
 */
export function wrongPatterns(patterns: unknown, option: keyof typeof EXAMPLES): string | undefined {
  if (!Array.isArray(patterns)) {
    return `an array of patterns is wanted, as in ${EXAMPLES[option]}, not ${preview(patterns)}`;
  }
  for (const pattern of patterns) {
    if (typeof pattern !== "string") return `${preview(pattern)} is no pattern: a text is wanted`;
    const wrong = wrongPattern(pattern);
    if (wrong !== undefined) return `${JSON.stringify(pattern)} is no pattern: ${wrong}`;
  }
}

function wrongPattern(pattern: string): string | undefined {
  if (pattern.trim() === "") return "it is empty";
  if (/[\r\n]/.test(pattern)) return "it has several lines; give each pattern a text of its own";
  if (pattern.startsWith("#")) return `it is a comment; write "\\${pattern}" for a name that begins with "#"`;
  if (/^!?\.\//.test(pattern)) {
    return `a path begins with "/", which is the Executor's folder: "${pattern.replace(/\.\//, "/")}"`;
  }
  if (/^!?[/\\]*$/.test(pattern)) return "it names nothing";
  const steps = pattern.replace(/^!?(?:file:\/\/)?\/?/, "").split("/");
  const inner = steps.slice(0, -1);
  if (inner.includes("")) return 'it has "//", which no path has';
  if (inner.includes(".")) return 'it has "./" inside, which no path has';
  if (/^!?\/?(?:\.\.?\/)*\.\.?\/?$/.test(pattern)) {
    return 'it names the whole folder, or one above it; "*" matches all that is in it';
  }
  if (/(?<!\\)\[[^\]]*$/.test(pattern)) return 'a "[" is not closed; write "\\[" for a name with one';
  // An even number of them are names that end in one.
  if (/(?<!\\)(?:\\\\)*\\$/.test(pattern)) return 'a "\\" at its end takes the meaning of nothing';
}
