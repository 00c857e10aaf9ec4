/** Finds misspelled names. @module */
import { invalidArgument } from "./codes.ts";
import { preview } from "./info.ts";

/**
 * Throws when an object contains an unknown option: without type checks, a misspelled option would be ignored silently.
 *
 * @param action The start of the message after "Cannot", such as "make a Flow with".
 */
export function checkKeys(action: string, options: object, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) {
    throw invalidArgument(`Cannot ${action} ${preview(options)}: expected an object of options`);
  }
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  const near = nearest(unknown, known);
  throw invalidArgument(
    `Cannot ${action} the option "${unknown}"${near === undefined ? "" : `; did you mean "${near}"?`} ` +
      `(known: ${known.join(", ")})`,
  );
}

/** Finds the known name that a misspelled one probably stands for; `undefined` when none is similar enough. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const maxEdits = Math.max(2, Math.ceil(name.length / 3));
  return known.map((candidate) => ({
    candidate,
    edits: distance(name.toLowerCase(), candidate.toLowerCase()),
  }))
    .filter(({ edits }) => edits <= maxEdits).sort((a, b) => a.edits - b.edits).at(0)?.candidate;
}

/** The Levenshtein distance, computed row by row. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length];
}
