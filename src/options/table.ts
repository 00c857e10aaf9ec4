/**
 * The table of options. What the library does with an option follows from its row: the check, the default, the key in
 * YAML, the flag of the command line, the row in docs/options.md, and the JSON Schema.
 *
 * @module
 */
import * as kinds from "./kinds.ts";
import type { OptionKind } from "./kinds.ts";
import type { AddOptions, FlowOptions, LoadOptions } from "./options.ts";

/** A flag of the command line. */
export interface Flag {
  /** The placeholder of its value in the help; left out when it takes none. */
  readonly value?: string;
  /** Whether it can be repeated. */
  readonly multiple?: boolean;
  /** A letter that stands for it after one dash. */
  readonly short?: string;
  /** What it does, in a few words. */
  readonly help?: string;
}

/** The flag that sets an option. Its help is the option's description, unless it has its own. */
export interface OptionFlag extends Flag {
  /** Its name, without the dashes. */
  readonly name: string;
  /** What a flag without a value sets the option to. @default true */
  readonly sets?: boolean;
}

/** All that is known of an option: the values that it takes, and what is its own. */
export interface OptionSpec extends OptionKind {
  /** What it is, in a few words. */
  readonly description: string;
  /** Whether it has to be given. */
  readonly isRequired?: boolean;
  /** The value when it is not given. */
  readonly default?: unknown;
  /** The default in words, where it is not a plain value. */
  readonly defaultText?: string;
  /** Whether YAML can set it, under its name in snake case. @default whether the kind has a schema */
  readonly inYaml?: boolean;
  /** Another key in YAML. */
  readonly yamlAlias?: string;
  /** The flags of `hotflow serve`, `flow` and `executor`, of which one can be given; left out where there are none. */
  readonly flags?: readonly OptionFlag[];
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
    ...kinds.port,
    description: "the port, or one for each protocol; 0 picks a free one",
    default: 12345,
    flags: [{ name: "port", value: "PORT", multiple: true }],
  },
  protocol: {
    ...kinds.protocol,
    description: "`http` (with WebSocket), `grpc`, or both",
    default: "http",
    flags: [{ name: "protocol", value: "NAME", multiple: true }],
  },
  host: {
    ...kinds.address,
    description: "the address to bind; 0.0.0.0 lets other machines in",
    default: "127.0.0.1",
    flags: [{ name: "host", value: "ADDRESS" }],
  },
  cors: {
    ...kinds.flag,
    description: "answer pages of any origin",
    default: false,
    flags: [{ name: "cors" }],
  },
  page: {
    ...kinds.flag,
    description: "a live page at `/`",
    defaultText: "whether `host` is local",
    flags: [
      { name: "page", help: "a live page for browsers, even if the host is not local" },
      { name: "no-page", sets: false, help: "no page, and no GET /events" },
    ],
  },
  middleware: {
    ...kinds.middleware,
    description: "Hono middleware",
    default: [],
    defaultText: "none",
  },
  listen: { ...kinds.flag, description: "open ports", default: true, inYaml: false },
  bodyLimit: {
    ...kinds.size,
    description: "the largest request body, in bytes",
    default: 32 * 1024 * 1024,
    defaultText: "33554432 (32 MiB)",
  },
  timeout: milliseconds(Infinity, "the longest time to answer a request"),
  loadTimeout: milliseconds(30_000, "the longest time to load a version"),
  handoverTimeout: milliseconds(
    1_000,
    "the longest wait of a hand-over for requests in flight",
  ),
  exclusiveTimeout: milliseconds(
    5_000,
    "the longest wait of an exclusive Executor for requests in flight",
  ),
  stuckAfter: milliseconds(5_000, "the time without yielding after which a worker is stuck"),
  closeTimeout: milliseconds(10_000, "the longest wait of closing for requests in flight"),
  poll: {
    ...kinds.poll,
    description: "poll files, where the system sends no events (containers, mounts)",
    defaultText: "the environment variable `HOTFLOW_POLL`, `1` or a number; else `false`",
    flags: [{ name: "poll" }],
  },
  log: {
    ...kinds.logSink,
    description: "a function for log records",
    defaultText: "standard error",
  },
} as const satisfies TableOf<FlowOptions>;

