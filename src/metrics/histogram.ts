/** Counts values in buckets, as a Prometheus histogram. Counting costs a few additions. */
export class Histogram {
  /** How many values are in each bucket alone; the last one has those above all bounds. */
  readonly counts: number[];
  sum = 0;

  /** @param bounds The upper bounds of the buckets, in ascending order; each bound belongs to its bucket. */
  constructor(readonly bounds: readonly number[]) {
    this.counts = new Array(bounds.length + 1).fill(0);
  }

  /** How many values were counted. */
  get count(): number {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }

  observe(value: number): void {
    let bucket = 0;
    while (bucket < this.bounds.length && value > this.bounds[bucket]) bucket++;
    this.counts[bucket]++;
    this.sum += value;
  }
}
