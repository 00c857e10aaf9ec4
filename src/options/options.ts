/** The options of a Flow and of its Executors. Their checks, defaults and names elsewhere are in `table.ts`. @module */
import type { BatchOptions } from "../executor/batch_options.ts";
import type { Uses } from "../executor/entry.ts";
import type { LogSink } from "../log/logger.ts";

/** A protocol by which clients reach a Flow. */
export type Protocol = "http" | "grpc";

/**
 * Middleware of Hono, such as `bearerAuth()` of `hono/bearer-auth`. Hono's own type, `MiddlewareHandler`, fits; for a
 * function of your own, `createMiddleware()` of `hono/factory` gives its context a type.
 *
 * @param context Hono's context of the request.
 * @param next Runs the next middleware, then the Flow.
 * @returns A response in place of the Flow's, or nothing.
 */
// deno-lint-ignore no-explicit-any -- Hono's type of a context does not accept one of other variables
export type Middleware = (context: any, next: () => Promise<void>) => Promise<Response | void>;

/** How a Flow serves. A time of `Infinity` is no limit. */
export interface FlowOptions {
  /**
   * The port, or a list with one for each protocol; 0 picks free ones, which `flow.ports` returns. Without it, several
   * protocols have 12345 and the ports after it.
   *
   * @default 12345
   */
  port?: number | readonly number[];
  /**
   * The protocols by which clients reach the Flow: `"http"`, by which WebSocket is served too, `"grpc"`, or a list of both.
   *
   * @default "http"
   */
  protocol?: Protocol | readonly Protocol[];
  /**
   * The address to bind. With a local one, only requests whose `Host` is local are answered.
   *
   * @default "127.0.0.1"
   */
  host?: string;
  /**
   * Whether pages of any origin may send requests, without credentials (`Access-Control-Allow-Origin: *`). Otherwise a
   * request from a page of another origin is answered with 403; another port is another origin.
   *
   * @default false
   */
  cors?: boolean;
  /**
   * Whether browsers that ask for `/` get a page that shows what happens, and `GET /events` is served. By default,
   * `flow.fetch()` serves neither.
   *
   * @default whether `host` is local
   */
  page?: boolean;
  /**
   * Middleware of Hono that each request over HTTP passes, after the check of its host; also those that open a WebSocket,
   * whose answer it can replace but not change. Requests over gRPC do not pass it.
   *
   * @default none
   */
  middleware?: readonly Middleware[];
  /** Whether it opens ports. With `false`, `flow.fetch` in an app of yours serves its requests. @default true */
  listen?: boolean;
  /** The largest request body, in bytes, also after inflating gzip or deflate. @default 33554432 (32 MiB) */
  bodyLimit?: number;
  /**
   * How long a request may take before it is answered with 504, in milliseconds; while it streams, how long the client
   * may wait for the next document.
   *
   * @default Infinity
   */
  timeout?: number;
  /** How long a version may take to load before the load fails, in milliseconds. @default 30000 */
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
   * How long a worker with work may run without yielding before it counts as stuck, in milliseconds: its requests are
   * answered with 503, and where the runtime can terminate it (Node, Bun) it is replaced. Raise it for long synchronous
   * work.
   *
   * @default 5000
   */
  stuckAfter?: number;
  /**
   * How long `Flow.close()` waits for requests in flight, an Executor's own `close()` may take, and a restart waits for
   * streams of the previous version, in milliseconds.
   *
   * @default 10000
   */
  closeTimeout?: number;
  /**
   * Whether files are polled, for places where the system reports no changes: in containers, on mounts of a network or
   * of another system. A number is the interval in milliseconds, from 10 to 60000; `true` is 100. The interval grows
   * where one round takes long.
   *
   * @default the environment variable `HOTFLOW_POLL`, `1` or a number; else `false`
   */
  poll?: boolean | number;
  /** The function that receives log records. @default standard error */
  log?: LogSink;
}

/** How a Flow is loaded from its YAML. An option that is given here overrides the one under `with` in the file. */
export interface LoadOptions extends FlowOptions {
  /**
   * Whether changes of the file are applied while the Flow serves. If so, its Executors are reloaded and restarted too,
   * unless the file sets their own `reload` and `restart`. With `false`, nothing is reloaded, whatever the file sets.
   * `"fresh"` and `"in-place"` are `true`, and how its Executors are reloaded: see {@linkcode AddOptions.reload}.
   *
   * @default `with.reload` of the file, or `false`
   */
  reload?: boolean | "fresh" | "in-place";
  /** How many workers run each Executor, whatever the file sets. @default the file's */
  replicas?: number;
  /** Where the workers of each Executor run, whatever the file sets: see {@linkcode AddOptions.isolation}. @default the file's */
  isolation?: "thread" | "process";
  /** Files not to watch, in addition to those in the file: see {@linkcode AddOptions.ignore}. */
  ignore?: readonly string[];
  /** More files to watch, in addition to those in the file: see {@linkcode AddOptions.watch}. */
  watch?: readonly string[];
}

