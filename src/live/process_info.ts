import project from "../../deno.json" with { type: "json" };
import { runtime } from "../runtime/mod.ts";
import { systemInfo } from "../runtime/system_info.ts";
import type { HelloEvent } from "./flow_event.ts";

/** The version of hotflow, the runtime with its version, and the process. */
export function processInfo(): HelloEvent["process"] {
  const [[name, version]] = Object.entries(systemInfo());
  return { hotflow: project.version, runtime: `${name} ${version}`, pid: runtime.pid };
}
