import type { ErrorInfo } from "../errors/mod.ts";
import { Refusal } from "../replica/refusal.ts";
import type { Replica } from "../replica/replica.ts";
import { after } from "../runtime/deadline.ts";
import { LoadFailure } from "./version.ts";

/** The old version cannot give its state: no newer one will ever get it. */
export class UnsavedState extends LoadFailure {}

/** What stands for a deadline that passed. */
const LATE = Symbol("late");

/**
 * Hands the state of one replica to its successor. Calls in flight finish first, up to the deadline.
 *
 * @param from The replica that serves; it gets no new calls meanwhile.
 * @param to Its successor, loaded and ready.
 * @param deadlineMs How long the calls in flight, and then `saveState()`, may take.
 * @param signal Aborted when a newer change makes the hand-over pointless.
 * @returns What had to be left out, for the log; nothing when all went well.
 * @throws {LoadFailure} When the state cannot be saved, cloned or restored; the old version must go on serving.
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
  const within = <T>(promise: Promise<T>) => inTime(deadlineMs, promise, signal);
  if (await within(from.idle()) === LATE) {
    const running = from.calls === 1 ? "1 request is" : `${from.calls} requests are`;
    notes.push(
      `${running} still running after ${deadlineMs} ms: the state is handed over without what comes of that`,
    );
  }
  const state = await within(from.ask("save", null).catch(refuseSave));
  if (state === LATE) {
    return [
      ...notes,
      `saveState() did not answer within ${deadlineMs} ms: the new version starts without the state`,
    ];
  }
  const restored = await within(to.ask("restore", state).catch(refuseRestore));
  if (restored === LATE) refuseRestore(new Error(`it did not end within ${deadlineMs} ms`));
  return notes;
}

function refuseSave(error: Error): never {
  const { name, message, stack } = infoOf(error);
  // The place is in code that the save has replaced on disk: its line would mislead.
  throw new UnsavedState({
    name: "StateError",
    message: `the state could not be handed over, saveState() failed: ${name}: ${message}; ` +
      "save once more to start without it",
    stack,
  });
}

function refuseRestore(error: Error): never {
  const info = infoOf(error);
  const message = `the state could not be handed over, restoreState() failed: ${info.name}: ${info.message}`;
  throw new LoadFailure({ ...info, name: "StateError", message });
}

function infoOf(error: Error): ErrorInfo {
  return error instanceof Refusal ? error.info : { name: error.name, message: error.message, stack: "" };
}

/** What the promise resolves to, or that it is late. */
async function inTime<T>(ms: number, promise: Promise<T>, signal?: AbortSignal): Promise<T | typeof LATE> {
  const { promise: end, resolve, reject } = Promise.withResolvers<typeof LATE>();
  const callOff = after(ms, () => resolve(LATE));
  const abort = () => reject(signal?.reason);
  signal?.addEventListener("abort", abort);
  if (signal?.aborted) abort();
  return await Promise.race([promise, end]).finally(() => {
    callOff();
    signal?.removeEventListener("abort", abort);
  });
}
