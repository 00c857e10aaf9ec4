/** The type of a command. @module */

/** An option of a command. */
export interface OptionSpec {
  /** The placeholder of its value in the help; left out when it takes none. */
  readonly value?: string;
  /** Whether it can be repeated. */
  readonly multiple?: boolean;
  /** What it does, in a few words. */
  readonly help: string;
}

/** Options by name, without the dashes. */
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

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
  /** What it does, in one line. */
  readonly summary: string;
  /** More about it. */
  readonly more: readonly string[];
  readonly options: OptionSpecs;
  /** How many arguments it takes. */
  readonly maxArgs: number;
  /** Command lines, with what they do. */
  readonly examples: readonly (readonly [line: string, help: string])[];
  /** Runs it; returns the exit code. */
  run(call: Call): Promise<number>;
}
