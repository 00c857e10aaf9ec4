import { h } from "../dom.ts";
import { atNextFrame } from "../frame.ts";
import { count, duration } from "../format.ts";
import type { Live, PageEventOf } from "../store.ts";
import { Chart, type Line, type Point } from "./chart.ts";

type Sample = PageEventOf<"sample">;
type Load = PageEventOf<"load">;

/** Samples that are kept: two a second. */
const MOST_SAMPLES = 1200;
const MOST_LOADS = 500;
/** What is kept of time, and what is shown of it at least. */
const SPAN_MS = 600_000;
const LEAST_SPAN_MS = 60_000;

/** Throughput, latency, memory, event loop delay and reload times of the last ten minutes, as small charts. */
export function figures(live: Live): HTMLElement {
  const kept = new Kept();
  const charts = {
    throughput: new Chart({ title: "Throughput", format: (value) => `${count(value)}/s` }),
    latency: new Chart({ title: "Latency", format: duration }),
    memory: new Chart({ title: "Memory", format: (value) => `${count(value)} MB` }),
    loopDelay: new Chart({ title: "Event loop delay", format: duration }),
    reloads: new Chart({ title: "Reload times", format: duration, isDots: true }),
  };
  const draw = atNextFrame(() => {
    const { end, span } = kept;
    const line = (name: string, className: string, read: (sample: Sample) => number | undefined): Line => ({
      name,
      class: className,
      points: kept.samples.map((sample): Point => ({ at: Date.parse(sample.at), value: read(sample) })),
    });
    const draw = (chart: Chart, ...lines: Line[]) => chart.draw({ lines, end, span });
    draw(
      charts.throughput,
      line("all", "one", ({ requests, seconds }) => requests.count / seconds),
      line("errors", "bad", ({ requests, seconds }) => requests.errors / seconds),
    );
    draw(
      charts.latency,
      line("p50", "one", ({ requests }) => requests.p50),
      line("p95", "two", ({ requests }) => requests.p95),
    );
    draw(charts.memory, line("memory", "one", ({ memory }) => memory));
    draw(charts.loopDelay, line("delay", "one", ({ loopDelay }) => loopDelay));
    const points = kept.loads.map(({ at, ms, error }) => ({
      at: Date.parse(at),
      value: ms,
      isBad: error !== undefined,
    }));
    draw(charts.reloads, { name: "reload", class: "one", points });
  });
  live.on((event) => {
    if (kept.take(event)) draw();
  });
  return h("div", { class: "panel figures" }, ...Object.values(charts).map(({ element }) => element));
}

/** The samples and loads of the last ten minutes, also of the process before. */
class Kept {
  samples: readonly Sample[] = [];
  loads: readonly Load[] = [];

  /** The time up to which is drawn. */
  get end(): number {
    const times = [this.samples.at(-1)?.at, this.loads.at(-1)?.at].map((at) =>
      at === undefined ? 0 : Date.parse(at)
    );
    return Math.max(...times) || Date.now();
  }

  /** How much time is drawn: all there is, in whole minutes. */
  get span(): number {
    const times = [this.samples[0]?.at, this.loads[0]?.at].flatMap((at) =>
      at === undefined ? [] : Date.parse(at)
    );
    const minutes = Math.ceil((this.end - Math.min(...times)) / LEAST_SPAN_MS);
    return Math.min(Math.max(minutes, 1) * LEAST_SPAN_MS, SPAN_MS);
  }

  /** Takes an event; returns whether anything was new. */
  take(event: Parameters<Parameters<Live["on"]>[0]>[0]): boolean {
    if (event.kind === "hello") {
      const [first] = event.samples;
      const before = first === undefined ? this.samples : this.samples.filter(({ at }) => at < first.at);
      this.samples = [...before, ...event.samples.map(ofFlow)];
      const known = new Set(event.loads.map(({ at }) => at));
      this.loads = [...this.loads.filter(({ at }) => !known.has(at)), ...event.loads.filter(isReload)];
    } else if (event.kind === "sample") this.samples = [...this.samples, ofFlow(event)];
    else if (event.kind === "load" && isReload(event)) this.loads = [...this.loads, event];
    else return false;
    const least = new Date(this.end - SPAN_MS).toISOString();
    this.samples = this.samples.filter(({ at }) => at >= least).slice(-MOST_SAMPLES);
    this.loads = this.loads.filter(({ at }) => at >= least).slice(-MOST_LOADS);
    return true;
  }
}

function isReload({ cause }: Load): boolean {
  return cause !== "start";
}

/** A sample without the figures of each Executor, which no chart shows. */
function ofFlow(sample: Sample): Sample {
  return { ...sample, deployments: {} };
}
