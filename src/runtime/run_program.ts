/** The entry point of programs. Imports nothing that old runtimes lack. @module */
import process from "node:process";

/** Runs a program. An error is printed as one line, without a stack, and sets the exit code to 1. */
export async function runProgram(program: () => Promise<void>): Promise<void> {
  try {
    await program();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
