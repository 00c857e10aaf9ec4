import { type AddOptions, Flow, type FlowOptions } from "../../mod.ts";
import { LogTrap } from "../support/log_trap.ts";

/** What a Flow answered over HTTP. */
export interface Reply {
  readonly status: number;
  // deno-lint-ignore no-explicit-any -- JSON as it came
  readonly body: any;
}

/** A Flow on a free port, whose log lines are kept, closed at the end of the block. */
export class Served implements AsyncDisposable {
  private constructor(readonly flow: Flow, readonly log: LogTrap) {}

  static async start(
    adds: AddOptions | AddOptions[],
    options: FlowOptions = {},
    more: (flow: Flow) => Flow = (flow) => flow,
  ): Promise<Served> {
    const log = new LogTrap();
    const flow = new Flow({ port: 0, log: log.sink, ...options });
    for (const add of [adds].flat()) flow.add(add);
    return new Served(await more(flow).start(), log);
  }

  /** The address of a path. */
  at(path: string): string {
    return `http://127.0.0.1:${this.flow.port}${path}`;
  }

  /** Posts a body: text as it is, anything else as JSON. */
  async post(path: string, body: unknown, method = "POST"): Promise<Reply> {
    const response = await fetch(this.at(path), {
      method,
      headers: { "content-type": "application/json" },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
    return { status: response.status, body: JSON.parse(await response.text()) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.flow.close();
  }
}
