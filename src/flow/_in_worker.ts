/** Refuses to start a Flow where only Executors run: each of its workers would start one more. */
export function refuseInWorker(): void {
  if ((globalThis as Record<symbol, unknown>)[Symbol.for("hotflow.worker")] === true) {
    throw new Error(
      "Cannot start a Flow inside an Executor's worker: the worker imports the module that defines the Executor, and " +
        "that module starts the Flow. Put the start behind `if (import.meta.main) { … }`, or the Executor into a file of its own",
    );
  }
}
