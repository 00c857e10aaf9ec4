/** A worker that is a process of its own, from the inside: its messages, and its end with the host. @module */
import process from "node:process";
import { checkSendable, killGroup, sendBy } from "./_ipc.ts";
import { orUndefinedSync } from "./_or_undefined.ts";
import type { WorkerRuntime } from "./runtime.ts";
import { watchHost } from "./_watchdog.ts";
import { SIGNALS } from "./signals.ts";

/** The part of {@linkcode WorkerRuntime} that exchanges messages with the host. */
export type WorkerPort = Pick<WorkerRuntime, "post" | "onMessage">;

/** What the host tells a process that it starts, as JSON in the last argument. */
export interface ProcessOrder {
  /** The host's process id. */
  readonly host: number;
  /** How much memory it may use beyond what it uses at its start, in MB. */
  readonly memory?: number;
  /** Environment variables that only the runtime's start needs: the Executor does not have them. */
  readonly hidden?: readonly string[];
}

/** The port of this process, which the host has started. From now on the process ends with the host. */
export function processPort(): WorkerPort {
  const { host, memory, hidden = [] }: ProcessOrder = JSON.parse(process.argv.pop() ?? "{}");
  if ("Deno" in globalThis) Object.defineProperty(Deno, "args", { value: Deno.args.slice(0, -1) });
  // A variable that it may not read needs no deletion.
  for (const name of hidden) orUndefinedSync(() => delete process.env[name]);
  // Taken now: the user's modules can replace them, and ends are guarded.
  const send = process.send?.bind(process);
  const exit = (process as unknown as { reallyExit(code: number): void }).reallyExit.bind(process);
  const end = () => {
    killGroup(process.pid);
    exit(0);
  };
  process.on("disconnect", end);
  // A message of the user's modules that cannot be read would end the host's connection, on Node the host.
  if (send !== undefined) {
    process.send = (message: unknown, ...more: unknown[]) => {
      checkSendable(message);
      return send(message, ...more as []);
    };
  }
  // A service manager sends its signal to each process: the host finishes the requests first, and ends this one.
  for (const signal of SIGNALS) process.on(signal, () => {});
  // Its start takes some milliseconds: the host learns first that this process is ready.
  setImmediate(() => watchHost(host, memory));
  return {
    post: (message) => sendBy({ send }, message, end),
    onMessage: receiveAlone,
  };
}

/** Receives the host's messages, which listeners of the user's modules neither get nor end. */
function receiveAlone(callback: (message: unknown) => void): void {
  const { emit, removeAllListeners } = process as unknown as Record<string, (...args: unknown[]) => unknown>;
  const replace = (name: string, value: unknown) =>
    Object.defineProperty(process, name, { value, writable: true, configurable: true });
  replace("emit", (name: unknown, ...args: unknown[]) => {
    if (name !== "message") return emit.call(process, name, ...args);
    callback(args[0]);
    return true;
  });
  replace("removeAllListeners", (...names: unknown[]) => {
    removeAllListeners.apply(process, names);
    // The process ends when nothing listens, and what Node counts listeners by may be gone too.
    if (process.listenerCount("message") === 0) process.on("message", callback);
    process.channel?.ref?.();
    return process;
  });
  process.on("message", callback);
}
