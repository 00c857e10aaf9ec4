import { Process } from "./process.ts";

/** Runs one of this folder's own programs, with its order as JSON. */
export function runHelper(file: string, order: unknown): Process {
  const path = new URL(file, import.meta.url).pathname;
  return new Process({
    program: Deno.execPath(),
    args: ["run", "-A", "--no-config", path, JSON.stringify(order)],
  });
}
