import { Logger, type LogSink } from "../log/logger.ts";
import { runtime } from "../runtime/mod.ts";
import { join } from "../paths.ts";
import { ExecutorBase } from "./lifecycle.ts";
import type { RequestBindings } from "./requests.ts";

/** Marks Executor classes, so that several copies of this package recognize each other's. */
const BRAND = Symbol.for("hotflow.executor");
/** The global property that passes a {@linkcode Construction} to the base constructor. */
const CONSTRUCTION = Symbol.for("hotflow.construction");

/** The place of an Executor in the Flow. */
export interface ExecutorRuntime {
  /** The deployment's name, such as `executor0`. */
  readonly deployment: string;
  /** The number of the replica in the deployment, from 0. */
  readonly replica: number;
  /** The number of the load of the code, from 1. */
  readonly version: number;
}

/** The `metas` of an Executor's YAML. */
export interface ExecutorMetas {
  /** The Executor's name. @default the deployment's name */
  readonly name: string;
  /** The other keys of `metas`. */
  readonly [key: string]: unknown;
}

/** The data for the base constructor of an Executor. */
export interface Construction {
  readonly runtime: ExecutorRuntime;
  readonly metas: ExecutorMetas;
  readonly workspace: string;
  readonly sink?: LogSink;
}

/**
 * The base class of Executors, which handle requests. A subclass binds its methods to endpoints with
 * {@linkcode requests} or `static requests`. All other members are optional:
 *
 * - `constructor(options)`: called for every version with the `with` arguments; `super()` needs no arguments;
 * - `setup()`: awaited before the version serves;
 * - `close()`: awaited after the last request of the version;
 * - `saveState()` and `restoreState(state)`: pass state to the next version on a reload;
 * - `static exclusive = true`: the old version closes before the next one is set up.
 *
 * Follows Jina's Executor.
 *
 * @example
 * ```ts
 * import { type DocumentArray, Executor, requests } from "@hotflow/hotflow";
 *
 * class Shout extends Executor {
 *   @requests()
 *   shout(docs: DocumentArray) {
 *     for (const doc of docs) doc.text = doc.text.toUpperCase();
 *   }
 * }
 * console.assert(new Shout() instanceof Executor);
 * ```
 */
export class Executor extends ExecutorBase {
  /** Writes lines to the Flow's log under this replica's name. */
  readonly logger: Logger;
  /** The `metas` of the Executor's YAML. */
  readonly metas: ExecutorMetas;
  /** The deployment, replica and version of this Executor. */
  readonly runtime: ExecutorRuntime;
  readonly #workspace: string;

  constructor() {
    super();
    const given = (globalThis as { [CONSTRUCTION]?: Construction })[CONSTRUCTION];
    this.runtime = given?.runtime ?? { deployment: new.target.name, replica: 0, version: 1 };
    this.metas = given?.metas ?? { name: this.runtime.deployment };
    this.logger = new Logger(`${this.runtime.deployment}/rep-${this.runtime.replica}`, given?.sink);
    this.#workspace = given?.workspace ?? join(runtime.cwd(), ".hotflow", this.runtime.deployment);
  }

  /** The path of this Executor's own folder, created on first use and never watched. */
  get workspace(): string {
    runtime.makeFolder(this.#workspace);
    return this.#workspace;
  }
}

Object.defineProperty(Executor, BRAND, { value: true });

/** The class of an Executor, as `uses` accepts it. */
export interface ExecutorClass {
  /** The class's name. */
  readonly name: string;
  /**
   * The module that defines the class, for classes without decorators: a URL or an absolute path, as in
   * `static readonly source = import.meta.url`, or `static source = __filename` in CommonJS.
   */
  readonly source?: string | URL;
  /** The handlers by endpoint, for classes without decorators. */
  readonly requests?: RequestBindings;
  /**
   * Whether versions never run side by side: at each reload, restart and replacement, the old version finishes its
   * requests and closes before the next one is constructed, while new requests wait. Use it for a resource that only
   * one version can hold: a port, a locked database file, an index that `close()` saves and `setup()` loads. When the
   * next version fails, `setup()` of the old object is called again, and the old version continues to serve. The worker
   * of a class without `close()` is terminated when the next version needs the resource. Allows one replica.
   *
   * @default false
   */
  readonly exclusive?: boolean;
  /** Creates an Executor with the `with` arguments. */
  // deno-lint-ignore no-explicit-any -- each class declares its own `with` arguments
  new (options?: any): Executor;
}

/** Whether a value is an Executor class, of any copy of this package. */
export function isExecutorClass(value: unknown): value is ExecutorClass {
  return typeof value === "function" && BRAND in value && !Object.hasOwn(value, BRAND);
}

/** Creates an Executor, and passes `construction` to the base constructor. */
export function construct(
  type: ExecutorClass,
  options: Record<string, unknown>,
  construction: Construction,
): Executor {
  const scope = globalThis as { [CONSTRUCTION]?: Construction };
  scope[CONSTRUCTION] = construction;
  try {
    return new type(options);
  } finally {
    delete scope[CONSTRUCTION];
  }
}
