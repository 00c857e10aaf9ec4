import { invalidArgument, outOfRange, preview } from "../errors/mod.ts";
import { runtime } from "../runtime/mod.ts";

const VARIABLE = "HOTFLOW_POLL";
const MIN_POLL_MS = 10;
const MAX_POLL_MS = 60_000;
const WANTED = `a number of milliseconds from ${MIN_POLL_MS} to ${MAX_POLL_MS}`;
/** What is wanted of `poll`, in words. */
export const POLL_WANTED: string = `true, false or ${WANTED}`;

/** Refuses what cannot be meant by `poll`. */
export function checkPoll(poll: unknown): void {
  if (poll === undefined || typeof poll === "boolean") return;
  if (typeof poll !== "number") {
    throw invalidArgument(`Cannot make a Flow with poll ${preview(poll)}: ${POLL_WANTED} is wanted`);
  }
  if (!isPollTime(poll)) throw outOfRange(`Cannot make a Flow with poll ${poll}: ${WANTED} is wanted`);
}

/**
 * What the environment says of `poll`.
 *
 * @throws {RangeError} When it says what cannot be meant.
 */
export function pollByDefault(): boolean | number {
  const text = (runtime.env(VARIABLE) ?? "").trim().toLowerCase();
  if (["", "0", "false"].includes(text)) return false;
  if (["1", "true"].includes(text)) return true;
  if (/^\d+$/.test(text) && isPollTime(Number(text))) return Number(text);
  throw outOfRange(`Cannot start a Flow with ${VARIABLE}=${text}: 1, 0 or ${WANTED} is wanted`);
}

/** Whether a value is a time between two looks. */
export function isPollTime(ms: unknown): boolean {
  return typeof ms === "number" && ms >= MIN_POLL_MS && ms <= MAX_POLL_MS;
}
