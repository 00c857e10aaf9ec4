/** What a command is. @module */

/** An option of a command. */
export interface OptionSpec {
  /** What its value is called in the help; without it, the option takes none. */
  readonly value?: string;
  /** Whether it may be given several times. */
  readonly multiple?: boolean;
  /** What it does, in a few words. */
  readonly says: string;
}

/** Options by name, without the dashes. */
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** What a command was called with. */
export interface Call {
  /** What is no option. */
  readonly args: readonly string[];
  /** Whether an option without a value was given. */
  has(option: string): boolean;
  /** The values of an option, in their order. */
  all(option: string): readonly string[];
  /** The value of an option; when it was given several times, the last one. */
  get(option: string): string | undefined;
  /** hotflow's version. */
  readonly version: string;
}

/** One thing that the command line does. */
export interface Command {
  /** How it is called, after `hotflow`: its arguments. */
  readonly usage: string;
  /** What it does, in one line. */
  readonly summary: string;
  /** More about it. */
  readonly more: readonly string[];
  readonly options: OptionSpecs;
  /** How many arguments it takes. */
  readonly maxArgs: number;
  /** Command lines, with what they do. */
  readonly examples: readonly (readonly [line: string, says: string])[];
  /** Does it; answers the exit code. */
  run(call: Call): Promise<number>;
}
