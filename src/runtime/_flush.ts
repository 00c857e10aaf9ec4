import process from "node:process";

/** Resolves when the output to these streams is written, or can no longer be written. */
export async function flush(names: readonly ("stdout" | "stderr")[] = ["stdout", "stderr"]): Promise<void> {
  await Promise.all(names.map((name) =>
    new Promise<void>((resolve) => {
      process[name].once("error", () => resolve());
      try {
        process[name].write("", () => resolve());
      } catch {
        // Deno writes synchronously, and throws synchronously.
        resolve();
      }
    })
  ));
}
