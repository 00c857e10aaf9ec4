/** A thread of a process that ends it, even while its own code loops. @module */
import process from "node:process";
import { OVER_MEMORY } from "./_ipc.ts";

/** The interval at which the thread looks, in milliseconds. */
const LOOK_MS = 200;

/**
 * Ends this process when the host is gone, and when it uses too much memory: the heap's limit does not count typed arrays.
 * On Deno, a process without the permission to run programs can only abort itself.
 *
 * @param host The host's process id.
 * @param memory The limit in MB, in addition to what the process uses now.
 */
export function watchHost(host: number, memory?: number): void {
  const limit = memory === undefined ? "Infinity" : memory + Math.ceil(process.memoryUsage.rss() / 2 ** 20);
  const code = `
function end() {
  // With all that this process has started; Windows has no groups.
  for (const pid of [-process.pid, process.pid]) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {}
  }
  process.abort();
}
setInterval(() => {
  if (process.ppid !== ${host}) end();
  const used = Math.round(process.memoryUsage.rss() / 2 ** 20);
  if (used <= ${limit}) return;
  process.getBuiltinModule("node:fs").writeSync(2, ${
    JSON.stringify(OVER_MEMORY)
  } + used + " MB are in use\\n");
  end();
}, ${LOOK_MS});
`;
  // Deno's own Worker starts in half the time, but Node has none.
  if ("Deno" in globalThis) {
    new Worker(`data:text/javascript,${encodeURIComponent(code)}`, { type: "module" });
  } else new (process.getBuiltinModule("node:worker_threads").Worker)(code, { eval: true }).unref();
}
