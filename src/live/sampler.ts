import { type FlowMetrics, type Outcome, Requests } from "../metrics/flow_metrics.ts";
import { LoopDelay } from "../metrics/loop_delay.ts";
import { memoryUsage } from "../runtime/system_info.ts";
import type { RequestSample, SampleEvent } from "./flow_event.ts";

/** The interval between two samples, in milliseconds. */
const INTERVAL_MS = 1_000;

/** The outcomes that are errors of the Flow; others are the client's. */
const ERRORS: ReadonlySet<string> = new Set<Outcome>(["failed", "cut", "deadline", "down"]);

/** What was counted up to a moment. */
interface Totals {
  readonly errors: number;
  /** How many durations are in each bucket. */
  readonly counts: readonly number[];
  readonly documents: number;
}

const { bounds: BOUNDS } = new Requests().seconds;
const NOTHING: Totals = { errors: 0, counts: BOUNDS.map(() => 0).concat(0), documents: 0 };

/** Takes a sample of a Flow's figures every second, between {@linkcode Sampler.start} and {@linkcode Sampler.stop}. */
export class Sampler {
  readonly #loop = new LoopDelay();
  #timer?: ReturnType<typeof setInterval>;

  constructor(private readonly metrics: FlowMetrics, private readonly take: (sample: SampleEvent) => void) {}

  start(): void {
    this.#loop.start();
    let before = figuresOf(this.metrics);
    let last = performance.now();
    this.#timer = setInterval(() => {
      const [now, after] = [performance.now(), figuresOf(this.metrics)];
      this.take({
        kind: "sample",
        at: new Date(),
        seconds: rounded((now - last) / 1_000),
        ...differenceOf(before, after),
        memory: rounded(memoryUsage().rss / 1e6),
        loopDelay: rounded(this.#loop.takeLongest()),
      });
      [before, last] = [after, now];
    }, INTERVAL_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#loop.stop();
  }
}

/** All figures at one moment. */
export interface Figures {
  readonly requests: Totals;
  /** By the names of the Executors. */
  readonly calls: ReadonlyMap<string, Totals>;
}

/** The figures so far. */
export function figuresOf({ requests, calls }: FlowMetrics): Figures {
  return {
    requests: totalOf(requests.entries),
    calls: new Map(Array.from(calls, ([name, table]) => [name, totalOf(table.entries)])),
  };
}

function totalOf(entries: Iterable<readonly [string, Requests & { readonly documents?: number }]>): Totals {
  const counts = [...NOTHING.counts];
  let [errors, documents] = [0, 0];
  for (const [, requests] of entries) {
    requests.seconds.counts.forEach((count, bucket) => counts[bucket] += count);
    for (const [outcome, count] of Object.entries(requests.outcomes)) {
      if (ERRORS.has(outcome)) errors += count;
    }
    documents += requests.documents ?? 0;
  }
  return { counts, errors, documents };
}

/** What happened between two moments. */
export function differenceOf(before: Figures, after: Figures): Pick<SampleEvent, "requests" | "deployments"> {
  const deployments = Array.from(after.calls, ([name, totals]) => {
    const earlier = before.calls.get(name) ?? NOTHING;
    return [name, { ...sampleOf(earlier, totals), documents: totals.documents - earlier.documents }] as const;
  });
  return {
    requests: sampleOf(before.requests, after.requests),
    deployments: Object.fromEntries(deployments.filter(([, { count }]) => count > 0)),
  };
}

function sampleOf(before: Totals, after: Totals): RequestSample {
  const counts = after.counts.map((count, bucket) => count - before.counts[bucket]);
  const count = counts.reduce((sum, count) => sum + count, 0);
  const errors = after.errors - before.errors;
  if (count === 0) return { count, errors };
  return { count, errors, p50: quantile(counts, count, 0.5), p95: quantile(counts, count, 0.95) };
}

/** A quantile in milliseconds, as if the values of each bucket were spread evenly. */
function quantile(counts: readonly number[], total: number, part: number): number {
  let left = part * total;
  const bucket = counts.findIndex((count) => (left -= count) <= 0);
  const [from, to] = [BOUNDS[bucket - 1] ?? 0, BOUNDS[bucket] ?? BOUNDS[BOUNDS.length - 1]];
  return rounded((from + (to - from) * (1 + left / counts[bucket])) * 1_000);
}

/** A figure with two decimals. */
export function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
