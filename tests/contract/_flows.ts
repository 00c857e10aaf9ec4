/** The Flows that the exchanges were recorded with. */
import { Flow } from "../../mod.ts";
import { LogTrap } from "../support/log_trap.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { A, B, C, Ex, OnlyFoo } from "../flow/_executors.ts";
import type { FlowName } from "./_recordings.ts";

/** What each Flow consists of; `broken` is a file that cannot be loaded. */
const FLOWS: Record<FlowName, (flow: Flow, broken: string) => Flow> = {
  A: (flow) => flow.add({ uses: Ex }),
  B: (flow) => flow.add({ uses: OnlyFoo }),
  C: (flow) => flow.add({ uses: A, name: "a" }).add({ uses: B, name: "b" }),
  D: (flow) => {
    const b = { uses: B, name: "b", needs: "gateway" };
    const c = { uses: C, name: "c", needs: ["a", "b"] };
    return flow.add({ uses: A, name: "a" }).add(b).add(c);
  },
  E: (flow) => flow.add({ uses: Ex }),
  F: (flow) =>
    flow.add({ uses: Ex })
      .exposeEndpoint("/foo")
      .exposeEndpoint("/raise")
      .exposeEndpoint("/params", { httpPath: "/p/q", methods: ["PUT"] }),
  G: (flow, broken) => flow.add({ uses: broken, reload: true }),
};

/** Serves one of them on a free port. */
export class RecordedFlow implements AsyncDisposable {
  private constructor(private readonly flow: Flow, private readonly folder: TempFolder) {}

  static async serve(name: FlowName): Promise<RecordedFlow> {
    const folder = await TempFolder.make();
    const broken = await folder.write("my_executor.ts", "class {\n");
    const flow = FLOWS[name](new Flow({ port: 0, cors: name === "E", log: new LogTrap().sink }), broken);
    return new RecordedFlow(await flow.start(), folder);
  }

  /** Where it serves. */
  get origin(): string {
    return `http://127.0.0.1:${this.flow.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.flow.close();
    await this.folder[Symbol.asyncDispose]();
  }
}
