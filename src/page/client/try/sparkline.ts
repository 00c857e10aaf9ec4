/** The shape of nested lists: `[2, 3]` for two lists of three; by their first items. */
export function shapeOf(value: unknown): number[] {
  return Array.isArray(value) ? [value.length, ...shapeOf(value[0])] : [];
}

/** Numbers as the points of a small chart. */
export interface Sparkline {
  /** The points of a polyline. */
  readonly points: string;
  readonly min: number;
  readonly max: number;
  /** How many numbers there are. */
  readonly length: number;
}

/** How many numbers of nested lists are looked at. */
const MAX_NUMBERS = 1_000_000;

/** All numbers in nested lists. */
export function numbersIn(value: unknown): number[] {
  const found: number[] = [];
  const visit = (one: unknown) => {
    if (found.length >= MAX_NUMBERS) return;
    if (typeof one === "number") found.push(one);
    else if (Array.isArray(one)) one.forEach(visit);
  };
  visit(value);
  return found;
}

/**
 * Draws numbers from left to right. Where they are more than pixels, each pixel has the smallest and the largest of its
 * numbers, so that no peak is lost.
 *
 * @returns The chart; `undefined` without numbers.
 */
export function sparkline(numbers: readonly number[], width: number, height: number): Sparkline | undefined {
  const { length } = numbers;
  if (length === 0) return undefined;
  let [min, max] = [Infinity, -Infinity];
  for (const one of numbers) [min, max] = [Math.min(min, one), Math.max(max, one)];
  const y = (one: number) => max === min ? height / 2 : height - (one - min) / (max - min) * height;
  const x = (index: number) => length === 1 ? width / 2 : index / (length - 1) * width;
  const point = (index: number) => `${round(x(index))},${round(y(numbers[index] ?? 0))}`;
  const indices = length <= 2 * width ? numbers.keys() : extremes(numbers, width);
  return { points: [...indices].map(point).join(" "), min, max, length };
}

function* extremes(numbers: readonly number[], buckets: number): Generator<number> {
  for (let bucket = 0; bucket < buckets; bucket++) {
    const [from, to] = [bucket, bucket + 1].map((edge) => Math.floor(edge / buckets * numbers.length));
    let [low, high] = [from ?? 0, from ?? 0];
    for (let index = low; index < (to ?? 0); index++) {
      if ((numbers[index] ?? 0) < (numbers[low] ?? 0)) low = index;
      if ((numbers[index] ?? 0) > (numbers[high] ?? 0)) high = index;
    }
    yield* low === high ? [low] : low < high ? [low, high] : [high, low];
  }
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** A number with few digits. */
export function short(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}
