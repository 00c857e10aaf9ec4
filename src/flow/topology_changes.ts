import type { ExecutorConfig } from "../executor/executor_yaml.ts";
import type { ExecutorSpec } from "../graph/flow_builder.ts";
import type { Graph } from "../graph/graph.ts";

/** Executors and the ways between them. */
export interface Wiring {
  readonly executors: readonly ExecutorSpec[];
  readonly graph: Graph;
}

/** What of an Executor is called in YAML, in messages. */
const SETTINGS = {
  uses: "uses",
  usesWith: "uses_with",
  modules: "modules",
  replicas: "replicas",
  reload: "reload",
  restart: "restart",
  ignore: "ignore",
  watch: "watch",
} as const satisfies Partial<Record<keyof ExecutorSpec, string>>;

/** Whether two Executors of one name run the same in the same way, wherever their documents come from. */
export function isSame(a: ExecutorSpec, b: ExecutorSpec): boolean {
  return settingsThatDiffer(a, b).length === 0;
}

/**
 * What makes one topology another.
 *
 * @param before The one there is.
 * @param after The one there is to be.
 * @returns What has changed, in words; nothing when they are the same.
 */
export function changesOf(before: Wiring, after: Wiring): string[] {
  const old = new Map(before.executors.map((executor) => [executor.name, executor]));
  const names = new Set(after.executors.map(({ name }) => name));
  const changes = [
    ...after.executors.flatMap((executor) => {
      const { name } = executor;
      const there = old.get(name);
      if (there === undefined) return [`added ${name}`];
      const settings = settingsThatDiffer(there, executor);
      return [
        ...(settings.length === 0 ? [] : [`re-configured ${name} (${settings.join(", ")})`]),
        ...(same(there.needs, executor.needs)
          ? []
          : [`re-wired ${name} (needs ${executor.needs.join(", ")})`]),
      ];
    }),
    ...before.executors.filter(({ name }) => !names.has(name)).map(({ name }) => `removed ${name}`),
  ];
  const order = ({ executors, graph }: Wiring) =>
    [executors, graph.ends].map((list) => list.map(({ name }) => name));
  return changes.length > 0 || same(order(before), order(after)) ? changes : ["re-ordered"];
}

function settingsThatDiffer(a: ExecutorSpec, b: ExecutorSpec): string[] {
  const keys = Object.keys(SETTINGS) as (keyof typeof SETTINGS)[];
  return keys.filter((key) => !same(settingOf(a, key), settingOf(b, key))).map((key) => SETTINGS[key]);
}

/** A setting, without where in the file it stands: that changes when something comes before it. */
function settingOf(executor: ExecutorSpec, key: keyof typeof SETTINGS): unknown {
  const value = executor[key];
  if (key !== "uses" || typeof value !== "object" || !("jtypeAt" in value)) return value;
  const { jtypeAt: _, modules, ...config } = value as ExecutorConfig;
  return { ...config, modules: modules.map(({ path }) => path) };
}

/** Whether two values are the same as JSON, in whatever order their keys come. */
function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a, inOrder) === JSON.stringify(b, inOrder);
}

function inOrder(_key: string, value: unknown): unknown {
  // JSON knows no infinity, and YAML does.
  if (typeof value === "function" || (typeof value === "number" && !Number.isFinite(value))) {
    return String(value);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1));
}
