import { App } from "./app.ts";
import type { Figure } from "./figures.ts";
import { checkAnswer, loadOn, rateOf } from "./throughput.ts";
import type { LoadReport } from "./load.ts";
import { hotflowFeature } from "./servers.ts";
import { median, rotated } from "./stats.ts";

/** What is compared with a Flow that has nothing of it. */
const FEATURES = ["headers", "middleware", "schema", "batches", "request log", "traces"] as const;
const PLAIN = "nothing extra";
const BARE = "no metrics";
/** The share of the throughput that metrics, which are always on, have to leave. */
const SHARE = 0.97;

/** The same endpoint with each feature, and without metrics, in rounds that alternate. */
export async function measureFeatures(rounds: number, seconds: number): Promise<Figure[]> {
  // The spans have to go somewhere.
  await using sink = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => Response.json({}),
  );
  await using stack = new AsyncDisposableStack();
  const reports = new Map<string, LoadReport[]>();
  const apps: (readonly [name: string, app: App])[] = [];
  for (const name of [PLAIN, BARE, ...FEATURES]) {
    const app = stack.use(await App.start(hotflowFeature(name, sink.addr.port)));
    await checkAnswer(app);
    apps.push([name, app]);
    reports.set(name, []);
  }
  for (const [, app] of apps) await loadOn(app, 1, Math.min(seconds, 1.5));
  for (let round = 0; round < rounds; round++) {
    for (const [name, app] of rotated(apps, round)) reports.get(name)?.push(await loadOn(app, 1, seconds));
  }
  const figure = (what: string, name: string, peer: string): Figure => {
    const [ours = [], others = []] = [reports.get(name), reports.get(peer)];
    const ratio = median(ours.map(({ perSecond }, round) => perSecond / (others[round]?.perSecond ?? NaN)));
    const failed = ours.reduce((sum, report) => sum + report.failed, 0);
    const notes = [`${what}: ${failed} failed`];
    return {
      part: "features",
      what,
      unit: "/s",
      ours: rateOf(ours),
      peer: { name: peer, value: rateOf(others) },
      ratio,
      notes,
    };
  };
  const metrics = figure("metrics", PLAIN, BARE);
  return [
    { ...metrics, target: `>= ${SHARE} x`, reached: (metrics.ratio ?? NaN) >= SHARE },
    ...FEATURES.map((name) => figure(name, name, PLAIN)),
  ];
}
