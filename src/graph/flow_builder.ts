import type { BatchingPlaces } from "../executor/batch_options.ts";
import type { ExecutorConfig } from "../executor/executor_yaml.ts";
import { endsOf, type NodeSpec } from "./graph_diagnostics.ts";
import { GATEWAY } from "../options/kinds.ts";
import { Graph } from "./graph.ts";
import type { AddOptions } from "../options/options.ts";

/** An Executor of a Flow, with its name and its needs. */
export type ExecutorSpec = Omit<AddOptions, "needs" | "uses"> & NodeSpec & {
  /** What to run; a Flow's YAML may also contain the Executor's whole configuration. */
  readonly uses: AddOptions["uses"] | ExecutorConfig;
  /** Where the Flow's YAML has its options of batches. */
  readonly batchingAt?: BatchingPlaces;
};

/** An Executor to add: its name and needs have defaults that depend on those added before. */
export type ExecutorSpecInput = Omit<AddOptions, "uses"> & Pick<ExecutorSpec, "uses" | "batchingAt">;

/** Collects the Executors of a Flow. */
export class FlowBuilder {
  /** The Executors, in the order they were added. */
  readonly executors: ExecutorSpec[] = [];
  /** The default needs of the next Executor; when all are added, the Executors whose documents are the answer. */
  answers: readonly string[] = [GATEWAY];

  get isEmpty(): boolean {
    return this.executors.length === 0;
  }

  /** Adds an Executor; by default under a free name, and after the one added before. */
  add(options: ExecutorSpecInput): void {
    const taken = this.executors.map(({ name }) => name);
    let number = taken.length;
    while (taken.includes(`executor${number}`)) number++;
    const { name = `executor${number}`, needs = this.answers } = options;
    this.executors.push({ ...options, name, needs: [needs].flat() });
    this.answers = [name];
  }

  /** Joins the documents of all Executors that no other one needs so far. */
  join(): void {
    this.answers = endsOf(this.executors);
  }

  /** The graph of the Executors; throws when it has a mistake. */
  graph(): Graph {
    return new Graph(this.executors, this.answers);
  }
}
