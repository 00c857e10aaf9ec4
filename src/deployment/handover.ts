import type { ErrorInfo } from "../errors/mod.ts";
import { Refusal, type Replica } from "../replica/replica.ts";
import { LoadFailure } from "./version.ts";

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
      `${running} still running after ${deadlineMs} ms: what they change is not in the state handed over`,
    );
  }
  const state = await within(from.ask("save", null).catch(refuse("saveState")));
  if (state === LATE) {
    return [
      ...notes,
      `saveState() did not answer within ${deadlineMs} ms: the new version starts without the state`,
    ];
  }
  const restored = await within(to.ask("restore", state).catch(refuse("restoreState")));
  if (restored === LATE) refuse("restoreState")(new Error(`it did not end within ${deadlineMs} ms`));
  return notes;
}

function refuse(method: string): (error: Error) => never {
  return (error) => {
    const { name, message } = error;
    const info: ErrorInfo = error instanceof Refusal ? error.info : { name, message, stack: "" };
    const told = `the state could not be handed over, ${method}() failed: ${info.name}: ${info.message}`;
    throw new LoadFailure({ ...info, name: "StateError", message: told });
  };
}

/** What the promise resolves to, or that it is late. */
async function inTime<T>(ms: number, promise: Promise<T>, signal?: AbortSignal): Promise<T | typeof LATE> {
  const { promise: end, resolve, reject } = Promise.withResolvers<typeof LATE>();
  const timer = setTimeout(resolve, ms, LATE);
  const abort = () => reject(signal?.reason);
  signal?.addEventListener("abort", abort);
  if (signal?.aborted) abort();
  return await Promise.race([promise, end]).finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  });
}
