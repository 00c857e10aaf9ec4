import { checkKeys, invalidArgument, outOfRange, preview } from "../errors/mod.ts";
import type { Uses } from "../executor/entry.ts";
import type { LogSink } from "../log/logger.ts";
import { GATEWAY } from "./gateway_name.ts";
import {
  checkCloneable,
  checkFlag,
  checkModules,
  checkPatterns,
  checkReplicas,
  isNames,
  isPlain,
  refuse,
} from "./option_checks.ts";
import { checkPoll } from "./poll.ts";
import { MAX_TIMER_MS } from "../async/deadline.ts";

export { MAX_REPLICAS as MOST_REPLICAS } from "./option_checks.ts";

/** How a Flow serves. */
export interface FlowOptions {
  /** The port; 0 picks a free one, which `flow.port` tells. @default 12345 */
  port?: number;
  /**
   * The address to bind. With a local one, only requests whose `Host` is local are answered.
   *
   * @default "127.0.0.1"
   */
  host?: string;
  /**
   * Whether pages of any origin may ask, without credentials (`Access-Control-Allow-Origin: *`). Without it, a request
   * that a page of another origin has a browser send is answered with 403; another port is another origin.
   *
   * @default false
   */
  cors?: boolean;
  /** The largest request body, in bytes, also after inflating gzip or deflate. @default 33554432 (32 MiB) */
  bodyLimit?: number;
  /**
   * How long a request may take before it is answered with 504, in milliseconds; once it streams, how long the client
   * may go without another document. Here and below, `Infinity` is no limit.
   *
   * @default Infinity
   */
  timeout?: number;
  /** How long a version may take to load before it counts as broken, in milliseconds. @default 30000 */
  loadTimeout?: number;
  /** How long a hand-over of state waits for requests in flight, in milliseconds. @default 1000 */
  handoverTimeout?: number;
  /**
   * How long requests in flight of an Executor that is `static exclusive` may delay its next version before they are
   * cut, in milliseconds.
   *
   * @default 5000
   */
  exclusiveTimeout?: number;
  /**
   * After how long without yielding a worker that has work counts as stuck, in milliseconds: its requests are answered
   * with 503, and where the runtime can end it (Node, Bun) it is replaced. Long work that awaits nothing needs more.
   *
   * @default 5000
   */
  stuckAfter?: number;
  /**
   * How long `Flow.close()` waits for requests in flight, an Executor's own `close()` may take, and a restart waits for
   * streams of the version before, in milliseconds.
   *
   * @default 10000
   */
  closeTimeout?: number;
  /**
   * Whether files are looked at again and again, where no events tell of their changes: in containers, on mounts of a
   * network or of another system. A number is the time between two looks in milliseconds, from 10 to 60000; `true` is
   * 100. They are stretched where looking takes long.
   *
   * @default what the environment variable `HOTFLOW_POLL` says, `1` or a number; else `false`
   */
  poll?: boolean | number;
  /** Where log lines go. @default standard error */
  log?: LogSink;
}

/** How a Flow is loaded from its YAML: what is given here takes the place of what the file says under `with`. */
export interface LoadOptions extends FlowOptions {
  /**
   * Whether changes of the file are applied while the Flow serves. If so, its Executors are reloaded and restarted
   * too, unless they say otherwise. With `false` nothing is, whatever the file says.
   *
   * @default `with.reload` of the file, or false
   */
  reload?: boolean;
  /** How many workers run each Executor, whatever the file says. @default what it says of each */
  replicas?: number;
  /** What is not watched of each Executor's files, besides what the file says: see {@linkcode AddOptions.ignore}. */
  ignore?: readonly string[];
  /** What is watched of each Executor as well, besides what the file says: see {@linkcode AddOptions.watch}. */
  watch?: readonly string[];
}

/** An Executor of a Flow. */
export interface AddOptions {
  /**
   * What to run: an Executor class; a module, as a `URL` or a path relative to the current folder, with `#Name` when
   * it exports several Executors; an Executor YAML file; or the name of a class that was imported.
   */
  uses: Uses;
  /** The deployment's name. @default "executor0", "executor1", … */
  name?: string;
  /**
   * Whose documents it gets: the name of an Executor, also of one that is added later; several names; or `"gateway"`
   * for the request as it came in. Executors that do not need each other run in parallel.
   *
   * Several are merged by document id, and `chunks` and `matches` with them. Each field is that of the branch that
   * changed it; `tags`, `scores` and `evaluations` are merged by key. Where several branches changed the same, the one
   * named later wins.
   *
   * @default the Executor added before
   */
  needs?: string | readonly string[];
  /** Constructor arguments; each overrides that of the YAML's `with`. */
  usesWith?: Record<string, unknown>;
  /** More files that belong to the Executor: watched, and searched for its class. */
  modules?: readonly (string | URL)[];
  /** How many workers run it. @default 1 */
  replicas?: number;
  /** Whether it is reloaded when its source files change. @default false */
  reload?: boolean;
  /** Whether it is restarted when its YAML changes. @default false */
  restart?: boolean;
  /**
   * What is not watched of the files in the Executor's folder and of those it imports: patterns in the syntax of
   * gitignore, relative to the Executor's folder. What is named elsewhere, in `uses` or `modules`, is watched all the
   * same. Such as `["generated/", "*.gen.ts", "../shared/data/"]`.
   */
  ignore?: readonly string[];
  /**
   * Files that the Executor reads itself, such as prompts and templates: with `reload`, it is reloaded when they change.
   * Patterns as in `ignore`, relative to the Executor's folder; what leads out of it, such as `"../shared/prompts/"`, is
   * watched there. Hidden files and `node_modules` count only where a pattern spells them out, as `".env"` does. What
   * matches `ignore` as well, and the Executor's workspace, stay left out. Such as `["prompts/", "*.txt", ".env"]`.
   *
   * @default []
   */
  watch?: readonly string[];
}

