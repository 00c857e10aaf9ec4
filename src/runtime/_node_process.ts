/** The functions of the runtime for the process and its workers on Node and Bun. @module */
import { readFileSync } from "node:fs";
import process from "node:process";
import { SHARE_ENV, Worker } from "node:worker_threads";
import { flush } from "./_flush.ts";
import { exit, isInspected, noteSignal, terminate, track } from "./_node_exit.ts";
import { orUndefinedSync } from "./_or_undefined.ts";
import type { Runtime, WorkerHandle } from "./runtime.ts";
import { ignoresHangup, type Signal, SIGNALS } from "./signals.ts";

/** The part of {@linkcode Runtime} for the process. */
export const host = {
  pid: process.pid,
  env: (name) => process.env[name],
  cwd: () => process.cwd(),
  get isInspected() {
    return isInspected();
  },
  exit: (code) => void exit(code),
  flush: () => flush(),
  later: (ms, callback) => void setTimeout(callback, ms).unref(),
  onSignals,
  spawn,
} satisfies Partial<Runtime>;

function onSignals(callback: (signal: Signal) => void): () => void {
  // For Bun. Node resets at its start what `nohup` has set.
  const outlivesTerminal = ignoresHangup(orUndefinedSync(() => readFileSync("/proc/self/status", "utf8")));
  const signals = SIGNALS.filter((signal) => signal !== "SIGHUP" || !outlivesTerminal);
  const listener = (signal: NodeJS.Signals) => {
    noteSignal(signal as Signal);
    callback(signal as Signal);
  };
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}

function spawn(url: string, name: string): WorkerHandle {
  const worker = new Worker(new URL(url), { name, env: SHARE_ENV });
  track(worker);
  const handle: WorkerHandle = {
    killable: true,
    post: (message) => worker.postMessage(message),
    onMessage: () => {},
    onDeath: () => {},
    terminate: () => terminate(worker),
  };
  worker.on("message", (message) => handle.onMessage(message));
  worker.on("messageerror", () => handle.onDeath("a message could not be read"));
  worker.on("error", (error) => handle.onDeath((error as Error).message));
  worker.on("exit", (code) => handle.onDeath(`it exited with code ${code}`));
  return handle;
}
