import { type ErrorInfo, LoadError } from "../errors/mod.ts";
import { RpcError } from "../replica/rpc_error.ts";
import type { Replica } from "../replica/replica.ts";
import { isTimedOut, TIMED_OUT, withDeadline } from "../async/deadline.ts";

/**
 * Hands the state of one replica over to its successor. Calls in flight finish first, up to the deadline.
 *
 * @param from The replica that serves; it gets no new calls meanwhile.
 * @param to Its successor, loaded and ready.
 * @param deadlineMs How long the calls in flight, and then `saveState()`, may take.
 * @param signal Aborted when a newer change makes the hand-over pointless.
 * @returns Notes for the log about what was left out.
 * @throws {LoadError} When the state cannot be saved, cloned or restored; the old version has to continue to serve.
 */
export async function handOver(
  from: Replica,
  to: Replica,
  deadlineMs: number,
  signal?: AbortSignal,
): Promise<string[]> {
  if (!from.alive || from.stuck) {
    return ["the old worker does not answer: the new version starts without its state"];
  }
  const notes: string[] = [];
  if (await isTimedOut(deadlineMs, from.idle(), signal)) {
    const running = from.calls === 1 ? "1 request is" : `${from.calls} requests are`;
    notes.push(
      `${running} still running after ${deadlineMs} ms: the state is handed over without what comes of that`,
    );
  }
  const saved = await saveState(from, deadlineMs, signal);
  notes.push(...saved.notes);
  if ("state" in saved) await restoreState(to, saved.state, deadlineMs, signal);
  return notes;
}

/** The state that a replica saved for its successor, unless it took too long; and notes for the log. */
export interface SavedState {
  readonly state?: unknown;
  readonly notes: readonly string[];
}

/**
 * Has a replica save its state.
 *
 * @throws {LoadError} With the code `STATE_NOT_SAVED`, when `saveState()` failed, or its result cannot be cloned.
 */
export async function saveState(
  from: Replica,
  deadlineMs: number,
  signal?: AbortSignal,
): Promise<SavedState> {
  const state = await withDeadline(deadlineMs, from.invoke("save", null).catch(refuseSave), signal);
  if (state !== TIMED_OUT) return { state, notes: [] };
  const note = `saveState() did not answer within ${deadlineMs} ms: the new version starts without the state`;
  return { notes: [note] };
}

/**
 * Has a replica restore the state of its predecessor.
 *
 * @throws {LoadError} When `restoreState()` failed, or took too long.
 */
export async function restoreState(
  to: Replica,
  state: unknown,
  deadlineMs: number,
  signal?: AbortSignal,
): Promise<void> {
  const restored = await withDeadline(deadlineMs, to.invoke("restore", state).catch(refuseRestore), signal);
  if (restored === TIMED_OUT) refuseRestore(new Error(`it did not end within ${deadlineMs} ms`));
}

function refuseSave(error: Error): never {
  const { name, message, stack } = infoOf(error);
  // The place is left out: its line is of code that the save has replaced on disk.
  throw new LoadError({
    name: "StateError",
    code: "STATE_NOT_SAVED",
    message: `the state could not be handed over, saveState() failed: ${name}: ${message}; ` +
      "save once more to start without it",
    stack,
  });
}

function refuseRestore(error: Error): never {
  const info = infoOf(error);
  const message = `the state could not be handed over, restoreState() failed: ${info.name}: ${info.message}`;
  throw new LoadError({ ...info, name: "StateError", code: "STATE_NOT_RESTORED", message });
}

function infoOf(error: Error): ErrorInfo {
  return error instanceof RpcError ? error.info : { name: error.name, message: error.message, stack: "" };
}
