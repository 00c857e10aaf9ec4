/**
 * The runtime this process runs on. `#runtime` is the adapter: `deno.json` names the one for Deno, the npm package
 * that for Bun, and else that for Node.
 *
 * @module
 */
export { runtime } from "#runtime";
export type {
  FolderEntry,
  FsEvent,
  Listener,
  OutputStream,
  Runtime,
  Stamp,
  WorkerHandle,
} from "./runtime.ts";
export { WatchLimitError } from "./watch_limit.ts";
