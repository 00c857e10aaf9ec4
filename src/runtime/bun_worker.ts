import { Bun } from "./_bun_api.ts";
import { explain } from "./_bun_explain.ts";
import { hookLoads } from "./_bun_loads.ts";
import { thread } from "./_node_thread.ts";
import type { WorkerRuntime } from "./runtime.ts";

/** Bun inside a worker. */
export const workerRuntime: WorkerRuntime = {
  ...thread,
  // A database of bun:sqlite stays locked until its statements are collected.
  collectGarbage: () => Bun.gc(true),
  hookLoads,
  explain,
};
