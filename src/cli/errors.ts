/** What the exit codes mean; `--help` and the documents list them. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  hungUp: 129,
  interrupted: 130,
  terminated: 143,
} as const;

/** Something that the reader of the message can mend: it is shown without a stack. */
export class Failure extends Error {
  /** The process's exit code. */
  readonly code: number = EXIT.failed;
}

/** A command line that cannot be meant. */
export class UsageError extends Failure {
  override readonly code: number = EXIT.usage;
}

/** Standard output takes nothing any more, and not because nobody reads. */
export function unwritten({ message }: Error): Failure {
  return new Failure(`Cannot write to standard output: ${message}`);
}

/** The nearest right one, as a question at the end of a sentence. */
export function didYouMean(near: string | undefined): string {
  return near === undefined ? "" : `; did you mean "${near}"?`;
}
