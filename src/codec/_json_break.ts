/** Finds where JSON becomes invalid, which not every engine reports, and none for every mistake. @module */

/** A token; of a string, the quotation mark that it begins with. */
const TOKEN = /[ \t\n\r]*("|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|[{}[\],:])/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y;
const WORDS = ["true", "false", "null"];
/** The tokens that may come next: a value, a key, a colon, or those after a value. */
type Expected = "value" | "key" | ":" | "next";

/**
 * Finds where a text becomes invalid as JSON.
 *
 * @param text The text.
 * @returns The index of the first invalid character; the text's length when the text only ends too early.
 */
export function breakOf(text: string): number {
  const open: string[] = [];
  let expected: Expected = "value";
  let isFirst = false;
  let end = 0;
  for (;;) {
    TOKEN.lastIndex = end;
    const token = TOKEN.exec(text)?.[1];
    if (token === undefined) return brokenToken(text, end);
    const from = TOKEN.lastIndex - token.length;
    const after = token === '"' ? endOfString(text, from) : TOKEN.lastIndex;
    if (after === undefined) return from;
    const inside = open.at(-1);
    if (token === "}" || token === "]") {
      const isMatch = inside === (token === "}" ? "{" : "[") && (expected === "next" || isFirst);
      if (!isMatch) return from;
      open.pop();
      expected = "next";
    } else if (token === ",") {
      if (expected !== "next" || inside === undefined) return from;
      expected = inside === "{" ? "key" : "value";
    } else if (token === ":") {
      if (expected !== ":") return from;
      expected = "value";
    } else if (expected === "key" && token === '"') expected = ":";
    else if (expected !== "value") return from;
    else if (token === "{" || token === "[") {
      open.push(token);
      expected = token === "{" ? "key" : "value";
    } else expected = "next";
    isFirst = token === "{" || token === "[";
    end = after;
  }
}

/** The index after the closing quotation mark of a string. Not a regular expression, since strings may be very long. */
function endOfString(text: string, from: number): number | undefined {
  for (let index = from + 1; index < text.length; index++) {
    const char = text[index];
    if (char === '"') return index + 1;
    if (char < " ") return undefined;
    if (char !== "\\") continue;
    ESCAPE.lastIndex = index;
    if (!ESCAPE.test(text)) return undefined;
    index = ESCAPE.lastIndex - 1;
  }
}

/** Where the text at an index becomes invalid as a token. */
function brokenToken(text: string, index: number): number {
  let from = index;
  while (" \t\n\r".includes(text[from] ?? "x")) from++;
  const lengths = WORDS.map((word) => {
    let length = 0;
    while (length < word.length && text[from + length] === word[length]) length++;
    return length;
  });
  return from + Math.max(...lengths);
}
