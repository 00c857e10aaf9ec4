/** The key that marks the global scope of a worker that runs Executors. */
const WORKER = Symbol.for("hotflow.worker");

/** Whether this code runs inside an Executor's worker. */
export function inWorker(): boolean {
  return (globalThis as Record<symbol, unknown>)[WORKER] === true;
}
