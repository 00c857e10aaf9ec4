import type { ExecutorConfig } from "../executor/executor_yaml.ts";
import type { Uses } from "../executor/entry.ts";
import { endsOf, type NodeSpec } from "./node_spec.ts";
import { GATEWAY } from "../options/gateway_name.ts";
import { Graph } from "./graph.ts";
import type { AddOptions } from "../options/options.ts";

/** An Executor of a Flow, with what it is called and whose documents it gets. */
export type ExecutorSpec = Omit<AddOptions, "needs" | "uses"> & NodeSpec & {
  /** What to run; a Flow's YAML may also hold the Executor's whole configuration. */
  readonly uses: Uses | ExecutorConfig;
};

/** What is to be added: names and needs may follow from what was added before. */
export type ExecutorSpecInput = Omit<AddOptions, "uses"> & Pick<ExecutorSpec, "uses">;

/** The Executors of a Flow, while it is put together. */
export class FlowBuilder {
  /** The Executors, in the order they were added. */
  readonly executors: ExecutorSpec[] = [];
  /** Whose documents the next Executor gets when it does not say; at the end, those that are the answer. */
  answers: readonly string[] = [GATEWAY];

  /** Whether nothing was added yet. */
  get isEmpty(): boolean {
    return this.executors.length === 0;
  }

  /** Adds an Executor, under a name that is free, after the one added before. */
  add(options: ExecutorSpecInput): void {
    const taken = this.executors.map(({ name }) => name);
    let number = taken.length;
    while (taken.includes(`executor${number}`)) number++;
    const { name = `executor${number}`, needs = this.answers } = options;
    this.executors.push({ ...options, name, needs: [needs].flat() });
    this.answers = [name];
  }

  /** Joins the documents of all Executors that nobody needs so far. */
  join(): void {
    this.answers = endsOf(this.executors);
  }

  /**
   * The ways through what has been added.
   *
   * @throws {TypeError} When no request could find its way.
   */
  graph(): Graph {
    return new Graph(this.executors, this.answers);
  }
}
