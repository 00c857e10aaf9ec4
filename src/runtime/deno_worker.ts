/// <reference lib="deno.worker" />
import { registerHooks } from "node:module";
import process from "node:process";
import { captureOutput } from "./_output.ts";
import { contentHash } from "./content_hash.ts";
import { toPath } from "./paths.ts";
import type { LoadHooks, TakeOutput, WorkerRuntime } from "./runtime.ts";

const scope = globalThis as unknown as DedicatedWorkerGlobalScope;

/** Deno inside a worker. */
export const workerRuntime: WorkerRuntime = {
  post: scope.postMessage.bind(scope),
  onMessage(callback) {
    // Before any module of the user's, which may have listeners too: what the host sends is not for them.
    scope.addEventListener("message", (event) => {
      event.stopImmediatePropagation();
      callback(event.data);
    });
  },
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
  readText,
  explain: () => ({}),
};

function guardExits(report: (how: string) => never): void {
  const end = (name: string) => (code?: unknown) => report(`${name}(${code ?? ""})`);
  const guard = (target: object, key: string, name: string) =>
    Object.defineProperty(target, key, { value: end(name), writable: true, configurable: true });
  guard(globalThis, "close", "self.close");
  guard(Deno, "exit", "Deno.exit");
  guard(process, "exit", "process.exit");
  // `import { exit } from "node:process"` holds the original, which ends here.
  guard(process, "reallyExit", "process.exit");
  guard(process, "abort", "process.abort");
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

function hookLoads(hooks: LoadHooks): void {
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const found = nextResolve(specifier, context);
      const url = hooks.resolved(found.url);
      return url === found.url ? found : { ...found, url };
    },
    load(url, context, nextLoad) {
      if (!url.startsWith("file:")) return nextLoad(url, context);
      const path = toPath(url);
      // Told before it is loaded: a broken or missing file is one to watch too; and a save in between makes it look
      // older than it is, and is loaded again.
      hooks.seen(path, hashNow(path));
      const type = context.importAttributes?.type;
      const text = type === "text" ? readText(path) : undefined;
      // Left to itself, Deno compiles a source that is imported as text.
      const loaded = text === undefined
        ? nextLoad(url, context)
        : { format: "text", source: text, shortCircuit: true };
      hooks.loaded(path);
      if (typeof loaded.source !== "string" || type !== undefined || /\.c[jt]s$/.test(path)) return loaded;
      const amended = hooks.amend(loaded.source);
      return amended === loaded.source ? loaded : { ...loaded, source: amended };
    },
  });
}

/** Deno gives the JavaScript it made of a file, not what was in it: the file is read once more. */
function hashNow(path: string): string | null {
  return orUndefined(() => contentHash(Deno.readFileSync(path))) ?? null;
}

function readText(path: string): string | undefined {
  return orUndefined(() => Deno.readTextFileSync(path));
}

function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
