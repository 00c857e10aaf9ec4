/** What is said of a list of samples. */
export interface Summary {
  readonly count: number;
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export function summarize(samples: readonly number[]): Summary {
  const sorted = Float64Array.from(samples).sort();
  return { count: sorted.length, min: at(sorted, 0), median: median(samples), max: at(sorted, -1) };
}

export function median(samples: readonly number[]): number {
  const sorted = Float64Array.from(samples).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? at(sorted, middle) : (at(sorted, middle - 1) + at(sorted, middle)) / 2;
}

/** The smallest sample that `share` of all samples do not exceed, in an ascending list. */
export function percentile(
  sorted: { readonly length: number; at(i: number): number | undefined },
  share: number,
) {
  return sorted.at(Math.max(0, Math.ceil(share * sorted.length) - 1)) ?? NaN;
}

/** The same items in the same order, begun with another one. */
export function rotated<T>(items: readonly T[], by: number): T[] {
  const at = by % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
}

function at(sorted: Float64Array, index: number): number {
  return sorted.at(index) ?? NaN;
}
