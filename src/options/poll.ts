import { outOfRange } from "../errors/mod.ts";
import { runtime } from "../runtime/mod.ts";

const VARIABLE = "HOTFLOW_POLL";
const MIN_POLL_MS = 10;
const MAX_POLL_MS = 60_000;

/** The valid intervals of `poll`, in milliseconds. */
export const POLL_INTERVALS = {
  min: MIN_POLL_MS,
  max: MAX_POLL_MS,
  text: `a number of milliseconds from ${MIN_POLL_MS} to ${MAX_POLL_MS}`,
} as const;

/**
 * The value of `poll` that the environment variable `HOTFLOW_POLL` sets.
 *
 * @throws {RangeError} When the variable is invalid.
 */
export function pollByDefault(): boolean | number {
  const text = (runtime.env(VARIABLE) ?? "").trim().toLowerCase();
  if (["", "0", "false"].includes(text)) return false;
  if (["1", "true"].includes(text)) return true;
  if (/^\d+$/.test(text) && isPollInterval(Number(text))) return Number(text);
  throw outOfRange(`Cannot start a Flow with ${VARIABLE}=${text}: expected 1, 0 or ${POLL_INTERVALS.text}`);
}

/** Whether a value is a valid interval. */
export function isPollInterval(ms: unknown): boolean {
  return typeof ms === "number" && ms >= MIN_POLL_MS && ms <= MAX_POLL_MS;
}
