import { InvalidRequestError, type Issue } from "../errors/mod.ts";
import { breakOf } from "./_json_break.ts";

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