/**
 * The permissions of an Executor in a process of its own, on Deno: `true` for all of a kind, or a list as the flag takes
 * it, such as `net: ["example.com:443"]` for `--allow-net=example.com:443`. Kinds that are left out are not allowed.
 */
export interface ExecutorPermissions {
  /** Files and folders to read. */
  readonly read?: boolean | readonly string[];
  /** Files and folders to write. */
  readonly write?: boolean | readonly string[];
  /** Hosts to connect to and to listen at, with or without a port. */
  readonly net?: boolean | readonly string[];
  /** Environment variables. */
  readonly env?: boolean | readonly string[];
  /** Programs to run. */
  readonly run?: boolean | readonly string[];
  /** Dynamic libraries to load. */
  readonly ffi?: boolean | readonly string[];
  /** Facts about the system, such as `hostname`. */
  readonly sys?: boolean | readonly string[];
  /** Hosts to import modules from. */
  readonly import?: boolean | readonly string[];
}

/** An Executor of a Flow. */
export interface AddOptions {
  /**
   * What to run: an Executor class; a module, as a `URL` or a path relative to the current folder, with `#Name` when
   * it exports several Executors; an Executor YAML file; the name of a class that was imported; or the address of an
   * Executor that somebody else runs, such as `"grpc://10.0.0.5:54321"`, or a list of the addresses of its replicas.
   */
  uses: Uses | readonly (string | URL)[];
  /** The name of the deployment. @default "executor0", "executor1", … */
  name?: string;
  /**
   * The Executors whose documents it gets: the name of one, also of one that is added later; several names; or
   * `"gateway"` for the request itself. Executors that do not need each other run in parallel.
   *
   * Documents of several Executors are merged by id, and so are `chunks` and `matches`. Each field is taken from the
   * branch that changed it; `tags`, `scores` and `evaluations` are merged by key. Where several branches changed the
   * same field, the branch named last wins.
   *
   * @default the Executor added before
   */
  needs?: string | readonly string[];
  /** Constructor arguments; each overrides that of the YAML's `with`. */
  usesWith?: Record<string, unknown>;
  /**
   * The batches of endpoints, or of all endpoints of a handler by its name, such as `{ "/embed": { size: 32, wait: 10 } }`.
   * Each overrides the one in the Executor's code or YAML. In YAML it is written as in Jina:
   * `{ /embed: { preferred_batch_size: 32, timeout: 10 } }`.
   */
  usesDynamicBatching?: Readonly<Record<string, BatchOptions>>;
  /** More modules of the Executor: watched, and searched for its class. */
  modules?: readonly (string | URL)[];
  /** How many workers run it. @default 1 */
  replicas?: number;
  /**
   * Whether it is reloaded when its source files change, and how. `"fresh"`: the new version runs in a new worker.
   * `"in-place"`: it runs in the worker of the version before, where modules that have not changed stay as they are; not
   * on Bun. `true`: in place when the version before has kept something in its worker, otherwise in a new worker.
   *
   * @default false
   */
  reload?: boolean | "fresh" | "in-place";
  /**
   * Where its workers run: `"thread"`, in threads of this process; or `"process"`, each in a process of its own. A process
   * that loops is ended and replaced, and one that crashes or runs out of memory takes nothing else with it.
   *
   * @default "thread"
   */
  isolation?: "thread" | "process";
  /**
   * With `isolation: "process"`, how much memory each of its processes may use, in MB: its JavaScript heap, and what it
   * uses beyond what it used at its start. Bun limits only the latter.
   *
   * @default no limit
   */
  memory?: number;
  /**
   * With `isolation: "process"` on Deno, its permissions, in addition to what hotflow and the imports need. Paths in
   * `read`, `write` and `ffi` are relative to the current folder, or to the YAML that contains them.
   *
   * @default those of this process
   */
  permissions?: ExecutorPermissions;
  /** With `isolation: "process"`, its environment variables, in place of those of this process. @default those of this process */
  env?: Readonly<Record<string, string>>;
  /** Whether it is restarted when its YAML changes. @default false */
  restart?: boolean;
  /**
   * Files that are not watched, among those in the Executor's folder and those that it imports: patterns in the syntax
   * of gitignore, relative to the Executor's folder, such as `["generated/", "*.gen.ts", "../shared/data/"]`. Files that
   * `uses` or `modules` name are always watched.
   */
  ignore?: readonly string[];
  /**
   * Files that the Executor reads itself, such as prompts and templates: with `reload`, it is reloaded when they change.
   * Patterns as in `ignore`, such as `["prompts/", "*.txt", ".env"]`; one that leads out of the Executor's folder, such
   * as `"../shared/prompts/"`, is watched there. Hidden files and `node_modules` match only a pattern that names them,
   * such as `".env"`. Files that match `ignore` as well, and the Executor's workspace, are not watched.
   *
   * @default []
   */
  watch?: readonly string[];
}
