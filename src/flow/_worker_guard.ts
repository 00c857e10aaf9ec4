/** An Executor's worker imports the user's modules; those that start a Flow are not to do so there. @throws {Error} */
export function refuseWorker(): void {
  if ((globalThis as Record<symbol, unknown>)[Symbol.for("hotflow.worker")] !== true) return;
  throw new Error(
    "Cannot start a Flow inside an Executor's worker: the worker imports the module that defines the Executor, and " +
      "that module starts the Flow. Put the start behind `if (import.meta.main) { … }`, or the Executor into a file of its own",
  );
}
