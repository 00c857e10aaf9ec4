import type { ErrorInfo } from "../errors/mod.ts";
import type { Logger } from "../log/logger.ts";
import { printable } from "../log/printable.ts";
import { FlowMetrics, type Outcome } from "./flow_metrics.ts";

/** What is told of requests as it happens. */
export interface RequestEvents {
  /** Whether somebody follows them. */
  readonly isWatched: boolean;
  /** A handler of an Executor has thrown. */
  threw(executor: string, error: ErrorInfo): void;
  /** A handler of an Executor has answered. */
  answered(executor: string): void;
  /** The first document of a stream has come. */
  streamBegun(request: string, endpoint: string): void;
  /** A stream that has begun is over. */
  streamEnded(request: string, endpoint: string, outcome: Outcome, ms: number): void;
}

/** What a Flow's requests are reported to. */
export interface RequestObserver {
  readonly metrics: FlowMetrics;
  /** Left out when there are no events. */
  readonly events?: RequestEvents;
  /** The log that gets a line about each request; left out when its level is off. */
  readonly log?: Pick<Logger, "log">;
}

/** An Executor that has handled a request. */
export interface Station {
  readonly executor: string;
  readonly ms: number;
  /** How many documents it was given; left out when that is not known. */
  readonly documents?: number;
}

/** The observer of a Flow. */
export function observerOf(
  log?: Logger,
  metrics: FlowMetrics = new FlowMetrics(),
  events?: RequestEvents,
): RequestObserver {
  return { metrics, ...(log && { log }), ...(events && { events }) };
}

/** The line of a request: `r1 /embed 200: 3 documents, 12.3 ms (encoder 8.1 ms, indexer 3.0 ms)`. */
export function requestLine(
  id: string,
  endpoint: string | undefined,
  status: number,
  ms: number,
  stations: readonly Station[],
): string {
  const documents = stations.find(({ documents }) => documents !== undefined)?.documents;
  const count = documents === undefined ? "" : `${documents} document${documents === 1 ? "" : "s"}, `;
  const parts = stations.map(({ executor, ms }) => `${executor} ${ms.toFixed(1)} ms`).join(", ");
  const name = endpoint === undefined ? "(unknown)" : printable(endpoint);
  return `${printable(id)} ${name} ${status}: ${count}${ms.toFixed(1)} ms${parts && ` (${parts})`}`;
}
