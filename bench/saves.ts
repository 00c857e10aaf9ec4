import { App } from "./app.ts";
import { findBun } from "./bun.ts";
import type { BusyOrder, BusyReport } from "./busy.ts";
import { pause } from "./clock.ts";
import type { Figure } from "./figures.ts";
import { runHelper } from "./helper.ts";
import { bunHot, hotflowReload, inPlace, type ServerKind } from "./servers.ts";
import { summarize } from "./stats.ts";

/** Milliseconds between two saves. */
const APART = 50;
const CONNECTIONS = 8;

/** Many saves under busy connections: nothing lost, nothing stale, no long silence. */
export async function measureSaves(saves: number, rounds: number): Promise<Figure[]> {
  const bunPath = await findBun();
  const fresh: BusyReport[] = [];
  const placed: BusyReport[] = [];
  const bun: BusyReport[] = [];
  for (let round = 0; round < rounds; round++) {
    fresh.push(await savesOf(hotflowReload, saves));
    placed.push(await savesOf(inPlace(hotflowReload), saves));
    if (bunPath !== undefined) bun.push(await savesOf(bunHot(bunPath), saves));
  }
  const words = (name: string, reports: BusyReport[]) => reports.map((report) => inWords(name, report));
  return [
    ...figures(`${saves} saves`, fresh, bun, [...words("fresh", fresh), ...words("bun --hot", bun)]),
    ...figures(`${saves} saves in place`, placed, bun, words("in place", placed)),
  ];
}

/** That many saves of a server, under busy connections. */
export async function savesOf(kind: ServerKind, saves: number): Promise<BusyReport> {
  await using app = await App.start(kind);
  const lastVersion = app.version + saves;
  const seconds = (saves * APART) / 1000 + 15;
  const order: BusyOrder = { port: app.port, connections: CONNECTIONS, warmUp: 1000, lastVersion, seconds };
  await using clients = runHelper("busy.ts", order);
  await clients.line(10_000, "the busy clients");
  let due = performance.now();
  for (let i = 0; i < saves; i++) {
    app.save();
    due += APART;
    await pause(due - performance.now());
  }
  return JSON.parse(await clients.line(seconds * 1000 + 5000, "the busy clients' report"));
}

function figures(what: string, ours: BusyReport[], bun: BusyReport[], notes: string[]): Figure[] {
  const count = (reports: BusyReport[], key: "failed" | "stale" | "ok") =>
    reports.reduce((sum, report) => sum + report[key], 0);
  const gap = (reports: BusyReport[]) => summarize(reports.map((report) => report.longestGap)).median;
  const peer = (value: number) => ({ name: "bun --hot", value });
  const unsettled = ours.filter((report) => !report.settled).length;
  return [
    {
      part: "saves",
      what: `${what}, requests failed`,
      unit: "",
      ours: count(ours, "failed"),
      peer: peer(bun.length > 0 ? count(bun, "failed") : NaN),
      target: "0",
      reached: count(ours, "failed") === 0,
      notes,
    },
    {
      part: "saves",
      what: `${what}, answers by an older version`,
      unit: "",
      ours: count(ours, "stale"),
      peer: peer(bun.length > 0 ? count(bun, "stale") : NaN),
      target: "0, last save serves",
      reached: count(ours, "stale") === 0 && unsettled === 0,
    },
    {
      part: "saves",
      what: `${what}, longest gap between answers`,
      unit: "ms",
      ours: gap(ours),
      peer: peer(gap(bun)),
      target: "<= 1.0 x",
      reached: bun.length > 0 ? gap(ours) <= gap(bun) : undefined,
    },
  ];
}

function inWords(name: string, report: BusyReport): string {
  const { ok, failed, stale, longestGap, longestRequest, versions, newest, settled, failures } = report;
  const end = settled ? "" : `, the last save never answered everywhere (newest ${newest})`;
  const why = failures.length > 0 ? ` (${failures.join("; ")})` : "";
  return `${name}: ${ok} answers by ${versions} versions, ${failed} failed${why}, ${stale} stale, longest gap ` +
    `${longestGap.toFixed(1)} ms, longest request ${longestRequest.toFixed(1)} ms${end}`;
}
