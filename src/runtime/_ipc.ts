/** What both ends of the IPC of `node:child_process` share. @module */
import process from "node:process";
import { orUndefinedSync } from "./_or_undefined.ts";

/** What a process writes to standard error when it ends itself since it uses too much memory. */
export const OVER_MEMORY = "hotflow: out of memory: ";

/**
 * Ends a process that leads a group, with all that it has started. Returns whether that was possible: on Deno it takes
 * the permission to run any program; and Windows has no groups.
 */
export function killGroup(pid: number | undefined): boolean {
  if (pid === undefined || process.platform === "win32" || !mayKill()) return false;
  return orUndefinedSync(() => process.kill(-pid, "SIGKILL")) ?? false;
}

/** Asked first: without the permission, Deno would ask the user in a terminal. */
function mayKill(): boolean {
  return !("Deno" in globalThis) || Deno.permissions.querySync({ name: "run" }).state === "granted";
}

/** How deep a message of the library's own is nested, at most. Deeper is what users pass on, such as a state. */
const DEPTH = 6;

/** The end of a connection that messages are sent to. */
interface Sender {
  send?(message: object, handle: undefined, options: undefined, sent: (error: Error | null) => void): unknown;
}

/**
 * Sends a message.
 *
 * @param onLost Called when the connection does not take it.
 * @throws {DOMException} A `DataCloneError`: see {@linkcode checkSendable}.
 */
export function sendBy(to: Sender, message: unknown, onLost: () => void): void {
  checkSendable(message);
  to.send?.(message as object, undefined, undefined, (error) => error && onLost());
}

/**
 * Checks that a message can be sent. Otherwise, Deno would send a part of it, and Node's receiver would end: it cannot
 * read a `WebAssembly.Module`, which can be sent.
 *
 * @throws {DOMException} A `DataCloneError`.
 */
export function checkSendable(message: unknown): void {
  if (isCloneable(message, DEPTH)) return;
  const { serialize, deserialize } = process.getBuiltinModule("node:v8");
  try {
    const bytes = serialize(message);
    if (!("Deno" in globalThis)) deserialize(bytes);
  } catch (error) {
    throw new DOMException((error as Error).message, "DataCloneError");
  }
}

/** Whether a value can certainly be cloned; costs little for what is not nested deeply. */
function isCloneable(value: unknown, depth: number): boolean {
  if (typeof value !== "object") return typeof value !== "function" && typeof value !== "symbol";
  if (value === null || value instanceof Uint8Array) return true;
  if (depth === 0) return false;
  if (Array.isArray(value)) return value.every((item) => isCloneable(item, depth - 1));
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  for (const key in value) if (!isCloneable((value as Record<string, unknown>)[key], depth - 1)) return false;
  return true;
}
