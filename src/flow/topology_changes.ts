import type { ExecutorConfig } from "../executor/executor_yaml.ts";
import { isRemote } from "../executor/remote_address.ts";
import type { ExecutorSpec } from "../graph/flow_builder.ts";
import type { Graph } from "../graph/graph.ts";
import { OPTIONS, yamlKey } from "../options/table.ts";

/** Executors and the graph between them. */
export interface Wiring {
  /** In the order they were added. */
  readonly executors: readonly ExecutorSpec[];
  readonly graph: Graph;
}

/** The settings of an Executor, except its name and its needs. */
const SETTINGS = Object.keys(OPTIONS.executor).filter((option) => option !== "name" && option !== "needs");

/** Whether two Executors run the same code with the same settings; their needs may differ. */
export function isSame(a: ExecutorSpec, b: ExecutorSpec): boolean {
  return settingsThatDiffer(a, b).length === 0;
}

/** Describes the differences of two topologies, in words; empty when they are the same. */
export function changesOf(before: Wiring, after: Wiring): string[] {
  const old = new Map(before.executors.map((executor) => [executor.name, executor]));
  const names = new Set(after.executors.map(({ name }) => name));
  const changes: string[] = [];
  for (const executor of after.executors) {
    const { name, needs } = executor;
    const there = old.get(name);
    if (there === undefined) {
      changes.push(`added ${name}`);
      continue;
    }
    // One elsewhere has almost no settings.
    const isMoved = isRemote(there.uses) !== isRemote(executor.uses);
    const settings = isMoved ? ["uses"] : settingsThatDiffer(there, executor);
    if (settings.length > 0) changes.push(`re-configured ${name} (${settings.join(", ")})`);
    if (!same(there.needs, needs)) changes.push(`re-wired ${name} (needs ${needs.join(", ")})`);
  }
  changes.push(
    ...before.executors.filter(({ name }) => !names.has(name)).map(({ name }) => `removed ${name}`),
  );
  const order = ({ executors, graph }: Wiring) =>
    [executors, graph.ends].map((list) => list.map(({ name }) => name));
  return changes.length > 0 || same(order(before), order(after)) ? changes : ["re-ordered"];
}

/** The keys in YAML of the settings that differ. */
function settingsThatDiffer(a: ExecutorSpec, b: ExecutorSpec): string[] {
  return SETTINGS.filter((option) => !same(settingOf(a, option), settingOf(b, option))).map(yamlKey);
}

/** A setting without its place in the file, which changes when lines before it do. */
function settingOf(executor: ExecutorSpec, option: string): unknown {
  const value = (executor as unknown as Record<string, unknown>)[option];
  if (option !== "uses" || typeof value !== "object" || value === null || !("jtypeAt" in value)) return value;
  const { jtypeAt: _jtypeAt, batchingAt: _batchingAt, modules, ...config } = value as ExecutorConfig;
  return { ...config, modules: modules.map(({ path }) => path) };
}

/** Whether two values are the same as JSON; the order of keys does not matter. */
function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a, inOrder) === JSON.stringify(b, inOrder);
}

function inOrder(_key: string, value: unknown): unknown {
  // JSON has no infinity, but YAML has.
  if (typeof value === "function" || (typeof value === "number" && !Number.isFinite(value))) {
    return String(value);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1));
}