const FLOW_KEYS: readonly (keyof FlowOptions)[] = [
  "port",
  "host",
  "cors",
  "bodyLimit",
  "timeout",
  "loadTimeout",
  "handoverTimeout",
  "exclusiveTimeout",
  "stuckAfter",
  "closeTimeout",
  "poll",
  "log",
];
const ADD_KEYS: readonly (keyof AddOptions)[] = [
  "uses",
  "name",
  "needs",
  "usesWith",
  "modules",
  "replicas",
  "reload",
  "restart",
  "ignore",
  "watch",
];

/** Options with their defaults. */
export type FlowSettings = Required<Omit<FlowOptions, "log" | "timeout" | "poll">> & {
  readonly timeout?: number;
  readonly poll?: boolean | number;
};

/** Fills in the defaults, and refuses what cannot be meant. */
export function settingsOf(options: FlowOptions): FlowSettings {
  checkKeys("make a Flow with", options, FLOW_KEYS);
  const { host, log } = options;
  if (host !== undefined && (typeof host !== "string" || host === "")) {
    refuse("make a Flow with host", host, "an address");
  }
  if (log !== undefined && typeof log !== "function") {
    refuse("make a Flow with log", log, "a function that takes log records");
  }
  const settings: FlowSettings = {
    port: options.port ?? 12345,
    host: options.host ?? "127.0.0.1",
    cors: options.cors ?? false,
    bodyLimit: options.bodyLimit ?? 32 * 1024 * 1024,
    loadTimeout: options.loadTimeout ?? 30_000,
    handoverTimeout: options.handoverTimeout ?? 1_000,
    exclusiveTimeout: options.exclusiveTimeout ?? 5_000,
    stuckAfter: options.stuckAfter ?? 5_000,
    closeTimeout: options.closeTimeout ?? 10_000,
    ...(options.timeout !== undefined && { timeout: options.timeout }),
    ...(options.poll !== undefined && { poll: options.poll }),
  };
  checkPoll(settings.poll);
  for (const [name, value] of Object.entries(settings)) {
    if (name === "poll") continue;
    if (name === "cors") {
      if (typeof value !== "boolean") refuse("make a Flow with cors", value, "true or false");
    } else if (name !== "host") checkNumber(name, value);
  }
  if (!Number.isInteger(settings.port) || settings.port > 65_535) {
    throw outOfRange(
      `Cannot make a Flow on port ${settings.port}: a whole number from 0 to 65535 is wanted`,
    );
  }
  return settings;
}

function checkNumber(name: string, value: unknown): void {
  const refuse = (wanted: string) => {
    throw outOfRange(`Cannot make a Flow with ${name} ${value}: ${wanted}`);
  };
  if (typeof value !== "number" || !(value >= 0)) return refuse("a number from 0 up is wanted");
  if (/timeout|after/i.test(name) && value > MAX_TIMER_MS && value !== Infinity) {
    refuse(`at most ${MAX_TIMER_MS} ms are wanted, or Infinity for no limit`);
  }
}

/** Refuses what cannot be meant. */
export function checkAdd(options: AddOptions): void {
  checkKeys("add an Executor with", options, ADD_KEYS);
  const { uses, name, replicas = 1, modules = [], usesWith } = options;
  if (uses === undefined || uses === null) {
    throw invalidArgument(
      "Cannot add an Executor: `uses` is missing; give it a class, a module's path, or a YAML file",
    );
  }
  checkReplicas(replicas);
  if (name !== undefined && !/^[A-Za-z_][\w-]*$/.test(name)) {
    throw invalidArgument(
      `Cannot name an Executor "${name}": letters, digits, "_" and "-" are wanted, a letter first`,
    );
  }
  if (name === GATEWAY) {
    throw invalidArgument(
      `Cannot name an Executor "${GATEWAY}": that is what \`needs\` calls the Flow's gateway`,
    );
  }
  if (!isNames(options.needs ?? [])) {
    throw invalidArgument(`Cannot need ${preview(options.needs)}: a name or an array of names is wanted`);
  }
  checkModules(modules);
  checkPatterns("ignore", options.ignore);
  checkPatterns("watch", options.watch);
  for (const flag of ["reload", "restart"] as const) checkFlag(`add an Executor with ${flag}`, options[flag]);
  if (usesWith === undefined || usesWith === null) return;
  if (!isPlain(usesWith)) {
    refuse("add an Executor with usesWith", usesWith, "an object of constructor arguments");
  }
  checkCloneable(usesWith);
}

/** The options of a load that are about its Executors. */
export type OfExecutors = "reload" | "replicas" | "ignore" | "watch";

/** What stands above what a Flow's YAML says of its Executors, and the options of the Flow; refuses what cannot be meant. */
export function splitLoad({ reload, replicas, ignore, watch, ...rest }: LoadOptions): {
  overrides: Pick<LoadOptions, OfExecutors> & { givenOptions: string[] };
  own: Omit<LoadOptions, OfExecutors>;
} {
  if (replicas !== undefined) checkReplicas(replicas);
  checkPatterns("ignore", ignore);
  checkPatterns("watch", watch);
  checkFlag("load a Flow with reload", reload);
  // What is undefined was not given: it is not to take the place of what the file says.
  const own = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  return { overrides: { reload, replicas, ignore, watch, givenOptions: Object.keys(own) }, own };
}

/** Whether an address can be reached from this machine only. */
export function isLocal(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}
