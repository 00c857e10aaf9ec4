/** The inside of a worker, on Node and Bun. @module */
import { readFileSync, realpathSync } from "node:fs";
import process from "node:process";
import { type MessagePort, parentPort } from "node:worker_threads";
import { captureOutput } from "./_output.ts";
import type { WorkerRuntime } from "./runtime.ts";

/** It is there in a worker, and this is imported nowhere else. */
const port = parentPort as MessagePort;

/** The part of a worker's runtime that Node and Bun have in common. */
export const thread = {
  post: (message) => port.postMessage(message),
  onMessage: (callback) => void port.on("message", callback),
  guardExits,
  onUncaught(report) {
    process.on("uncaughtException", report);
    process.on("unhandledRejection", report);
  },
  captureOutput: (take) => captureOutput(take).flush,
  readText,
  loadedPath(path) {
    try {
      return realpathSync(path);
    } catch {
      return path;
    }
  },
} satisfies Partial<WorkerRuntime>;

function guardExits(report: (how: string) => never): void {
  const guard = (key: string, name: string) =>
    Object.defineProperty(process, key, {
      value: (code?: unknown) => report(`${name}(${code ?? ""})`),
      writable: true,
      configurable: true,
    });
  guard("exit", "process.exit");
  // `import { exit } from "node:process"` holds the original, which ends here.
  guard("reallyExit", "process.exit");
  guard("abort", "process.abort");
}

function readText(path: string): string | undefined {
  return readNow(path)?.toString("utf8");
}

/** What is in a file now; `undefined` when it cannot be read. */
export function readNow(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
