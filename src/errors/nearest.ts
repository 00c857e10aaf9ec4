/**
 * Finds the known name that a misspelled one probably stands for.
 *
 * @param name The misspelled name.
 * @param known The known names.
 * @returns The nearest name; `undefined` when none is similar enough.
 */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const ranked = known.map((candidate) => ({
    candidate,
    edits: distance(name.toLowerCase(), candidate.toLowerCase()),
  }))
    .sort((a, b) => a.edits - b.edits);
  const best = ranked.at(0);
  return best !== undefined && best.edits <= Math.max(2, Math.ceil(name.length / 3))
    ? best.candidate
    : undefined;
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
