import { Client } from "../../mod.ts";
import { freePort } from "../client/_servers.ts";
import { inTime } from "../support/in_time.ts";

/** Starting a Flow of Jina takes seconds on a machine that is busy. */
const PATIENCE_MS = 60_000;
const SCRIPT = new URL("jina_flow.py", import.meta.url).pathname;

/** A real Flow of Jina in a Python of its own, which serves its three protocols. */
export class JinaFlow implements AsyncDisposable {
  private constructor(
    private readonly child: Deno.ChildProcess,
    readonly ports: Readonly<Record<"grpc" | "websocket" | "http", number>>,
  ) {}

  /** Starts it, and waits until each protocol is served. */
  static async start(python: string): Promise<JinaFlow> {
    const ports = { grpc: freePort(), websocket: freePort(), http: freePort() };
    const child = new Deno.Command(python, {
      args: [SCRIPT, ...[ports.grpc, ports.websocket, ports.http].map(String)],
      env: { JINA_LOG_LEVEL: "CRITICAL", PYTHONDONTWRITEBYTECODE: "1" },
      stdin: "piped",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const flow = new JinaFlow(child, ports);
    const served = async () => {
      for (const protocol of ["grpc", "websocket", "http"] as const) {
        const client = new Client({ port: ports[protocol], protocol });
        while (!await client.isFlowReady()) await new Promise((resolve) => setTimeout(resolve, 100));
      }
    };
    await inTime(served(), "the start of Jina's Flow", PATIENCE_MS).catch(async (error) => {
      await flow[Symbol.asyncDispose]();
      throw error;
    });
    return flow;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.child.stdin.close();
    await this.child.status;
  }
}
