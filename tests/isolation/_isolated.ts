import type { AddOptions } from "../../mod.ts";
import { FlowProcess } from "../support/process.ts";
import { PACKAGE } from "../support/target.ts";
import type { TempFolder } from "../support/temp_folder.ts";

/** An Executor that tells the id of its process, and can misbehave in several ways. */
export function executorSource(text = "v1", more = ""): string {
  return `import { Executor, requests } from ${JSON.stringify(PACKAGE)};
import process from "node:process";
export class Isolated extends Executor {
  @requests()
  tell(docs) { for (const doc of docs) doc.text = "${text} " + process.pid; }
  @requests({ on: "/loop" })
  loop() { console.log("looping"); for (;;); }
  @requests({ on: "/heap" })
  fillHeap() { for (const list = [];;) list.push(new Array(1000).fill(Math.random())); }
  @requests({ on: "/arrays" })
  async fillArrays() {
    for (const list = [];;) {
      list.push(new Float64Array(1e6).fill(1));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  @requests({ on: "/crash" })
  crash() { process.kill(process.pid, "SIGKILL"); for (;;); }
  @requests({ on: "/segfault" })
  segfault() { Deno.UnsafePointerView.getCString(Deno.UnsafePointer.create(8n)); }
  @requests({ on: "/abort" })
  abort() { process.abort(); }
  @requests({ on: "/exit" })
  exit() { process.exit(3); }
  @requests({ on: "/slow" })
  async wait(docs) {
    console.log("waiting");
    await new Promise((resolve) => setTimeout(resolve, 500));
    for (const doc of docs) doc.text = "waited " + process.pid;
  }
${more}
}
`;
}

/** Serves Executors in a process that is not this one; prints its port. */
export async function serveIsolated(
  folder: TempFolder,
  adds: readonly (Partial<AddOptions> & { readonly name: string })[],
  options: object = {},
): Promise<FlowProcess> {
  const lines = adds.map((add) => {
    const given = { uses: folder.at("isolated.ts"), isolation: "process", ...add };
    return `.add(${JSON.stringify(given)})`;
  });
  return await FlowProcess.serve(
    folder,
    `import { Flow } from ${JSON.stringify(PACKAGE)};
const flow = await new Flow(${JSON.stringify({ port: 0, stuckAfter: 400, ...options })})${
      lines.join("")
    }.start();
console.log(flow.port);
await flow.block();
`,
  );
}

/** Whether a process is there; one that has ended but is not waited for is not. */
export async function isAlive(pid: number): Promise<boolean> {
  const { stdout } = await new Deno.Command("ps", { args: ["-o", "stat=", "-p", String(pid)] }).output();
  const state = new TextDecoder().decode(stdout).trim();
  return state !== "" && !state.startsWith("Z");
}

/** Waits until a condition holds. */
export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 10_000; !await holds();) {
    if (Date.now() > deadline) throw new Error(`${what}: not within 10 s`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
