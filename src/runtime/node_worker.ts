import { explain as explainOnDeno } from "./_deno_explain.ts";
import { hookLoads as hookLoadsOnDeno } from "./_deno_loads.ts";
import { explain } from "./_node_explain.ts";
import { hookLoads } from "./_node_loads.ts";
import { thread } from "./_node_thread.ts";
import type { WorkerRuntime } from "./runtime.ts";

/** Node inside a worker; and Deno with the package from npm, where modules are loaded in Deno's way. */
export const workerRuntime: WorkerRuntime = "Deno" in globalThis
  ? { ...thread, hookLoads: hookLoadsOnDeno, explain: explainOnDeno }
  : { ...thread, hookLoads, explain };
