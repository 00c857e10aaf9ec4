/**
 * Measures hotflow beside its peers, in the same run: `deno task bench [--only …] [--json FILE] [--quick]`.
 *
 * On a machine with few cores, or one that others use, trust the ratios and not the absolute figures.
 */
import { endOnSignals } from "./cleanup.ts";
import { measureBatching } from "./batching.ts";
import { measureFeatures } from "./features.ts";
import type { Figure } from "./figures.ts";
import { measureGrpc } from "./grpc.ts";
import { measureIsolation } from "./isolation.ts";
import { measureMemory } from "./memory.ts";
import { type BenchOptions, parseOptions, type Part } from "./options.ts";
import { measureReload } from "./reload.ts";
import { describeMachine, formatReport, jsonReport } from "./report.ts";
import { measureRestart } from "./restart.ts";
import { measureRuntimes } from "./runtimes.ts";
import { measureSaves } from "./saves.ts";
import { measureScaling } from "./scaling.ts";
import { measureStart } from "./start.ts";
import { measureThroughput } from "./throughput.ts";
import { measureTopology } from "./topology.ts";
import { measureWorkloads } from "./workloads.ts";

const MEASURES: Record<Part, (quick: boolean) => Promise<Figure[]>> = {
  reload: (quick) => measureReload(quick ? 6 : 30),
  workloads: (quick) => measureWorkloads(quick),
  restart: (quick) => measureRestart(quick ? 6 : 30),
  saves: (quick) => quick ? measureSaves(20, 1) : measureSaves(100, 3),
  throughput: (quick) => quick ? measureThroughput(1, 1) : measureThroughput(3, 3),
  batching: (quick) => quick ? measureBatching(1, 2) : measureBatching(3, 4),
  isolation: (quick) => quick ? measureIsolation(6, 1, 2) : measureIsolation(30, 5, 3),
  features: (quick) => measureFeatures(quick ? 1 : 15, 1),
  grpc: (quick) => quick ? measureGrpc(1, 1, 2) : measureGrpc(3, 3, 7),
  topology: (quick) => quick ? measureTopology(1, 50, 1) : measureTopology(5, 400, 2),
  scaling: (quick) => quick ? measureScaling(1, 3) : measureScaling(4, 15),
  start: (quick) => measureStart(quick ? 2 : 7),
  runtimes: (quick) => quick ? measureRuntimes(4, 10) : measureRuntimes(30, 100),
  memory: (quick) => quick ? measureMemory(60) : measureMemory(),
};

async function run(options: BenchOptions): Promise<boolean> {
  const machine = await describeMachine();
  const figures: Figure[] = [];
  const failures: string[] = [];
  for (const part of options.parts) {
    tell(`measuring ${part} …\n`);
    try {
      figures.push(...await MEASURES[part](options.quick));
    } catch (error) {
      failures.push(`${part}: ${Deno.inspect(error)}`);
    }
  }
  await say(`${formatReport(machine, figures, failures)}\n`);
  if (options.json !== undefined) {
    await Deno.writeTextFile(options.json, `${jsonReport(options, machine, figures, failures)}\n`);
  }
  return failures.length === 0;
}

function tell(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(text));
}

async function say(text: string): Promise<void> {
  await new Blob([text]).stream().pipeTo(Deno.stdout.writable, { preventClose: true });
}

endOnSignals();
try {
  Deno.exit(await run(parseOptions(Deno.args)) ? 0 : 1);
} catch (error) {
  tell(`${error instanceof TypeError ? error.message : Deno.inspect(error)}\n`);
  Deno.exit(2);
}
