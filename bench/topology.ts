import { App } from "./app.ts";
import { Connection } from "./connection.ts";
import type { Figure } from "./figures.ts";
import { runHelper } from "./helper.ts";
import type { LoadOrder, LoadReport } from "./load.ts";
import { hotflowBranches, hotflowChain, hotflowText } from "./servers.ts";
import { median, summarize } from "./stats.ts";

const DOCUMENTS = 100;
/** What a chain of three may cost of one Executor. */
const CHAIN_TARGET = 2.5;
/** How long two branches of 50 ms each may take together, in milliseconds. */
const BRANCHES_TARGET = 80;

/** What several Executors cost: three in a row, and two side by side. */
export async function measureTopology(rounds: number, requests: number, seconds: number): Promise<Figure[]> {
  return [...await measureChain(rounds, requests, seconds), await measureBranches(requests)];
}

async function measureChain(rounds: number, requests: number, seconds: number): Promise<Figure[]> {
  await using one = await App.start(hotflowText);
  await using three = await App.start(hotflowChain);
  await check(three, ({ text }, at) => text === `hello world ${at}!!!`);
  for (const app of [one, three]) await latencies(app, requests);
  const alone: Samples = { one: [], three: [] };
  const busy: Samples = { one: [], three: [] };
  const work: Samples = { one: [], three: [] };
  for (let round = 0; round < rounds; round++) {
    alone.one.push(median(await latencies(one, requests)));
    alone.three.push(median(await latencies(three, requests)));
    for (const [name, app] of [["one", one], ["three", three]] as const) {
      const { share, processor } = await loadOn(app, seconds);
      busy[name].push(share);
      work[name].push(processor);
    }
  }
  return [
    chainFigure("1 connection", alone),
    chainFigure("32 connections, each request's share of the time", busy),
    // What others do on this machine hardly shows in this one.
    chainFigure("the same, processor time of a request", work),
  ];
}

interface Samples {
  readonly one: number[];
  readonly three: number[];
}

function chainFigure(how: string, { one, three }: Samples): Figure {
  const ratio = median(three.map((ms, round) => ms / (one[round] ?? NaN)));
  const words = (name: string, samples: number[]) =>
    `${name}: ${samples.map((ms) => ms.toFixed(3)).join(" ")} ms`;
  return {
    part: "topology",
    what: `chain of 3, ${DOCUMENTS} documents, ${how}`,
    unit: "ms",
    ours: median(three),
    peer: { name: "one Executor", value: median(one) },
    ratio,
    target: `<= ${CHAIN_TARGET} x`,
    reached: ratio <= CHAIN_TARGET,
    notes: [words(`one Executor, ${how}`, one), words(`three, ${how}`, three)],
  };
}

async function measureBranches(requests: number): Promise<Figure> {
  await using app = await App.start(hotflowBranches);
  await check(app, ({ tags }) => Object.keys(tags ?? {}).length === 2);
  await latencies(app, 3);
  const { median: ours, min, max } = summarize(await latencies(app, Math.min(requests, 40)));
  return {
    part: "topology",
    what: `two parallel branches of 50 ms each, ${DOCUMENTS} documents`,
    unit: "ms",
    ours,
    target: `< ${BRANCHES_TARGET} ms`,
    reached: ours < BRANCHES_TARGET,
    notes: [`two parallel branches: ${min.toFixed(1)} to ${max.toFixed(1)} ms`],
  };
}

/** One request after the other, in milliseconds. */
export async function latencies(app: App, count: number, documents = DOCUMENTS): Promise<number[]> {
  using connection = await Connection.open(app.port);
  const request = app.request(documents);
  const samples: number[] = [];
  while (samples.length < count) {
    const before = performance.now();
    const { status } = await connection.exchange(request);
    samples.push(performance.now() - before);
    if (status !== 200) throw new Error(`Cannot measure "${app.kind.name}": it answers with ${status}`);
  }
  return samples;
}

/** Many connections at a time: what a request takes of the time and of the server's processor time, in ms. */
async function loadOn(app: App, seconds: number): Promise<{ share: number; processor: number }> {
  const order: LoadOrder = { port: app.port, connections: 32, documents: DOCUMENTS, seconds };
  const before = processorTime(app.pid);
  await using generator = runHelper("load.ts", order);
  const line = await generator.line(seconds * 1000 + 15_000, "the load generator's report");
  const { perSecond, ok }: LoadReport = JSON.parse(line);
  return { share: 1000 / perSecond, processor: (processorTime(app.pid) - before) / ok };
}

/** What a process has used so far, in milliseconds; not a number where the system does not tell. */
function processorTime(pid: number): number {
  if (Deno.build.os !== "linux") return NaN;
  // After the name in parentheses, which may hold anything; both times are in hundredths of a second.
  const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ").at(-1)?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

interface Answered {
  readonly text?: string;
  readonly tags?: object;
}

/** A Flow that answers fast and wrong proves nothing. */
async function check(app: App, isRight: (doc: Answered, at: number) => boolean): Promise<void> {
  using connection = await Connection.open(app.port);
  const { body } = await connection.exchange(app.request(DOCUMENTS));
  const { data = [] }: { data?: Answered[] } = JSON.parse(new TextDecoder().decode(body));
  if (data.length !== DOCUMENTS || !data.every(isRight)) {
    throw new Error(`Cannot measure "${app.kind.name}": it answers wrongly`);
  }
}
