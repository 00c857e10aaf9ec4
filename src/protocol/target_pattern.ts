import { InvalidRequestError } from "../errors/mod.ts";

/** Limits of a pattern, far above what names of Executors need. */
const MAX_REPETITIONS = 8;
const MAX_CHARACTERS = 1_000;

/**
 * Whether a request's `targetExecutor` matches an Executor's name from its start.
 *
 * @throws {InvalidRequestError} When the pattern is invalid or could take too long.
 */
export function isTarget(target: string, executor: string): boolean {
  if (target === "") return true;
  if (isCostly(target)) {
    throw refusal(
      `a repeated group may hold no repetitions or alternatives, and there may be ${MAX_REPETITIONS} repetitions ` +
        `and ${MAX_CHARACTERS} characters`,
    );
  }
  try {
    return new RegExp(`^(?:${target})`).test(executor);
  } catch (error) {
    throw refusal((error as Error).message);
  }
}

function refusal(why: string): InvalidRequestError {
  const msg = `value is not a valid regular expression: ${why}`;
  return new InvalidRequestError([{ loc: ["body", "targetExecutor"], msg, type: "value_error.regex" }]);
}

/** Whether matching could take exponential time: JavaScript's regular expressions backtrack, which would block a worker. */
function isCostly(pattern: string): boolean {
  if (pattern.length > MAX_CHARACTERS) return true;
  let repetitions = 0;
  // For each open group: whether a part of it can match in several ways.
  const open: boolean[] = [false];
  const tokens = pattern.match(/\\[^]|\[(?:\\[^]|[^\]\\])*\]|\(\?[:=!]|[^]/g) ?? [];
  for (const [at, token] of tokens.entries()) {
    if (token.startsWith("(")) open.push(false);
    else if (token === "|") open[open.length - 1] = true;
    else if (token === ")") {
      const ambiguous = open.pop() ?? false;
      if (ambiguous && /^[*+?{]$/.test(tokens[at + 1] ?? "")) return true;
      if (open.length === 0) open.push(false);
      if (ambiguous) open[open.length - 1] = true;
    } else if (/^[*+?{]$/.test(token)) {
      open[open.length - 1] = true;
      if (++repetitions > MAX_REPETITIONS) return true;
    }
  }
  return false;
}
