/** The type of a command. @module */

import type { Flag } from "../options/table.ts";

/** Flags by name, without the dashes. */
export type Flags = Readonly<Record<string, Flag>>;

/** A parsed command line. */
export interface Call {
  /** The arguments that are not options. */
  readonly args: readonly string[];
  /** Whether an option without a value was given. */
  has(option: string): boolean;
  /** The values of an option, in order. */
  all(option: string): readonly string[];
  /** The value of an option; the last one, when it is repeated. */
  get(option: string): string | undefined;
  /** hotflow's version. */
  readonly version: string;
}

/** A command of the command line. */
export interface Command {
  /** Its arguments, for the help. */
  readonly usage: string;
  /** How many arguments it takes. @default 1 */
  readonly maxArgs?: number;
  /** What it does, in one line. */
  readonly summary: string;
  /** More about it. */
  readonly more: readonly string[];
  readonly options: Flags;
  /** Command lines, with what they do. */
  readonly examples: readonly (readonly [line: string, help: string])[];
  /** Runs it; returns the exit code. */
  run(call: Call): Promise<number>;
}
