import type { Replica } from "../replica/replica.ts";
import { LoadFailure } from "./version.ts";

/** What stands for a deadline that passed. */
const LATE = Symbol("late");

/**
 * Hands the state of one replica to its successor. Calls in flight finish first, up to the deadline.
 *
 * @param from The replica that serves; it gets no new calls meanwhile.
 * @param to Its successor, loaded and ready.
 * @param deadlineMs How long the calls in flight, and then `saveState()`, may take.
 * @returns What had to be left out, for the log; nothing when all went well.
 * @throws {LoadFailure} When the state cannot be saved, cloned or restored; the old version must go on serving.
 */
export async function handOver(from: Replica, to: Replica, deadlineMs: number): Promise<string[]> {
  if (!from.alive || from.stuck) {
    return ["the old worker does not answer: the new version starts without its state"];
  }
  const notes: string[] = [];
  if (await within(deadlineMs, from.idle()) === LATE) {
    notes.push(
      `${from.calls} requests were still running after ${deadlineMs} ms: their changes to the state are not in it`,
    );
  }
  const state = await within(deadlineMs, from.ask("save", null).catch(refuse("saveState")));
  if (state === LATE) {
    return [
      ...notes,
      `saveState() did not answer within ${deadlineMs} ms: the new version starts without the state`,
    ];
  }
  const restored = await within(deadlineMs, to.ask("restore", state).catch(refuse("restoreState")));
  if (restored === LATE) refuse("restoreState")(new Error(`it did not end within ${deadlineMs} ms`));
  return notes;
}

function refuse(method: string): (error: Error) => never {
  return (error) => {
    const message = `the state could not be handed over, ${method}() failed: ${error.message}`;
    throw new LoadFailure({ name: "StateError", message, stack: "" });
  };
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T | typeof LATE> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<typeof LATE>((resolve) => timer = setTimeout(resolve, ms, LATE));
  return await Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
