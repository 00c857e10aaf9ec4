import { type ErrorInfo, LoadError } from "../errors/mod.ts";
import { RpcError } from "../replica/rpc_error.ts";
import type { Replica } from "../replica/replica.ts";
import type { SavedState } from "../protocol/protocol.ts";
import type { Version } from "./version.ts";
import { isTimedOut, TIMED_OUT, withDeadline } from "../async/deadline.ts";

/** The state that a replica saved for its successor, if any, and notes for the log about what was left out. */
export interface Saving {
  readonly from: Replica;
  readonly state?: SavedState;
  readonly notes: readonly string[];
}

/**
 * Has a replica save its state. Calls in flight finish first, up to the deadline.
 *
 * @param from The replica; it gets no new calls meanwhile.
 * @param into The replica that restores the state. In the same worker, it gets the state itself, otherwise a clone.
 * @param deadlineMs How long the calls in flight, and then `saveState()`, may take.
 * @param signal Aborted when a newer change makes the hand-over pointless.
 * @throws {LoadError} With the code `STATE_NOT_SAVED`, when `saveState()` failed, or its result cannot be cloned.
 */
export async function saveState(
  from: Replica,
  into: Replica,
  deadlineMs: number,
  signal?: AbortSignal,
): Promise<Saving> {
  if (!from.alive || from.stuck) {
    return { from, notes: ["the old worker does not answer: the new version starts without its state"] };
  }
  const notes: string[] = [];
  if (await isTimedOut(deadlineMs, from.idle(), signal)) {
    const running = from.calls === 1 ? "1 request is" : `${from.calls} requests are`;
    notes.push(
      `${running} still running after ${deadlineMs} ms: the state is handed over without what comes of that`,
    );
  }
  const saving = from.invoke("save", { byReference: from.link === into.link }).catch(refuseSave);
  const state = await withDeadline(deadlineMs, saving, signal);
  if (state !== TIMED_OUT) return { from, state, notes };
  notes.push(`saveState() did not answer within ${deadlineMs} ms: the new version starts without the state`);
  return { from, notes };
}

/**
 * Has the replicas of a version restore what those of its predecessor saved, and logs what was left out.
 *
 * @param saved What each replica of the predecessor saved.
 * @throws {LoadError} When `restoreState()` failed, or took too long; the old version has to continue to serve.
 */
export async function restoreState(
  { replicas, times }: Version,
  saved: readonly Saving[],
  deadlineMs: number,
  signal?: AbortSignal,
): Promise<void> {
  const startedAt = performance.now();
  await Promise.all(saved.map(async ({ from, state }, index) => {
    if (state === undefined) return;
    const restored = restoreIn(replicas[index], from, state).catch(refuseRestore);
    if (!await isTimedOut(deadlineMs, restored, signal)) return;
    refuseRestore(new Error(`it did not end within ${deadlineMs} ms`));
  }));
  times.setup = (times.setup ?? 0) + performance.now() - startedAt;
  saved.forEach(({ notes }, index) => notes.forEach((note) => replicas[index].log.warning(note)));
}

/** Passes a state on. One that was saved for a version in the same worker is cloned when another worker gets it. */
async function restoreIn(into: Replica, from: Replica, state: SavedState): Promise<void> {
  const isElsewhere = "instance" in state && into.link !== from.link;
  await into.invoke("restore", isElsewhere ? await from.invoke("save", { byReference: false }) : state);
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
