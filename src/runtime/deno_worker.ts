/// <reference lib="deno.worker" />
import process from "node:process";
import { explain } from "./_deno_explain.ts";
import { hookLoads, readBytes, readText } from "./_deno_loads.ts";
import { captureOutput } from "./_output.ts";
import { processPort, type WorkerPort } from "./_process_port.ts";
import { isEsmRequired, putRequired, requiredBy, takeRequired } from "./_required.ts";
import type { TakeOutput, WorkerRuntime } from "./runtime.ts";

const scope = globalThis as unknown as DedicatedWorkerGlobalScope;

/** Deno inside a worker. */
export const workerRuntime: WorkerRuntime = {
  ...("postMessage" in globalThis ? threadPort() : processPort()),
  guardExits,
  onUncaught(report) {
    scope.addEventListener("error", (event) => {
      event.preventDefault();
      report((event as ErrorEvent).error ?? new Error((event as ErrorEvent).message));
    });
    scope.addEventListener("unhandledrejection", (event) => {
      event.preventDefault();
      report((event as PromiseRejectionEvent).reason);
    });
  },
  captureOutput: captureAll,
  hookLoads,
  isEsmRequired,
  putRequired,
  requiredBy,
  takeRequired,
  readBytes,
  readText,
  // Deno does not resolve links.
  loadedPath: (path) => path,
  explain,
};

function threadPort(): WorkerPort {
  /** Bound now: the user's modules can replace it. */
  const post = scope.postMessage.bind(scope);
  return {
    post: (message, transfer = []) => post(message, transfer),
    onMessage(callback) {
      // Added before the user's modules are imported: their listeners must not receive the host's messages.
      scope.addEventListener("message", (event) => {
        event.stopImmediatePropagation();
        callback(event.data);
      });
    },
  };
}

function guardExits(report: (how: string) => never): void {
  const end = (name: string) => (code?: unknown) => report(`${name}(${code ?? ""})`);
  const guard = (target: object, key: string, name: string) =>
    Object.defineProperty(target, key, { value: end(name), writable: true, configurable: true });
  guard(globalThis, "close", "self.close");
  guard(Deno, "exit", "Deno.exit");
  guard(process, "exit", "process.exit");
  // `import { exit } from "node:process"` is the original function, which calls this one.
  guard(process, "reallyExit", "process.exit");
  guard(process, "abort", "process.abort");
  if (!("postMessage" in globalThis)) guard(process, "disconnect", "process.disconnect");
}

function captureAll(take: TakeOutput): () => void {
  const { flush, write } = captureOutput(take);
  for (const stream of ["stdout", "stderr"] as const) {
    const writeSync = (bytes: Uint8Array) => (write(stream, bytes), bytes.length);
    Object.defineProperties(Deno[stream], {
      writeSync: { value: writeSync },
      write: { value: (bytes: Uint8Array) => Promise.resolve(writeSync(bytes)) },
      writable: { get: () => new WritableStream<Uint8Array>({ write: (bytes) => void writeSync(bytes) }) },
    });
  }
  return flush;
}
