/** What the process runs on, and its environment. @module */
import process from "node:process";

/** The name and version of the JavaScript runtime, the operating system, and the processor's architecture. */
export function systemInfo(): Record<string, string> {
  const { versions, platform, arch } = process;
  const name = ["bun", "deno"].find((name) => name in versions) ?? "node";
  return { [name]: String(versions[name]), platform, architecture: arch };
}

/** The memory of the process and of the main thread's heap, in bytes. */
export function memoryUsage(): { rss: number; heap_total: number; heap_used: number; external: number } {
  const { rss, heapTotal, heapUsed, external } = process.memoryUsage();
  return { rss, heap_total: heapTotal, heap_used: heapUsed, external };
}

/** The environment variables; none when reading them all is not permitted: Deno would stop to ask the user. */
export function environment(): Record<string, string> {
  const mayRead = !("Deno" in globalThis) || Deno.permissions.querySync({ name: "env" }).state === "granted";
  const entries = mayRead ? Object.entries(process.env) : [];
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
