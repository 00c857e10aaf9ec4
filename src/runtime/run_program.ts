/** For a program's first lines: imports nothing that an old runtime does not have. @module */
import process from "node:process";

/** Runs a program. What keeps it from beginning is said in one line, without a stack, and ends it with code 1. */
export async function orLastWords(program: () => Promise<void>): Promise<void> {
  try {
    await program();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
