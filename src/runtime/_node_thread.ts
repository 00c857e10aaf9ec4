/** The functions of the runtime inside a worker on Node and Bun. @module */
import { readFileSync, realpathSync } from "node:fs";
import process from "node:process";
import { type MessagePort, parentPort } from "node:worker_threads";
import { orUndefinedSync } from "./_or_undefined.ts";
import { captureOutput } from "./_output.ts";
import { processPort, type WorkerPort } from "./_process_port.ts";
import { isEsmRequired, putRequired, requiredBy, takeRequired } from "./_required.ts";
import type { WorkerRuntime } from "./runtime.ts";

/** The part of {@linkcode WorkerRuntime} that Node and Bun share. */
export const thread = {
  ...(parentPort === null ? processPort() : threadPort(parentPort)),
  guardExits,
  onUncaught(report) {
    process.on("uncaughtException", report);
    process.on("unhandledRejection", report);
  },
  captureOutput: (take) => captureOutput(take).flush,
  readBytes: readNow,
  readText: (path) => readNow(path)?.toString("utf8"),
  loadedPath: (path) => orUndefinedSync(() => realpathSync(path)) ?? path,
  isEsmRequired,
  putRequired,
  requiredBy,
  takeRequired,
} satisfies Partial<WorkerRuntime>;

function threadPort(port: MessagePort): WorkerPort {
  return {
    post: (message, transfer = []) => port.postMessage(message, transfer),
    onMessage: (callback) => void port.on("message", callback),
  };
}

function guardExits(report: (how: string) => never): void {
  const guard = (key: string, name: string) =>
    Object.defineProperty(process, key, {
      value: (code?: unknown) => report(`${name}(${code ?? ""})`),
      writable: true,
      configurable: true,
    });
  guard("exit", "process.exit");
  // `import { exit } from "node:process"` is the original function, which calls this one.
  guard("reallyExit", "process.exit");
  guard("abort", "process.abort");
  if (parentPort === null) guard("disconnect", "process.disconnect");
}

/** Reads a file; returns `undefined` when it cannot be read. */
export function readNow(path: string): Buffer | undefined {
  return orUndefinedSync(() => readFileSync(path));
}
