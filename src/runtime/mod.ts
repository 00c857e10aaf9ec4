/**
 * The runtime of this process. The import map of `deno.json` maps `#runtime` to the adapter for Deno, and the npm
 * package maps it to that for Bun or Node.
 *
 * @module
 */
export { runtime } from "#runtime";
export type {
  FsEvent,
  Http2Connection,
  Http2Listener,
  Listener,
  OutputStream,
  OwnFile,
  ProcessOptions,
  Runtime,
  ServerSocket,
  SocketListener,
  SocketServer,
  Stamp,
  WorkerHandle,
} from "./runtime.ts";
export { WatchLimitError } from "./watch_limit.ts";
