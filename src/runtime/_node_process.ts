/** The process and its workers, on Node and Bun. @module */
import process from "node:process";
import { SHARE_ENV, Worker } from "node:worker_threads";
import type { Runtime, WorkerHandle } from "./runtime.ts";

/** The part of the runtime that is about this process. */
export const host = {
  pid: process.pid,
  env: (name) => process.env[name],
  cwd: () => process.cwd(),
  exit: (code) => process.exit(code),
  onSignals,
  spawn,
} satisfies Partial<Runtime>;

function onSignals(callback: (signal: string) => void): () => void {
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) process.on(signal, callback);
  return () => {
    for (const signal of signals) process.off(signal, callback);
  };
}

function spawn(url: string, name: string): WorkerHandle {
  const worker = new Worker(new URL(url), { name, env: SHARE_ENV });
  const handle: WorkerHandle = {
    post: (message) => worker.postMessage(message),
    onMessage: () => {},
    onDeath: () => {},
    terminate: () => void worker.terminate(),
  };
  worker.on("message", (message) => handle.onMessage(message));
  worker.on("messageerror", () => handle.onDeath("a message could not be read"));
  worker.on("error", (error) => handle.onDeath((error as Error).message));
  worker.on("exit", (code) => handle.onDeath(`it exited with code ${code}`));
  return handle;
}
