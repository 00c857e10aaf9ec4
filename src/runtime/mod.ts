/** The runtime this process runs on. @module */
import { deno } from "./deno.ts";
import type { Runtime } from "./runtime.ts";

export type { FsEvent, Listener, Runtime, WorkerHandle } from "./runtime.ts";

/** The adapter of this process's runtime. */
export const runtime: Runtime = deno;
