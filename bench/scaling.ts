import { App } from "./app.ts";
import type { Figure } from "./figures.ts";
import { memoryOf } from "./memory.ts";
import { answered, editOnce, spread } from "./reload.ts";
import { hotflowDevice, hotflowGateway, hotflowYaml } from "./servers.ts";
import { median } from "./stats.ts";
import { checkAnswer, loadOn } from "./throughput.ts";
import { latencies } from "./topology.ts";

const REPLICAS = [1, 2, 4, 8];
/** How many requests a second one device of 20 ms can answer. */
const DEVICE_RATE = 50;
const CONNECTIONS = 64;
/** The numbers of Executors in one Flow YAML. */
const EXECUTORS = [10, 50, 200];

/** External Executors behind one gateway, and many Executors in one Flow. */
export async function measureScaling(seconds: number, edits: number): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const count of REPLICAS) figures.push(await measureReplicas(count, seconds));
  for (const count of EXECUTORS) figures.push(...await measureExecutors(count, edits));
  return figures;
}

async function measureReplicas(count: number, seconds: number): Promise<Figure> {
  await using stack = new AsyncDisposableStack();
  const devices: App[] = [];
  for (let i = 0; i < count; i++) devices.push(stack.use(await App.start(hotflowDevice)));
  const gateway = await App.start(hotflowGateway(devices.map(({ port }) => `grpc://127.0.0.1:${port}`)));
  stack.use(gateway);
  await checkAnswer(gateway);
  await loadOn(gateway, 1, 1, CONNECTIONS);
  const { perSecond, failed, latency } = await loadOn(gateway, 1, seconds, CONNECTIONS);
  return {
    part: "scaling",
    what: `${count} Executors of 20 ms behind one gateway, ${CONNECTIONS} connections`,
    unit: "/s",
    ours: perSecond,
    peer: { name: "what they can answer", value: count * DEVICE_RATE },
    notes: [`${count} Executors: ${failed} failed, median latency ${latency.p50.toFixed(0)} ms`],
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
