/** What both ends of the IPC of `node:child_process` share. @module */

/** What a process writes to standard error when it ends itself since it uses too much memory. */
export const OVER_MEMORY = "hotflow: out of memory: ";

/**
 * Calls back for a message that cannot be cloned, which Deno reports to the callback of `send`; Node and Bun throw it. Other
 * errors mean that the receiver is gone.
 */
export function ifUncloneable(refused: ((error: Error) => void) | undefined): (error: Error | null) => void {
  return (error) => {
    if (error !== null && /clone/.test(error.message)) refused?.(error);
  };
}
