import { Logger, type LogSink } from "../log/logger.ts";
import { runtime } from "../runtime/mod.ts";
import { join } from "../paths.ts";
import { ExecutorBase } from "./lifecycle.ts";
import type { RequestBindings } from "./requests.ts";

/** Marks Executor classes, so that those of two copies of this package know each other. */
const BRAND = Symbol.for("hotflow.executor");
/** Where the maker of an Executor leaves what the base constructor picks up. */
const CONSTRUCTION = Symbol.for("hotflow.construction");

/** Where an Executor runs. */
export interface ExecutorRuntime {
  /** The deployment's name, such as `executor0`. */
  readonly deployment: string;
  /** Which replica of the deployment, from 0. */
  readonly replica: number;
  /** Which load of the code, from 1. */
  readonly version: number;
}

/** The `metas` of an Executor's YAML. */
export interface ExecutorMetas {
  /** The Executor's own name; the deployment's when the YAML gives none. */
  readonly name: string;
  /** Whatever else `metas` holds. */
  readonly [key: string]: unknown;
}

/** What the base constructor picks up. */
export interface Construction {
  readonly runtime: ExecutorRuntime;
  readonly metas: ExecutorMetas;
  readonly workspace: string;
  readonly sink?: LogSink;
}

/**
 * The base of the classes that handle requests. A subclass binds its methods to endpoints with
 * {@linkcode requests} or `static requests`, and may have more, all optional:
 *
 * - `constructor(options)`: called for every version with the `with` arguments; `super()` needs none;
 * - `setup()`: awaited before the version serves;
 * - `close()`: awaited when the version has finished its last request;
 * - `saveState()` and `restoreState(state)`: what a reload hands to the next version;
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
  /** Where this Executor runs. */
  readonly runtime: ExecutorRuntime;
  readonly #workspace: string;

  constructor() {
    super();
    const made = (globalThis as { [CONSTRUCTION]?: Construction })[CONSTRUCTION];
    this.runtime = made?.runtime ?? { deployment: new.target.name, replica: 0, version: 1 };
    this.metas = made?.metas ?? { name: this.runtime.deployment };
    this.logger = new Logger(`${this.runtime.deployment}/rep-${this.runtime.replica}`, made?.sink);
    this.#workspace = made?.workspace ?? join(runtime.cwd(), ".hotflow", this.runtime.deployment);
  }

  /** A folder of its own, made on first use and never watched. */
  get workspace(): string {
    runtime.makeFolder(this.#workspace);
    return this.#workspace;
  }
}

Object.defineProperty(Executor, BRAND, { value: true });

/** An Executor's class, as `uses` takes it. */
export interface ExecutorClass {
  /** The class's name. */
  readonly name: string;
  /**
   * The module that defines it, when its decorators cannot tell: a URL or an absolute path, as in
   * `static readonly source = import.meta.url`, or `static source = __filename` in CommonJS.
   */
  readonly source?: string | URL;
  /** The bindings of the form without decorators. */
  readonly requests?: RequestBindings;
  /**
   * Whether its versions never run side by side: at each reload, restart and replacement the old version finishes its
   * requests and closes before the next one is constructed, and requests wait meanwhile. For what only one can hold: a
   * port, a database file with a lock, an index that `close()` saves and `setup()` loads. When the next version fails,
   * `setup()` of the old object runs again, and it continues to serve. Without a `close()`, the old worker is ended
   * when what it holds is needed. Allows one replica.
   *
   * @default false
   */
  readonly exclusive?: boolean;
  /** Makes one, with the `with` arguments. */
  // deno-lint-ignore no-explicit-any -- each class names its own `with` arguments
  new (options?: any): Executor;
}

/** Whether a value is an Executor class, of whichever copy of this package. */
export function isExecutorClass(value: unknown): value is ExecutorClass {
  return typeof value === "function" && BRAND in value && !Object.hasOwn(value, BRAND);
}

/** Makes an Executor whose base constructor finds `made`. */
export function construct(
  type: ExecutorClass,
  options: Record<string, unknown>,
  made: Construction,
): Executor {
  const scope = globalThis as { [CONSTRUCTION]?: Construction };
  scope[CONSTRUCTION] = made;
  try {
    return new type(options);
  } finally {
    delete scope[CONSTRUCTION];
  }
}
