import { InvalidRequestError, type Issue } from "../errors/mod.ts";

/** A token; of a string, the quotation mark that it begins with. */
const TOKEN = /[ \t\n\r]*("|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|[{}[\],:])/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y;
const WORDS = ["true", "false", "null"];
/** The tokens that may come next: a value, a key, a colon, or those after a value. */
type Expected = "value" | "key" | ":" | "next";

/** Parses JSON; throws an `InvalidRequestError` with the position when it is not valid. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidRequestError([jsonIssue(text, (error as Error).message)]);
  }
}

/** The issue of invalid JSON. V8 reports most positions, as in "… at position 10 (line 1 column 11)". */
function jsonIssue(text: string, message: string): Issue {
  const stated = /at position (\d+)/.exec(message)?.[1];
  const pos = stated === undefined ? breakOf(text) : Number(stated);
  const before = text.slice(0, pos).split("\n");
  const [lineno, colno] = [before.length, before[before.length - 1].length + 1];
  const msg = message.replace(/ in JSON at position .*$/s, "").replace(/, (?:\.\.\.)?".*$/s, "");
  return {
    loc: ["body", pos],
    msg: `${msg}: line ${lineno} column ${colno} (char ${pos})`,
    type: "value_error.jsondecode",
    ctx: { msg, pos, lineno, colno },
  };
}

/**
 * Finds where a text becomes invalid as JSON. Not every engine reports it, and none for every mistake.
 *
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
