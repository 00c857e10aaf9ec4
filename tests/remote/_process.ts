import { FlowProcess } from "../support/process.ts";
import { PACKAGE } from "../support/target.ts";
import type { TempFolder } from "../support/temp_folder.ts";

/** An Executor that says where it runs, waits on demand, and counts. */
const SOURCE = `import { Executor, Flow, requests, Document } from ${JSON.stringify(PACKAGE)};
export class Slow extends Executor {
  calls = 0;
  aborted = 0;
  @requests({ on: "/where" })
  where(docs) { for (const doc of docs) doc.text = NAME; }
  @requests({ on: "/counts" })
  counts(docs) { for (const doc of docs) doc.text = this.calls + " " + this.aborted; }
  @requests({ on: "/wait" })
  async wait(docs, { signal }) {
    this.calls++;
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    this.aborted++;
  }
  @requests({ on: "/drip" })
  async *drip(docs, { signal }) {
    this.calls++;
    yield new Document({ text: "first" });
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    this.aborted++;
  }
}
`;

/** Serves it in a process of its own, which can be killed. */
export async function slowProcess(folder: TempFolder, name: string, port = 0): Promise<FlowProcess> {
  const options = JSON.stringify({ protocol: "grpc", port });
  return await FlowProcess.serve(
    folder,
    `const NAME = ${JSON.stringify(name)};
${SOURCE}
if (import.meta.main) {
  const flow = await new Flow(${options}).add({ uses: Slow, name: "slow" }).start();
  console.log(flow.port);
  await flow.block();
}
`,
    `${name}.ts`,
  );
}
