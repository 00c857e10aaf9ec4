// A load generator for gRPC, run in a process of its own: one request at a time on each connection.
import process from "node:process";
import { pause } from "./clock.ts";
import { GrpcConnection } from "./grpc_connection.ts";
import { grpcRequest } from "./grpc_request.ts";

/** What the generator is asked to do: its only argument, as JSON. */
export interface GrpcLoadOrder {
  readonly port: number;
  readonly connections: number;
  readonly documents: number;
  /** The numbers in the embedding of each document. */
  readonly floats: number;
  readonly seconds: number;
}

/** What it found: one line of JSON. */
export interface GrpcLoadReport {
  readonly failed: number;
  readonly perSecond: number;
  /** Processor time of the generator by the clock's: near 1, the generator may be what is measured. */
  readonly cpu: number;
}

async function run(
  { port, connections, documents, floats, seconds }: GrpcLoadOrder,
): Promise<GrpcLoadReport> {
  const frame = grpcRequest(documents, floats);
  const used = process.cpuUsage();
  const begin = performance.now();
  const end = begin + seconds * 1000;
  let [ok, failed] = [0, 0];
  const client = async () => {
    while (performance.now() < end) {
      try {
        // Not closed before the end: what a client says then ends a bare server on Deno.
        const connection = await GrpcConnection.open(port);
        while (performance.now() < end) {
          const { status, bytes } = await connection.exchange(frame);
          // An answer is about as long as the request.
          if (status === 0 && bytes >= frame.length / 2) ok++;
          else failed++;
        }
      } catch {
        failed++;
        await pause(1);
      }
    }
  };
  await Promise.all(Array.from({ length: connections }, client));
  const elapsed = performance.now() - begin;
  const { user, system } = process.cpuUsage(used);
  return { failed, perSecond: ok / (elapsed / 1000), cpu: (user + system) / 1000 / elapsed };
}

if (import.meta.main) {
  // deno-lint-ignore no-console -- its reader takes the line from standard output
  console.log(JSON.stringify(await run(JSON.parse(Deno.args[0] ?? "{}"))));
  Deno.exit(0);
}
