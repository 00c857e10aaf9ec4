import { CutError } from "../errors/mod.ts";
import type { RequestContext } from "./request_context.ts";

/**
 * Why a request failed: an Executor threw; the Flow gave up the call, or its worker ended; it took too long; or its client
 * is gone.
 */
export type FailureReason = "failed" | "cut" | "deadline" | "cancelled";

/** Why a call has no answer. */
export function reasonOf(failure: unknown, { cancel }: RequestContext): FailureReason {
  const cause = cancel.reason?.name;
  // The time of a call elsewhere may be over before this one's.
  if (cause === "TimeoutError" || (failure as Error).name === "TimeoutError") return "deadline";
  if (cause === "AbortError") return "cancelled";
  return failure instanceof CutError ? "cut" : "failed";
}
