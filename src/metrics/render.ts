/** Formats the metrics of a Flow. Loaded with the first scrape, so that no start waits for the library. @module */
import { type Metric, Registry } from "prom-client";
import { memoryUsage } from "../runtime/system_info.ts";
import type { FlowMetrics } from "./flow_metrics.ts";
import type { Histogram } from "./histogram.ts";

/** What a Flow consists of at the moment. */
export interface Snapshot {
  readonly deployments: readonly {
    readonly name: string;
    /** The number of the version that serves. */
    readonly version: number | null;
    readonly versions: readonly {
      readonly state: string;
      readonly replicas: readonly { readonly state: string; readonly calls: number }[];
    }[];
    /** Those of an Executor that runs elsewhere. */
    readonly addresses?: readonly { readonly state: string; readonly calls: number }[];
  }[];
  /** How long each standby worker has been waiting, in milliseconds. */
  readonly standbyMs: readonly number[];
}

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];

/** One value of a metric as the library formats it. */
interface Value {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly metricName?: string;
}

/** The metrics in Prometheus' text format. */
export async function render(metrics: FlowMetrics, snapshot: Snapshot): Promise<string> {
  metrics.loopDelay.start();
  const page = new Page();
  addRequests(page, metrics);
  addCalls(page, metrics);
  addFleet(page, snapshot);
  addLoads(page, metrics);
  page.histogram("hotflow_event_loop_delay_seconds", "How late timers of the main thread fire.", [
    [{}, metrics.loopDelay.delays],
  ]);
  page.gauge(
    "hotflow_memory_bytes",
    "Memory of the process: all of it (rss), and the heap of the main thread.",
    Object.entries(memoryUsage()).map(([kind, bytes]) => [{ kind }, bytes]),
  );
  return await page.text();
}

function addRequests(page: Page, { requests, inFlight }: FlowMetrics): void {
  const entries = [...requests.entries];
  page.counter(
    "hotflow_requests_total",
    "Requests that are over, by endpoint and outcome.",
    entries.flatMap(([endpoint, { outcomes }]) =>
      Object.entries(outcomes).map(([outcome, count]) => [{ endpoint, outcome }, count] as const)
    ),
  );
  page.histogram(
    "hotflow_request_duration_seconds",
    "How long requests took, from their arrival at the gateway to the answer of the last Executor.",
    entries.map(([endpoint, { seconds }]) => [{ endpoint }, seconds]),
  );
  page.gauge("hotflow_requests_in_flight", "Requests that are on their way.", [[{}, inFlight]]);
}

function addCalls(page: Page, metrics: FlowMetrics): void {
  const entries = [...metrics.calls].flatMap(([deployment, table]) =>
    Array.from(table.entries, ([endpoint, calls]) => ({ labels: { deployment, endpoint }, calls }))
  );
  page.counter(
    "hotflow_calls_total",
    "Calls of an Executor that are over, by deployment, endpoint and outcome.",
    entries.flatMap(({ labels, calls }) =>
      Object.entries(calls.outcomes).map(([outcome, count]) => [{ ...labels, outcome }, count] as const)
    ),
  );
  page.histogram(
    "hotflow_call_duration_seconds",
    "How long calls of an Executor took, with the way to its worker and back.",
    entries.map(({ labels, calls }) => [labels, calls.seconds]),
  );
  page.counter(
    "hotflow_documents_total",
    "Documents that an Executor was given.",
    entries.map(({ labels, calls }) => [labels, calls.documents]),
  );
  for (const part of ["documents", "requests"] as const) {
    page.histogram(
      `hotflow_batch_${part}`,
      `How many ${part} a batch has.`,
      entries.flatMap(({ labels, calls: { batches } }) => batches ? [[labels, batches[part]] as const] : []),
    );
  }
}

function addFleet(page: Page, { deployments, standbyMs }: Snapshot): void {
  const versions = deployments.flatMap(({ name, versions }) =>
    versions.map((version) => ({ deployment: name, ...version }))
  );
  const replicas = versions.flatMap(({ deployment, replicas }) =>
    replicas.map((replica) => ({ deployment, ...replica }))
  );
  const addresses = deployments.flatMap(({ name, addresses = [] }) =>
    addresses.map((address) => ({ deployment: name, ...address }))
  );
  const labelsOf = ({ deployment, state }: { deployment: string; state: string }) => ({ deployment, state });
  page.gauge(
    "hotflow_calls_in_flight",
    "Calls that a deployment's replicas have not answered.",
    totals([...replicas, ...addresses].map(({ deployment, calls }) => [{ deployment }, calls])),
  );
  page.gauge(
    "hotflow_replicas",
    "Replicas of all versions, and addresses of Executors elsewhere, by state.",
    totals([...replicas, ...addresses].map((replica) => [labelsOf(replica), 1])),
  );
  page.gauge(
    "hotflow_versions",
    "Versions that are loaded or being loaded, by state.",
    totals(versions.map((version) => [labelsOf(version), 1])),
  );
  page.gauge(
    "hotflow_serving_version",
    "The number of the version that serves; 0 when none does.",
    deployments.map(({ name, version }) => [{ deployment: name }, version ?? 0]),
  );
  page.gauge("hotflow_standby_workers", "Standby workers.", [[{}, standbyMs.length]]);
  page.gauge("hotflow_standby_age_seconds", "The age of the oldest standby worker; 0 without one.", [
    [{}, Math.max(0, ...standbyMs) / 1_000],
  ]);
}

function addLoads(page: Page, { loads }: FlowMetrics): void {
  const entries = Array.from(
    loads.values(),
    ({ deployment, kind, outcome, seconds }) => [{ deployment, kind, outcome }, seconds] as const,
  );
  page.counter(
    "hotflow_reloads_total",
    "Loads of an Executor's code, by kind (start, reload, restart, replace) and outcome (served, failed).",
    entries.map(([labels, { count }]) => [labels, count]),
  );
  page.histogram("hotflow_reload_duration_seconds", "How long loads of an Executor's code took.", entries);
}

/** The sums of the samples that have the same labels. */
function totals(samples: readonly Sample[]): Sample[] {
  const sums = new Map<string, Sample>();
  for (const [labels, value] of samples) {
    const key = JSON.stringify(labels);
    sums.set(key, [labels, value + (sums.get(key)?.[1] ?? 0)]);
  }
  return [...sums.values()];
}

/** Collects metrics for one answer. */
class Page {
  readonly #registry = new Registry();

  counter(name: string, help: string, samples: readonly Sample[]): void {
    this.#add("counter", name, help, samples.map(([labels, value]) => ({ labels, value })));
  }

  gauge(name: string, help: string, samples: readonly Sample[]): void {
    this.#add("gauge", name, help, samples.map(([labels, value]) => ({ labels, value })));
  }

  histogram(name: string, help: string, samples: readonly (readonly [Labels, Histogram])[]): void {
    this.#add("histogram", name, help, samples.flatMap((sample) => bucketsOf(name, ...sample)));
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** The library asks each metric of a registry for its values, whoever has counted them. */
  #add(type: string, name: string, help: string, values: readonly Value[]): void {
    const data = { name, help, type, values, aggregator: "sum" };
    this.#registry.registerMetric({ name, get: () => Promise.resolve(data) } as unknown as Metric);
  }
}

function bucketsOf(name: string, labels: Labels, { bounds, counts, sum }: Histogram): Value[] {
  let total = 0;
  const buckets = counts.map((count, at) => ({
    metricName: `${name}_bucket`,
    labels: { ...labels, le: bounds[at] ?? "+Inf" },
    value: total += count,
  }));
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: total },
  ];
}
