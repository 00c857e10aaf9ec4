/** The exit codes; `--help` and the documents list them. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  hungUp: 129,
  interrupted: 130,
  terminated: 143,
} as const;

/** An error that the user can fix: it is reported without a stack. */
export class Failure extends Error {
  /** The process's exit code. */
  readonly code: number = EXIT.failed;
}

/** The command line is invalid. */
export class UsageError extends Failure {
  override readonly code: number = EXIT.usage;
}

/** Standard output cannot be written, for another reason than a closed reader. */
export function unwritten({ message }: Error): Failure {
  return new Failure(`Cannot write to standard output: ${message}`);
}

/** Writes the nearest valid name as the end of a message. */
export function didYouMean(near: string | undefined): string {
  return near === undefined ? "" : `; did you mean "${near}"?`;
}
