import type { Place } from "../errors/mod.ts";

/** Something that is wrong with a configuration file. */
export interface Problem {
  /** The path of the value, such as `executors[1].needs`; empty when the problem concerns the whole file. */
  readonly path: string;
  /** What is wrong, with the value, what is expected, and the nearest valid name if there is one. */
  readonly message: string;
  /** Where the value is. */
  readonly place: Place;
  /** The lines around it, with a marker under the column. */
  readonly snippet?: string;
  /** Whether the message contains the path already. */
  readonly namesPath?: boolean;
}
