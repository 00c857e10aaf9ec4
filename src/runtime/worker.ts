/** The runtime of the code inside a worker, mapped as in `mod.ts`. @module */
export { workerRuntime } from "#worker-runtime";
