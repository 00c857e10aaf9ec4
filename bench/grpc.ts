import { App, freePort } from "./app.ts";
import { pause } from "./clock.ts";
import type { Figure } from "./figures.ts";
import { GrpcConnection } from "./grpc_connection.ts";
import type { GrpcLoadOrder, GrpcLoadReport } from "./grpc_load.ts";
import { grpcRequest } from "./grpc_request.ts";
import { runHelper } from "./helper.ts";
import { Process } from "./process.ts";
import { ServerFolder } from "./server_folder.ts";
import { grpcEcho, hotflowGrpc, type ServerKind } from "./servers.ts";
import { median, rotated } from "./stats.ts";

const CONNECTIONS = 16;
const START_LIMIT = 20_000;
const START_TARGET = 400;

/** What is sent, and the share of a bare `grpc-js` echo that has to be reached. */
const SIZES = [
  { what: "1 document", documents: 1, floats: 0, share: 0.45 },
  { what: "100 documents", documents: 100, floats: 0, share: 0.55 },
  { what: "100 documents with embeddings of 768 floats", documents: 100, floats: 768, share: 0.6 },
] as const;

/** `process_single_data` on many connections, in turns with a bare echo; and the start to the first answer. */
export async function measureGrpc(rounds: number, seconds: number, starts: number): Promise<Figure[]> {
  return [...await measureLoad(rounds, seconds), await measureStart(starts)];
}

async function measureLoad(rounds: number, seconds: number): Promise<Figure[]> {
  await using ours = await App.start(hotflowGrpc);
  await using echo = await App.start(grpcEcho);
  const figures: Figure[] = [];
  for (const { what, share, ...size } of SIZES) {
    const reports = new Map<App, GrpcLoadReport[]>([[ours, []], [echo, []]]);
    for (const app of [ours, echo]) await loadOn(app, size, 1);
    for (let round = 0; round < rounds; round++) {
      for (const app of rotated([ours, echo], round)) {
        reports.get(app)?.push(await loadOn(app, size, seconds));
      }
    }
    const [own = [], bare = []] = [...reports.values()];
    const ratio = median(own.map(({ perSecond }, at) => perSecond / (bare[at]?.perSecond ?? NaN)));
    const failed = own.reduce((sum, report) => sum + report.failed, 0);
    figures.push({
      part: "grpc",
      what,
      unit: "/s",
      ours: median(own.map(({ perSecond }) => perSecond)),
      peer: { name: "grpc-js", value: median(bare.map(({ perSecond }) => perSecond)) },
      ratio,
      target: `>= ${share} x`,
      reached: failed === 0 && ratio >= share,
      notes: [inWords("hotflow", own), inWords("grpc-js", bare)],
    });
  }
  return figures;
}

async function loadOn(app: App, size: Pick<GrpcLoadOrder, "documents" | "floats">, seconds: number) {
  const order: GrpcLoadOrder = { port: app.port, connections: CONNECTIONS, seconds, ...size };
  await using generator = runHelper("grpc_load.ts", order);
  const line = await generator.line(seconds * 1000 + 15_000, "the load generator's report");
  return JSON.parse(line) as GrpcLoadReport;
}

function inWords(name: string, reports: readonly GrpcLoadReport[]): string {
  const failed = reports.reduce((sum, report) => sum + report.failed, 0);
  const cpu = Math.round(100 * median(reports.map(({ cpu }) => cpu)));
  return `${name}: ${failed} failed, the generator used ${cpu} % of a core`;
}

async function measureStart(times: number): Promise<Figure> {
  await startOnce(hotflowGrpc);
  const samples: number[] = [];
  for (let i = 0; i < times; i++) samples.push(await startOnce(hotflowGrpc));
  return {
    part: "grpc",
    what: "process start to first answer",
    unit: "ms",
    ours: median(samples),
    target: `< ${START_TARGET} ms`,
    reached: median(samples) < START_TARGET,
    notes: [samples.map((ms) => ms.toFixed(0)).join(" ") + " ms"],
  };
}

async function startOnce(kind: ServerKind): Promise<number> {
  await using folder = await ServerFolder.make(kind);
  const port = freePort();
  const frame = grpcRequest(1, 0);
  const begin = performance.now();
  const env = { PORT: String(port) };
  await using server = new Process({ ...kind.command(folder.entry), cwd: folder.app, env });
  while (!server.ended && performance.now() - begin < START_LIMIT) {
    if (await answers(port, frame)) return performance.now() - begin;
    await pause(1);
  }
  throw new Error(`Cannot start "${kind.name}": it never answered${server.lastWords}`);
}

async function answers(port: number, frame: Uint8Array): Promise<boolean> {
  try {
    using connection = await GrpcConnection.open(port);
    return (await connection.exchange(frame)).status === 0;
  } catch {
    return false;
  }
}
