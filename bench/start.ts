import { freePort } from "./app.ts";
import { pause } from "./clock.ts";
import { Connection } from "./connection.ts";
import type { Figure } from "./figures.ts";
import { Process } from "./process.ts";
import { postRequest } from "./request.ts";
import { ServerFolder } from "./server_folder.ts";
import { denoEcho, honoEcho, hotflowText, type ServerKind } from "./servers.ts";
import { summarize } from "./stats.ts";

const LIMIT = 20_000;
const TARGET = 300;

/** Start of the process to its first answer, with everything cached. */
export async function measureStart(times: number): Promise<Figure[]> {
  const kinds = [hotflowText, denoEcho, honoEcho];
  const samples = kinds.map((): number[] => []);
  // Once for the caches.
  for (const kind of kinds) await startOnce(kind);
  for (let i = 0; i < times; i++) {
    for (const [at, kind] of kinds.entries()) samples[at]?.push(await startOnce(kind));
  }
  const [ours, ...peers] = samples.map(summarize);
  const notes = samples.map((all, at) =>
    `${kinds[at]?.name}: ${all.map((ms) => ms.toFixed(0)).join(" ")} ms`
  );
  return peers.map((peer, at): Figure => ({
    part: "start",
    what: "process start to first answer",
    unit: "ms",
    ours: ours.median,
    peer: { name: kinds[at + 1]?.name ?? "", value: peer.median },
    ...(at === 0 ? { target: `< ${TARGET} ms`, reached: ours.median < TARGET, notes } : {}),
  }));
}

async function startOnce(kind: ServerKind): Promise<number> {
  await using folder = await ServerFolder.make(kind);
  const port = freePort();
  const request = postRequest(port, 1);
  const begin = performance.now();
  await using server = new Process({
    ...kind.command(folder.entry),
    cwd: folder.app,
    env: { PORT: String(port) },
  });
  while (!server.ended && performance.now() - begin < LIMIT) {
    if (await answers(port, request)) return performance.now() - begin;
    // A tighter loop would take one of two cores from what it waits for.
    await pause(1);
  }
  throw new Error(`Cannot start "${kind.name}": it never answered${server.lastWords}`);
}

async function answers(port: number, request: Uint8Array): Promise<boolean> {
  try {
    using connection = await Connection.open(port);
    return (await connection.exchange(request)).status === 200;
  } catch {
    return false;
  }
}
