import { App } from "./app.ts";
import { Connection } from "./connection.ts";
import type { Figure } from "./figures.ts";
import { runHelper } from "./helper.ts";
import type { LoadOrder, LoadReport } from "./load.ts";
import { denoEcho, honoEcho, hotflowText } from "./servers.ts";
import { median, rotated } from "./stats.ts";

const CONNECTIONS = 32;

/** The share of a bare `Deno.serve` echo that has to be reached, by number of documents. */
const SIZES = [{ documents: 1, share: 0.48 }, { documents: 100, share: 0.65 }] as const;

/** `POST /post` on many connections, in rounds that alternate between ours and the peers. */
export async function measureThroughput(rounds: number, seconds: number): Promise<Figure[]> {
  await using ours = await App.start(hotflowText);
  await using bare = await App.start(denoEcho);
  await using hono = await App.start(honoEcho);
  const apps = [ours, bare, hono];
  await checkAnswer(ours);
  const figures: Figure[] = [];
  for (const { documents, share } of SIZES) {
    const reports = new Map<App, LoadReport[]>(apps.map((app) => [app, []]));
    for (const app of apps) await loadOn(app, documents, Math.min(seconds, 1.5));
    for (let round = 0; round < rounds; round++) {
      // Another one begins each round, so that drift favours none.
      for (const app of rotated(apps, round)) reports.get(app)?.push(await loadOn(app, documents, seconds));
    }
    figures.push(...figuresOf(documents, share, apps.map((app) => reports.get(app) ?? [])));
  }
  return figures;
}

/** Asks on many connections for some seconds. */
export async function loadOn(
  app: App,
  documents: number,
  seconds: number,
  connections = CONNECTIONS,
): Promise<LoadReport> {
  const order: LoadOrder = { port: app.port, connections, documents, seconds };
  await using generator = runHelper("load.ts", order);
  return JSON.parse(await generator.line(seconds * 1000 + 15_000, "the load generator's report"));
}

/** A server that answers fast and wrong proves nothing. */
export async function checkAnswer(app: App): Promise<void> {
  using connection = await Connection.open(app.port);
  const { status, body } = await connection.exchange(app.request(100));
  const answer: { data?: { text?: string }[] } = JSON.parse(new TextDecoder().decode(body));
  const texts = answer.data?.map((doc) => doc.text) ?? [];
  const right = texts.length === 100 && texts.every((text, i) => text === `hello world ${i}!`);
  if (status !== 200 || !right) {
    throw new Error(`Cannot measure "${app.kind.name}": it answers wrongly, with ${status}`);
  }
}

function figuresOf(
  documents: number,
  share: number,
  [ours = [], bare = [], hono = []]: LoadReport[][],
): Figure[] {
  const ratio = (peer: LoadReport[]) => median(ours.map((r, i) => r.perSecond / (peer[i]?.perSecond ?? NaN)));
  const failed = ours.reduce((sum, report) => sum + report.failed, 0);
  const common = {
    part: "throughput",
    what: `POST /post, ${documents} document${documents > 1 ? "s" : ""}`,
    unit: "/s",
    ours: rateOf(ours),
  } as const;
  return [
    {
      ...common,
      peer: { name: "Deno.serve", value: rateOf(bare) },
      ratio: ratio(bare),
      target: `>= ${share} x`,
      reached: failed === 0 && ratio(bare) >= share,
      notes: [inWords("hotflow", ours), inWords("Deno.serve", bare), inWords("Hono", hono)],
    },
    { ...common, peer: { name: "Hono", value: rateOf(hono) }, ratio: ratio(hono) },
  ];
}

/** Answers per second, the median of the rounds. */
export function rateOf(reports: readonly LoadReport[]): number {
  return median(reports.map((report) => report.perSecond));
}

function inWords(name: string, reports: LoadReport[]): string {
  const ms = (key: keyof LoadReport["latency"]) =>
    median(reports.map(({ latency }) => latency[key])).toFixed(2);
  const rates = reports.map((report) => Math.round(report.perSecond).toLocaleString("en")).join(" ");
  const failed = reports.reduce((sum, report) => sum + report.failed, 0);
  const cpu = Math.round(100 * median(reports.map((report) => report.cpu)));
  return `${name}: ${rates} per second, ${failed} failed, p50 ${ms("p50")} p90 ${ms("p90")} p99 ${
    ms("p99")
  } ` +
    `max ${ms("max")} ms, the generator used ${cpu} % of a core`;
}
