/** The runtime inside a worker. @module */
import { denoWorker } from "./deno_worker.ts";
import type { WorkerRuntime } from "./runtime.ts";

/** The adapter of this worker's runtime. */
export const workerRuntime: WorkerRuntime = denoWorker;
