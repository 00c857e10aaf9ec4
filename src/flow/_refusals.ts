import { invalidState, inWorker } from "../errors/mod.ts";
import type { FlowBuilder } from "../graph/flow_builder.ts";
import type { FlowYaml } from "../flow_yaml/read_flow_yaml.ts";

/** Refuses to add to a Flow that was started, or that is what a file says. */
export function refuseAdding(starting: boolean, yaml?: FlowYaml): void {
  if (yaml !== undefined) {
    throw invalidState(`Cannot add an Executor to a Flow that follows its YAML: add it to ${yaml.path}`);
  }
  if (starting) {
    throw invalidState("Cannot add an Executor to a Flow that was started: add them all, then start it");
  }
}

/** Refuses to start a Flow twice, without an Executor, or where nothing can be served. */
export function refuseStarting(starting: boolean, builder: FlowBuilder): void {
  refuseInWorker();
  if (starting) throw invalidState("Cannot start a Flow twice: make a new one");
  if (builder.isEmpty) throw invalidState("Cannot start a Flow without an Executor: call add() first");
}

/** Refuses to start a Flow where only Executors run: each of its workers would start one more. */
function refuseInWorker(): void {
  if (inWorker()) {
    throw invalidState(
      "Cannot start a Flow inside an Executor's worker: the worker imports the module that defines the Executor, and " +
        "that module starts the Flow. Put the start behind `if (import.meta.main) { … }`, or the Executor into a file of its own",
    );
  }
}
