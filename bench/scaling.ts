import { App } from "./app.ts";
import type { Figure } from "./figures.ts";
import { memoryOf } from "./memory.ts";
import { answered, editOnce, spread } from "./reload.ts";
import { hotflowDevice, hotflowGateway, hotflowYaml } from "./servers.ts";
import { median } from "./stats.ts";
import { checkAnswer, loadOn } from "./throughput.ts";
import { latencies } from "./topology.ts";

const REPLICAS = [1, 2, 4, 8];
const DEVICE_MS = 20;
const CONNECTIONS = 64;
/** The numbers of Executors in one Flow YAML. */
const EXECUTORS = [10, 50, 200];

/** External Executors behind one gateway, and many Executors in one Flow. */
export async function measureScaling(seconds: number, edits: number): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const count of REPLICAS) figures.push(await measureReplicas(count, DEVICE_MS, seconds));
  // Executors without work show what the gateway itself can pass on.
  for (const count of REPLICAS.slice(0, 2)) figures.push(await measureReplicas(count, 0, seconds));
  for (const count of EXECUTORS) figures.push(...await measureExecutors(count, edits));
  return figures;
}

async function measureReplicas(count: number, ms: number, seconds: number): Promise<Figure> {
  await using stack = new AsyncDisposableStack();
  const devices: App[] = [];
  for (let i = 0; i < count; i++) devices.push(stack.use(await App.start(hotflowDevice(ms))));
  const gateway = await App.start(hotflowGateway(devices.map(({ port }) => `grpc://127.0.0.1:${port}`)));
  stack.use(gateway);
  await checkAnswer(gateway);
  await loadOn(gateway, 1, 1, CONNECTIONS);
  const { perSecond, failed, latency } = await loadOn(gateway, 1, seconds, CONNECTIONS);
  return {
    part: "scaling",
    what: `external Executors of ${ms} ms behind one gateway, ${CONNECTIONS} connections: ${count}`,
    unit: "/s",
    ours: perSecond,
    ...(ms > 0 && { peer: { name: "what they can answer", value: count * 1_000 / ms } }),
    notes: [`${count} of ${ms} ms: ${failed} failed, median latency ${latency.p50.toFixed(0)} ms`],
  };
}

async function measureExecutors(count: number, edits: number): Promise<Figure[]> {
  const begin = performance.now();
  await using app = await App.start(hotflowYaml(count));
  const start = performance.now() - begin;
  await app.edit();
  const { rss } = await memoryOf(app.pid);
  const requests = await latencies(app, edits * 4, 1);
  const saves: number[] = [];
  for (let i = 0; i < edits; i++) saves.push(await editOnce(app));
  const reloads = answered(saves);
  const common = { part: "scaling" } as const;
  const what = `${count} Executors in one Flow YAML`;
  return [
    { ...common, what: `${what}: start`, unit: "ms", ours: start },
    { ...common, what: `${what}: memory`, unit: "MB", ours: rss },
    { ...common, what: `${what}: a request through all of them`, unit: "ms", ours: median(requests) },
    {
      ...common,
      what: `${what}: save to first new answer, through all of them`,
      unit: "ms",
      ours: reloads.median,
      notes: [`${count} Executors: ${spread(reloads)}`],
    },
  ];
}
