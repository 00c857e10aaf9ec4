/** The functions of the runtime for the process and its workers on Node and Bun. @module */
import { readFileSync } from "node:fs";
import process from "node:process";
import { SHARE_ENV, Worker } from "node:worker_threads";
import { isTimedOut } from "../async/deadline.ts";
import { spawnProcess } from "./_child_process.ts";
import { flush } from "./_flush.ts";
import { orUndefinedSync } from "./_or_undefined.ts";
import type { Runtime, WorkerHandle } from "./runtime.ts";
import { ignoresHangup, type Signal, SIGNALS } from "./signals.ts";

/** The time a thread may take to end. One that takes longer is paused by a debugger, or blocked in native code. */
const ENDING_MS = 500;

const alive = new Set<Worker>();
/** Workers that did not end in time: `process.exit()` would wait for them, even forever. */
const hung = new Set<Worker>();
let lastSignal: Signal | undefined;

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
  spawnProcess: (url, options) => spawnProcess(url, options, isInspected()),
} satisfies Partial<Runtime>;

function isInspected(): boolean {
  return inspector()?.url() !== undefined;
}

function onSignals(callback: (signal: Signal) => void): () => void {
  // For Bun. Node resets at its start what `nohup` has set.
  const outlivesTerminal = ignoresHangup(orUndefinedSync(() => readFileSync("/proc/self/status", "utf8")));
  const signals = SIGNALS.filter((signal) => signal !== "SIGHUP" || !outlivesTerminal);
  const listener = (signal: NodeJS.Signals) => {
    lastSignal = signal as Signal;
    callback(signal as Signal);
  };
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}

function spawn(url: string, name: string): WorkerHandle {
  const worker = new Worker(new URL(url), { name, env: SHARE_ENV });
  alive.add(worker);
  const handle: WorkerHandle = {
    killable: true,
    post: (message, transfer) => worker.postMessage(message, transfer),
    onMessage: () => {},
    onDeath: () => {},
    terminate: () => terminate(worker),
  };
  worker.on("message", (message) => handle.onMessage(message));
  worker.on("messageerror", () => handle.onDeath("a message could not be read"));
  worker.on("error", (error) => handle.onDeath((error as Error).message));
  worker.on("exit", (code) => {
    alive.delete(worker);
    hung.delete(worker);
    handle.onDeath(`it exited with code ${code}`);
  });
  return handle;
}

/** Terminates a worker; resolves to whether its thread has ended in time. */
async function terminate(worker: Worker): Promise<boolean> {
  const isLate = await isTimedOut(ENDING_MS, worker.terminate().catch(() => {}));
  if (isLate && alive.has(worker)) addHung(worker);
  return !isLate;
}

function addHung(worker: Worker): void {
  // Bun does not wait for threads. The handler is added again, to run after those of the program.
  if (hung.size === 0 && process.versions.bun === undefined) {
    process.off("exit", killProcess).on("exit", killProcess);
  }
  hung.add(worker);
}

/** Terminates the workers, then ends the process: Node would wait for the threads of all workers, even blocked ones. */
async function exit(code?: number): Promise<void> {
  if (code !== undefined) process.exitCode = code;
  await Promise.all(Array.from(alive, terminate));
  // Node would wait until the debugger disconnects.
  if (hung.size === 0 && host.isInspected) inspector()?.close();
  process.exit();
}

function inspector(): typeof import("node:inspector") | undefined {
  return process.getBuiltinModule("node:inspector");
}

/** Ends a process that a hung thread would keep alive: a signal without a handler does not wait for threads. */
function killProcess(): void {
  if (hung.size === 0) return;
  // A signal skips the code that resets the terminal.
  if (process.stdin.isTTY && process.stdin.isRaw) process.stdin.setRawMode(false);
  const signal = lastSignal ?? "SIGTERM";
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  // In case the signal is ignored.
  process.kill(process.pid, "SIGKILL");
}