const EXECUTOR = {
  uses: {
    ...kinds.uses,
    description:
      "what to run: a class, a module, an Executor's YAML, an imported class's name, or `grpc://HOST:PORT`",
    isRequired: true,
  },
  name: {
    ...kinds.name,
    description: "the name of the deployment",
    defaultText: '"executor0", "executor1", …',
  },
  needs: {
    ...kinds.needs,
    description: 'the Executors whose documents it gets; "gateway" is the request itself',
    defaultText: "the Executor added before",
  },
  usesWith: {
    ...kinds.constructorArguments,
    description: "constructor arguments; each overrides the one in the Executor's YAML",
  },
  usesDynamicBatching: {
    ...kinds.batching,
    description: "batches by endpoint or handler; each overrides the one of the Executor",
  },
  modules: {
    ...kinds.modules,
    description: "more modules of the Executor: watched, and searched for its class",
    yamlAlias: "py_modules",
  },
  replicas: {
    ...kinds.replicas,
    description: "how many workers run it",
    default: 1,
    flags: [{ name: "replicas", value: "N", help: "how many workers run each Executor" }],
  },
  reload: {
    ...kinds.reload,
    description: 'reload it when its source changes: true, "fresh" or "in-place"',
    default: false,
    flags: [
      { name: "reload", value: "MODE", help: "fresh: in a new worker; in-place: in the same one" },
      {
        name: "no-reload",
        sets: false,
        help: "watch no files; on a terminal, the keys r and R still reload",
      },
    ],
  },
  isolation: {
    ...kinds.isolation,
    description: '"process" runs each of its workers in a process of its own',
    default: "thread",
    flags: [{ name: "isolation", value: "KIND", help: "process: each worker in a process of its own" }],
  },
  memory: {
    ...kinds.memory,
    description: "how much memory each of its processes may use, in MB",
    defaultText: "no limit",
  },
  permissions: {
    ...kinds.permissions,
    description: "the permissions of its processes, on Deno",
    defaultText: "those of this process",
  },
  env: {
    ...kinds.environment,
    description: "the environment variables of its processes",
    defaultText: "those of this process",
  },
  restart: { ...kinds.flag, description: "restart it when its YAML changes", default: false },
  ignore: {
    ...kinds.ignore,
    description: "files not to watch (gitignore syntax)",
    flags: [{ name: "ignore", value: "PATTERN", multiple: true }],
  },
  watch: {
    ...kinds.watch,
    description: "more files whose saves reload it (gitignore syntax)",
    default: [],
    flags: [{ name: "watch", value: "PATTERN", multiple: true }],
  },
} as const satisfies TableOf<AddOptions>;

const LOAD = {
  reload: {
    ...kinds.reload,
    description: "apply changes of the Flow's YAML while it serves, and reload its Executors",
    defaultText: "`with.reload` of the file, or `false`",
  },
  replicas: {
    ...kinds.replicas,
    description: "replicas of each Executor",
    defaultText: "the file's",
    inYaml: false,
  },
  isolation: {
    ...kinds.isolation,
    description: "`isolation` of each Executor",
    defaultText: "the file's",
    inYaml: false,
  },
  ignore: { ...kinds.ignore, description: "added to `ignore` of each Executor", inYaml: false },
  watch: { ...kinds.watch, description: "added to `watch` of each Executor", inYaml: false },
} as const satisfies TableOf<Omit<LoadOptions, keyof FlowOptions>>;

function milliseconds(byDefault: number, what: string): OptionSpec {
  return { ...kinds.time, description: `${what}, in ms`, default: byDefault };
}

/** The options there are. */
export const OPTIONS: OptionTables = {
  flow: FLOW,
  load: LOAD,
  executor: EXECUTOR,
  yamlOnly: {
    method: {
      ...kinds.method,
      description: "`needs_all` joins all branches before it",
      defaultText: "`add`",
    },
    external: {
      ...kinds.flag,
      description: "somebody else runs it: `host` and `port` say where",
      default: false,
    },
    host: { ...kinds.hosts, description: "where an `external` Executor runs", defaultText: "127.0.0.1" },
    port: { ...kinds.remotePorts, description: "the port of an `external` Executor" },
    tls: { ...kinds.flag, description: "whether the connection to it is encrypted", default: false },
  },
};

/** The key of an option in YAML. */
export function yamlKey(option: string): string {
  return option.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Options by their keys in YAML, aliases included. */
export function byYamlKey(
  ...tables: readonly OptionTable[]
): ReadonlyMap<string, [name: string, OptionSpec]> {
  const rows = tables.flatMap((table) => Object.entries(table))
    .filter(([, { schema, inYaml = schema !== undefined }]) => inYaml);
  return new Map(
    rows.flatMap(([name, spec]) =>
      [yamlKey(name), spec.yamlAlias].filter((key) => key !== undefined).map((key) => [key, [name, spec]])
    ),
  );
}

/** The values of the options that are plain values by default. */
export function defaultsOf(table: OptionTable): Record<string, unknown> {
  const rows = Object.entries(table).filter(([, spec]) => spec.default !== undefined);
  return Object.fromEntries(rows.map(([name, spec]) => [name, spec.default]));
}
