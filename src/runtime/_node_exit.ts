/** The end of the process on Node, which waits for the threads of all its workers, whatever they do. @module */
import process from "node:process";
import type { Worker } from "node:worker_threads";
import type { Signal } from "./signals.ts";

/** How long a thread may take to end; one that takes longer is paused by a debugger, or waits in native code. */
const ENDING_MS = 500;

const alive = new Set<Worker>();
/** Workers that were to end and did not: `process.exit()` would wait for them, and for ever if a debugger is gone. */
const hung = new Set<Worker>();
let last: Signal | undefined;

/** Remembers a worker until it has ended. */
export function track(worker: Worker): void {
  alive.add(worker);
  worker.once("exit", () => {
    alive.delete(worker);
    hung.delete(worker);
  });
}

/** Remembers the last signal that came. */
export function noteSignal(signal: Signal): void {
  last = signal;
}

/** Ends a worker; answers whether its thread has ended in time. */
export async function terminate(worker: Worker): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<false>((resolve) => timer = setTimeout(resolve, ENDING_MS, false));
  const ended = worker.terminate().then(() => true, () => true);
  const inTime = await Promise.race([ended, late]).finally(() => clearTimeout(timer));
  if (!inTime && alive.has(worker)) addHung(worker);
  return inTime;
}

function addHung(worker: Worker): void {
  // Bun waits for no thread. The handler comes late, so that those of the program run before it.
  if (hung.size === 0 && process.versions.bun === undefined) process.off("exit", die).on("exit", die);
  hung.add(worker);
}

/** Whether a debugger may be attached. */
export function isInspected(): boolean {
  return inspector()?.url() !== undefined;
}

/** Ends the process, and its workers before. */
export async function exit(code?: number): Promise<void> {
  if (code !== undefined) process.exitCode = code;
  await Promise.all(Array.from(alive, terminate));
  // Node would wait until the debugger is gone.
  if (hung.size === 0 && isInspected()) inspector()?.close();
  process.exit();
}

function inspector(): typeof import("node:inspector") | undefined {
  return process.getBuiltinModule("node:inspector");
}

/** Called when a process ends that a thread would keep: a signal that nothing handles does not wait for threads. */
function die(): void {
  if (hung.size === 0) return;
  // Nothing else does it on this way out.
  if (process.stdin.isTTY && process.stdin.isRaw) process.stdin.setRawMode(false);
  const signal = last ?? "SIGTERM";
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  // Where the signal is ignored.
  process.kill(process.pid, "SIGKILL");
}
