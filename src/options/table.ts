/**
 * The table of options. What the library does with an option follows from its row: the check, the default, the key in
 * YAML, the flag of the command line, the row in the README, and the JSON Schema.
 *
 * @module
 */
import * as kinds from "./kinds.ts";
import type { OptionKind } from "./kinds.ts";
import type { AddOptions, FlowOptions, LoadOptions } from "./options.ts";

/** The flag that sets an option. */
export interface FlagSpec {
  /** Its name, without the dashes. */
  readonly name: string;
  /** The placeholder of its value in the help; left out for a flag without a value. */
  readonly value?: string;
  /** What a flag without a value sets the option to. @default true */
  readonly sets?: boolean;
  /** Whether it can be repeated. */
  readonly multiple?: boolean;
  /** Its help. @default the option's description */
  readonly help?: string;
}

/** All that is known of an option. */
export interface OptionSpec {
  /** The values that it takes. */
  readonly kind: OptionKind;
  /** What it is, in a few words. */
  readonly description: string;
  /** Whether it has to be given. */
  readonly isRequired?: boolean;
  /** The value when it is not given. */
  readonly default?: unknown;
  /** The default in words, where it is not a plain value. */
  readonly defaultText?: string;
  /** The key in YAML; left out where YAML cannot set it. */
  readonly yaml?: string;
  /** More names of the same key. */
  readonly yamlAliases?: readonly string[];
  /** The flag of `hotflow serve`, `flow` and `executor`; left out where there is none. */
  readonly flag?: FlagSpec;
}

/** Options by name. */
export type OptionTable = Readonly<Record<string, OptionSpec>>;

/** A table without a row for each option of the interface does not compile. */
type TableOf<Options> = { readonly [Name in keyof Required<Options>]: OptionSpec };

/** All options. */
export interface OptionTables {
  /** Those of {@linkcode FlowOptions}. */
  readonly flow: OptionTable;
  /** Those that {@linkcode LoadOptions} adds. */
  readonly load: OptionTable;
  /** Those of {@linkcode AddOptions}. */
  readonly executor: OptionTable;
  /** Keys of an Executor in a Flow's YAML that are not options of code. */
  readonly yamlOnly: OptionTable;
}

const FLOW = {
  port: {
    kind: kinds.port,
    description: "the port; 0 picks a free one",
    default: 12345,
    yaml: "port",
    flag: { name: "port", value: "PORT" },
  },
  host: {
    kind: kinds.address,
    description: "the address to bind; 0.0.0.0 lets other machines in",
    default: "127.0.0.1",
    yaml: "host",
    flag: { name: "host", value: "ADDRESS" },
  },
  cors: {
    kind: kinds.flag,
    description: "allow pages of any origin to send requests",
    default: false,
    yaml: "cors",
    flag: { name: "cors" },
  },
  bodyLimit: {
    kind: kinds.size,
    description: "the largest request body, in bytes",
    default: 32 * 1024 * 1024,
    defaultText: "33554432 (32 MiB)",
    yaml: "body_limit",
  },
  timeout: {
    kind: kinds.time,
    description: "the longest time until a request is answered, in ms",
    default: Infinity,
    yaml: "timeout",
  },
  loadTimeout: {
    kind: kinds.time,
    description: "the longest time to load a version, in ms",
    default: 30_000,
    yaml: "load_timeout",
  },
  handoverTimeout: {
    kind: kinds.time,
    description: "the longest time that a hand-over of state waits for requests in flight, in ms",
    default: 1_000,
    yaml: "handover_timeout",
  },
  exclusiveTimeout: {
    kind: kinds.time,
    description:
      "the longest time that requests in flight delay the next version of an exclusive Executor, in ms",
    default: 5_000,
    yaml: "exclusive_timeout",
  },
  stuckAfter: {
    kind: kinds.time,
    description: "the time without yielding after which a worker counts as stuck, in ms",
    default: 5_000,
    yaml: "stuck_after",
  },
  closeTimeout: {
    kind: kinds.time,
    description: "the longest time that closing waits for requests in flight, in ms",
    default: 10_000,
    yaml: "close_timeout",
  },
  poll: {
    kind: kinds.poll,
    description: "poll files for changes, where the system sends no events (containers, mounts)",
    defaultText: "the environment variable `HOTFLOW_POLL`, `1` or a number; else `false`",
    yaml: "poll",
    flag: { name: "poll" },
  },
  log: {
    kind: kinds.logSink,
    description: "the function that receives log records",
    defaultText: "standard error",
  },
} as const satisfies TableOf<FlowOptions>;

