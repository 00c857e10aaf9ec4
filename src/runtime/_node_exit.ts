/** Ends the process on Node, which otherwise waits for the threads of all workers, even blocked ones. @module */
import process from "node:process";
import type { Worker } from "node:worker_threads";
import { isTimedOut } from "../async/deadline.ts";
import type { Signal } from "./signals.ts";

/** The time a thread may take to end. One that takes longer is paused by a debugger, or blocked in native code. */
const ENDING_MS = 500;

const alive = new Set<Worker>();
/** Workers that did not end in time: `process.exit()` would wait for them, even forever. */
const hung = new Set<Worker>();
let lastSignal: Signal | undefined;

/** Tracks a worker until it has ended. */
export function track(worker: Worker): void {
  alive.add(worker);
  worker.once("exit", () => {
    alive.delete(worker);
    hung.delete(worker);
  });
}

/** Records the last signal. */
export function noteSignal(signal: Signal): void {
  lastSignal = signal;
}

/** Terminates a worker; resolves to whether its thread has ended in time. */
export async function terminate(worker: Worker): Promise<boolean> {
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

/** Whether a debugger may be attached. */
export function isInspected(): boolean {
  return inspector()?.url() !== undefined;
}

/** Terminates the workers, then ends the process. */
export async function exit(code?: number): Promise<void> {
  if (code !== undefined) process.exitCode = code;
  await Promise.all(Array.from(alive, terminate));
  // Node would wait until the debugger disconnects.
  if (hung.size === 0 && isInspected()) inspector()?.close();
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
