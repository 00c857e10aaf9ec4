import type { Place } from "../errors/mod.ts";

/** Something that is wrong with a configuration file. */
export interface Problem {
  /** The way to it in the file, such as `executors[1].needs`; empty when it is the file as a whole. */
  readonly path: string;
  /** What is wrong, with the value, what is allowed there, and the nearest name if there is one. */
  readonly message: string;
  /** Where it stands. */
  readonly place: Place;
  /** The lines around it, with a marker under the column. */
  readonly snippet?: string;
}

/** Sorts problems of one file into its order. */
export function byPlace({ place: a }: Problem, { place: b }: Problem): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}
