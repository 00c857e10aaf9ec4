import process from "node:process";

/** Resolves when all that was written to these streams is out, or cannot be written any more. */
export async function flush(names: readonly ("stdout" | "stderr")[] = ["stdout", "stderr"]): Promise<void> {
  await Promise.all(names.map((name) =>
    new Promise<void>((resolve) => {
      process[name].once("error", () => resolve());
      try {
        process[name].write("", () => resolve());
      } catch {
        // Deno writes at once, and throws at once.
        resolve();
      }
    })
  ));
}
