import { invalidState, inWorker } from "../errors/mod.ts";
import type { FlowBuilder } from "../graph/flow_builder.ts";
import type { FlowYaml } from "../flow_yaml/read_flow_yaml.ts";

/** Throws when the Flow was started, or follows its YAML. */
export function checkCanAdd(starting: boolean, yaml?: FlowYaml): void {
  if (yaml !== undefined) {
    throw invalidState(`Cannot add an Executor to a Flow that follows its YAML: add it to ${yaml.path}`);
  }
  if (starting) {
    throw invalidState("Cannot add an Executor to a Flow that was started: add them all, then start it");
  }
}

/** Throws when the Flow was started, has no Executor, or is inside a worker. */
export function checkCanStart(starting: boolean, builder: FlowBuilder): void {
  checkNotInWorker();
  if (starting) throw invalidState("Cannot start a Flow twice: make a new one");
  if (builder.isEmpty) throw invalidState("Cannot start a Flow without an Executor: call add() first");
}

/** Throws inside a worker, where each Flow would start workers that start one more. */
function checkNotInWorker(): void {
  if (inWorker()) {
    throw invalidState(
      "Cannot start a Flow inside an Executor's worker: the worker imports the module that defines the Executor, and " +
        "that module starts the Flow. Put the start behind `if (import.meta.main) { … }`, or the Executor into a file of its own",
    );
  }
}
