import { after } from "./deadline.ts";

/** The time and timers; tests have clocks of their own. */
export interface Clock {
  /** The time in milliseconds since 1970. */
  now(): number;
  /** Calls back after a time, and returns what cancels that. */
  wait(ms: number, callback: () => void): () => void;
}

/** The clock of the system. */
export const systemClock: Clock = { now: Date.now, wait: after };
