/** The runtime as the code inside a worker needs it; chosen as in `mod.ts`. @module */
export { workerRuntime } from "#worker-runtime";
