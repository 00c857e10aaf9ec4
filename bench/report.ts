import { findBun } from "./bun.ts";
import { type Figure, RECORDED } from "./figures.ts";
import type { BenchOptions } from "./options.ts";

/** What the figures depend on. */
export interface Machine {
  readonly system: string;
  readonly cores: number;
  readonly deno: string;
  readonly bun: string;
  /** Load average over one minute, before the bench. */
  readonly load: number;
  readonly when: string;
}

export async function describeMachine(): Promise<Machine> {
  const bun = await findBun();
  return {
    system: `${Deno.build.os} ${Deno.build.arch}`,
    cores: navigator.hardwareConcurrency,
    deno: Deno.version.deno,
    bun: bun === undefined ? "not to be had" : await versionOf(bun),
    load: Deno.loadavg()[0] ?? NaN,
    when: new Date().toISOString(),
  };
}

async function versionOf(program: string): Promise<string> {
  const { stdout } = await new Deno.Command(program, { args: ["--version"] }).output();
  return new TextDecoder().decode(stdout).trim();
}

/** Ours by the peer's. */
function ratioOf({ ratio, ours, peer }: Figure): number {
  return ratio ?? (peer === undefined ? NaN : ours / peer.value);
}

/** The table, what is worth knowing beside it, and the figures of other days. */
export function formatReport(
  machine: Machine,
  figures: readonly Figure[],
  failures: readonly string[],
): string {
  const rows = figures.map((figure) => [
    `${figure.part}: ${figure.what}`,
    amount(figure.ours, figure.unit),
    figure.peer === undefined ? "" : `${amount(figure.peer.value, figure.unit)} ${figure.peer.name}`,
    Number.isFinite(ratioOf(figure)) ? ratioOf(figure).toFixed(2) : "",
    figure.target ?? "",
    figure.reached === undefined ? "" : figure.reached ? "yes" : "NO",
  ]);
  const parts = new Set(figures.map((figure) => figure.part));
  const recorded = RECORDED.filter(({ part }) => parts.has(part));
  return [
    `${machine.system}, ${machine.cores} cores, load ${
      machine.load.toFixed(2)
    }, Deno ${machine.deno}, Bun ${machine.bun}`,
    "",
    ...table([["figure", "ours", "peer", "ratio", "target", "reached"], ...rows]),
    "",
    ...figures.flatMap(({ part, notes = [] }) => notes.map((note) => `${part}: ${note}`)),
    "",
    ...table(recorded.map(({ part, what, figures }) => [`recorded ${part}: ${what}`, figures])),
    ...failures.map((failure) => `\nnot measured: ${failure}`),
  ].join("\n");
}

/** The same for machines. */
export function jsonReport(
  { parts, quick }: BenchOptions,
  machine: Machine,
  figures: readonly Figure[],
  failures: readonly string[],
) {
  const measured = figures.map((figure) => ({ ...figure, ratio: ratioOf(figure) }));
  // What is not a number becomes null.
  return JSON.stringify({ machine, parts, quick, figures: measured, failures, recorded: RECORDED }, null, 2);
}

function amount(value: number, unit: string): string {
  if (!Number.isFinite(value)) return "-";
  const digits = Number.isInteger(value) || value >= 1000 ? 0 : value >= 100 ? 1 : 2;
  return `${
    value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits })
  } ${unit}`
    .trimEnd();
}

export function table(rows: readonly string[][]): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => widths[i] = Math.max(widths[i] ?? 0, cell.length));
  return rows.map((row) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ").trimEnd());
}
