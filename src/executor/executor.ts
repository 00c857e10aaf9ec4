import { invalidArgument, preview } from "../errors/mod.ts";
import { Logger, type LogSink } from "../log/logger.ts";
import { runtime } from "../runtime/mod.ts";
import { join } from "../paths.ts";
import { ExecutorBase } from "./lifecycle.ts";
import type { RequestBindings } from "./endpoint_options.ts";

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
  readonly keep?: Keep;
}

/** Returns the value of a name, which is made unless it is there. */
export type Keep = (name: string, make: () => unknown) => Promise<unknown>;

/**
 * The base class of Executors, which handle requests. A subclass binds its methods to endpoints with
 * {@linkcode requests} or `static requests`. All other members are optional:
 *
 * - `constructor(options)`: called for every version with the `with` arguments; `super()` needs no arguments;
 * - `setup()`: awaited before the version serves;
 * - `close()`: awaited after the last request of the version;
 * - `saveState()` and `restoreState(state)`: pass state to the next version on a reload;
 * - `await this.keep(name, make)`: a value that is expensive to make, such as a model, for all versions to come;
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
  readonly #keep: Keep;

  constructor() {
    super();
    const given = (globalThis as { [CONSTRUCTION]?: Construction })[CONSTRUCTION];
    this.runtime = given?.runtime ?? { deployment: new.target.name, replica: 0, version: 1 };
    this.metas = given?.metas ?? { name: this.runtime.deployment };
    this.logger = new Logger(`${this.runtime.deployment}/rep-${this.runtime.replica}`, given?.sink);
    this.#workspace = given?.workspace ?? join(runtime.cwd(), ".hotflow", this.runtime.deployment);
    this.#keep = given?.keep ?? keepAlone();
  }

  /**
   * Returns a value that is made once in a worker and found again by all later versions in that worker. With
   * `reload: true`, an Executor that keeps something is reloaded in place, so that a model is never loaded twice.
   *
   * The value keeps the code and the arguments it was made with: put what it depends on into the name, as in
   * `"model:" + path`. A restart, the key `R` and `flow.reload({ fresh: true })` drop everything kept. A name is let go
   * when a version that answered requests without asking for it is replaced. Then, and when its worker ends, the value's
   * `Symbol.asyncDispose`, `Symbol.dispose` or `close()` is called. On Bun, each version makes the value again.
   *
   * @param name The name of the value. Calls with the same name get the same value, also while it is being made.
   * @param make Makes the value. When it throws, nothing is kept.
   * @returns The value.
   * @throws {TypeError} When `name` is not a text or empty, or `make` is not a function.
   * @throws What `make` throws.
   *
   * @example
   * ```ts
   * import { type DocumentArray, Executor, requests } from "@hotflow/hotflow";
   *
   * class Classifier extends Executor {
   *   words = new Map<string, number>();
   *   async setup() {
   *     this.words = await this.keep("words", () => new Map([["good", 1], ["bad", -1]]));
   *   }
   *   @requests()
   *   classify(docs: DocumentArray) {
   *     for (const doc of docs) doc.tags.score = this.words.get(doc.text) ?? 0;
   *   }
   * }
   * const classifier = new Classifier();
   * await classifier.setup();
   * console.assert(classifier.words.get("good") === 1);
   * ```
   */
  keep<T>(name: string, make: () => T | Promise<T>): Promise<T> {
    if (typeof name !== "string" || name === "") {
      throw invalidArgument(
        `Cannot keep "${preview(name)}": expected a name, as in keep("model", () => load())`,
      );
    }
    if (typeof make !== "function") {
      throw invalidArgument(
        `Cannot keep "${name}": expected a function that makes it, as in keep("${name}", () => load())`,
      );
    }
    return this.#keep(name, make) as Promise<T>;
  }

  /** The path of this Executor's own folder, created on first use and never watched. */
  get workspace(): string {
    runtime.makeFolder(this.#workspace);
    return this.#workspace;
  }
}

/** Keeps the values of an Executor outside of a worker, for itself only. */
function keepAlone(): Keep {
  const values = new Map<string, Promise<unknown>>();
  return (name, make) => {
    const value = values.get(name) ?? Promise.resolve().then(make);
    values.set(name, value);
    value.catch(() => values.delete(name));
    return value;
  };
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
