#!/usr/bin/env node
/**
 * The command line: a program, not a library.
 *
 * ```sh
 * deno run -A jsr:@hotflow/hotflow/cli serve my_executor.ts
 * npx hotflow serve my_executor.ts
 * ```
 *
 * @module
 */
import { runProgram } from "./src/runtime/run_program.ts";

// Nothing else is imported at once: on a Node that is too old, that fails, and the reason is to be one clear sentence.
await runProgram(async () => {
  const { main } = await import("./src/cli/main.ts");
  const { default: project } = await import("./deno.json", { with: { type: "json" } });
  await main(project.version);
});
