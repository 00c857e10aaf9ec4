import type { Bindings } from "../protocol/endpoint_info.ts";
import type { RequestFacts } from "../protocol/protocol.ts";
import type { RequestMessage, SwapMessage } from "../runtime/channels.ts";
import { EndpointTable } from "./endpoint_table.ts";
import { Histogram } from "./histogram.ts";
import { LoopDelay } from "./loop_delay.ts";

/** How a request, or the call of one Executor, ended. */
export type Outcome = RequestMessage["outcome"];

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024];

/** The requests to one endpoint of a Flow, or the calls of one Executor's. */
export class Requests {
  /** How many ended in which way. */
  readonly outcomes: Partial<Record<Outcome, number>> = {};
  readonly seconds: Histogram = new Histogram(SECONDS);

  add(outcome: Outcome, ms: number): void {
    this.outcomes[outcome] = (this.outcomes[outcome] ?? 0) + 1;
    this.seconds.observe(ms / 1_000);
  }
}

/** The calls of one endpoint of an Executor. */
export class Calls extends Requests {
  documents = 0;
  /** The sizes of its batches; left out as long as there was none. */
  batches?: { readonly documents: Histogram; readonly requests: Histogram };

  addBatch([documents, requests]: NonNullable<RequestFacts["batch"]>): void {
    this.batches ??= { documents: new Histogram(SIZES), requests: new Histogram(SIZES) };
    this.batches.documents.observe(documents);
    this.batches.requests.observe(requests);
  }
}

/** The loads of an Executor's code of one kind, with one outcome. */
export interface Loads {
  readonly deployment: string;
  readonly kind: SwapMessage["kind"];
  readonly outcome: "served" | "failed";
  readonly seconds: Histogram;
}

/** What one Flow has done, as plain numbers. They are formatted only when they are asked for: see `render.ts`. */
export class FlowMetrics {
  /** How many requests are on their way. */
  inFlight = 0;
  readonly requests: EndpointTable<Requests> = new EndpointTable(() => new Requests());
  /** The calls of each deployment. */
  readonly calls: Map<string, EndpointTable<Calls>> = new Map();
  readonly loads: Map<string, Loads> = new Map();
  readonly loopDelay: LoopDelay = new LoopDelay();

  /** Counts a request that is over. */
  addRequest(bindings: Bindings, endpoint: string | undefined, outcome: Outcome, ms: number): void {
    this.requests.of(endpoint, bindings).add(outcome, ms);
  }

  /**
   * Counts a call of an Executor that is over.
   *
   * @param given What it was given; without documents when that is not known.
   */
  addCall(
    target: Bindings & { readonly name: string },
    endpoint: string | undefined,
    outcome: Outcome,
    ms: number,
    given: { readonly documents?: number | undefined; readonly batch?: RequestFacts["batch"] | undefined } =
      {},
  ): void {
    let table = this.calls.get(target.name);
    if (table === undefined) this.calls.set(target.name, table = new EndpointTable(() => new Calls()));
    const calls = table.of(endpoint, target);
    calls.add(outcome, ms);
    calls.documents += given.documents ?? 0;
    if (given.batch !== undefined) calls.addBatch(given.batch);
  }

  /** Counts a load of a deployment's code that has succeeded or failed. */
  addLoad({ deployment, kind, ms, error }: SwapMessage): void {
    const outcome = error === undefined ? "served" : "failed";
    const key = `${deployment} ${kind} ${outcome}`;
    let loads = this.loads.get(key);
    if (loads === undefined) {
      this.loads.set(key, loads = { deployment, kind, outcome, seconds: new Histogram(SECONDS) });
    }
    loads.seconds.observe(ms / 1_000);
  }
}