const EXECUTOR = {
  uses: {
    kind: kinds.uses,
    description: "what to run: a class, a module, an Executor's YAML, or the name of an imported class",
    isRequired: true,
    yaml: "uses",
  },
  name: {
    kind: kinds.name,
    description: "the name of the deployment",
    defaultText: '"executor0", "executor1", …',
    yaml: "name",
  },
  needs: {
    kind: kinds.needs,
    description: 'the Executors whose documents it gets; "gateway" is the request itself',
    defaultText: "the Executor added before",
    yaml: "needs",
  },
  usesWith: {
    kind: kinds.constructorArguments,
    description: "constructor arguments; each overrides the one in the Executor's YAML",
    yaml: "uses_with",
  },
  modules: {
    kind: kinds.modules,
    description: "more modules of the Executor: watched, and searched for its class",
    yaml: "modules",
    yamlAliases: ["py_modules"],
  },
  replicas: {
    kind: kinds.replicas,
    description: "how many workers run it",
    default: 1,
    yaml: "replicas",
    flag: { name: "replicas", value: "N", help: "how many workers run each Executor" },
  },
  reload: {
    kind: kinds.flag,
    description: "reload it when its source files change",
    default: false,
    yaml: "reload",
    flag: { name: "no-reload", sets: false, help: "watch no files; on a terminal, the key r still reloads" },
  },
  restart: {
    kind: kinds.flag,
    description: "restart it when its YAML changes",
    default: false,
    yaml: "restart",
  },
  ignore: {
    kind: kinds.ignore,
    description: "files not to watch (gitignore syntax)",
    yaml: "ignore",
    flag: { name: "ignore", value: "PATTERN", multiple: true },
  },
  watch: {
    kind: kinds.watch,
    description: "more files that reload it when they are saved (gitignore syntax)",
    default: [],
    yaml: "watch",
    flag: { name: "watch", value: "PATTERN", multiple: true },
  },
} as const satisfies TableOf<AddOptions>;

const LOAD = {
  reload: {
    kind: kinds.flag,
    description: "apply changes of the Flow's YAML while the Flow serves, and reload its Executors",
    defaultText: "`with.reload` of the file, or `false`",
    yaml: "reload",
  },
  replicas: { kind: kinds.replicas, description: "replicas of each Executor", defaultText: "the file's" },
  ignore: { kind: kinds.ignore, description: "added to `ignore` of each Executor" },
  watch: { kind: kinds.watch, description: "added to `watch` of each Executor" },
} as const satisfies TableOf<Omit<LoadOptions, keyof FlowOptions>>;

/** The options there are. */
export const OPTIONS: OptionTables = {
  flow: FLOW,
  load: LOAD,
  executor: EXECUTOR,
  yamlOnly: {
    method: {
      kind: kinds.method,
      description: "`needs_all` joins all branches before it",
      defaultText: "`add`",
      yaml: "method",
    },
  },
};

/** Options by their keys in YAML, aliases included. */
export function byYamlKey(
  ...tables: readonly OptionTable[]
): ReadonlyMap<string, [name: string, OptionSpec]> {
  const rows = tables.flatMap((table) => Object.entries(table));
  return new Map(
    rows.flatMap(([name, spec]) =>
      (spec.yaml === undefined ? [] : [spec.yaml, ...spec.yamlAliases ?? []]).map((
        key,
      ) => [key, [name, spec]])
    ),
  );
}

/** The values of the options that are plain values by default. */
export function defaultsOf(table: OptionTable): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(table).filter(([, spec]) => spec.default !== undefined).map((
      [name, spec],
    ) => [name, spec.default]),
  );
}

/** Writes an option's default as its docstring and the README do; `undefined` when it has none. */
export function defaultTextOf(spec: OptionSpec): string | undefined {
  if (spec.defaultText !== undefined || spec.default === undefined) return spec.defaultText;
  return typeof spec.default === "number" ? String(spec.default) : JSON.stringify(spec.default);
}
