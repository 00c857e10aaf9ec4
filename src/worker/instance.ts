import { type Binding, DEFAULT, isGenerator } from "../executor/endpoint_options.ts";
import { jsonSchemaOf } from "../executor/json_schema.ts";
import { isExclusive } from "../executor/exclusive.ts";
import { isTimedOut } from "../async/deadline.ts";
import type { Executor } from "../executor/executor.ts";
import type { LogRecord } from "../log/logger.ts";
import type {
  Call,
  CallAnswer,
  FromInstance,
  LoadAnswer,
  LoadOrder,
  SavedState,
} from "../protocol/protocol.ts";
import type { EndpointInfo } from "../protocol/endpoint_info.ts";
import { workerRuntime } from "../runtime/worker.ts";
import type { KeptValues } from "./kept_values.ts";
import { loadFailure } from "./_load_failure.ts";
import type { VersionModules } from "./version_modules.ts";
import { Dispatcher, invokeOn } from "./dispatcher.ts";
import { constructExecutor, findClass, type FoundClass, type LiveVersion } from "./load_executor.ts";

/** How long what a failed version has kept waits for the end of its `setup()`, in milliseconds. */
const STEP_MS = 1_000;

/** The time of an import, in milliseconds, from which it is worth importing its packages beforehand. */
const SLOW_MS = 20;

/** What an instance needs of its worker. */
export interface InstanceOptions {
  /** The number of the instance in its worker. */
  readonly number: number;
  /** The modules of packages that the worker has imported beforehand; left out when it has not tried to. */
  readonly preloaded?: readonly string[];
  readonly kept: KeptValues;
  /** Sends a message; `size` is the approximate number of characters in it. */
  send(message: FromInstance, size?: number): void;
  log(record: LogRecord): void;
  /** Sends incomplete lines of output, at the end of each step. */
  flushOutput(): void;
}

/** One version of an Executor in this worker: its load, its life, and its end. */
export class Instance {
  #live?: LiveVersion & { readonly dispatcher: Dispatcher };
  /** The Executor, from its constructor on. */
  #executor?: Executor;
  /** Constructs the Executor of a load that has paused after the import. */
  #continueLoad = (): Promise<LoadAnswer> =>
    Promise.reject(new Error("Cannot construct an Executor: no load has paused here"));
  /** Settled when no step of the load runs. */
  #loading: Promise<unknown> = Promise.resolve();
  #early?: readonly string[];
  /** How long its import has taken, in milliseconds, and when the constructor began. */
  readonly #times: { importMs: number; constructedAt?: number } = { importMs: 0 };
  #phase: "open" | "closed" | "released" = "open";
  /** What `saveState()` returned, until the end. */
  #saved?: { readonly state: unknown };

  constructor(private readonly options: InstanceOptions, readonly modules: VersionModules) {}

  get isLoaded(): boolean {
    return this.#live !== undefined;
  }

  get dispatcher(): Dispatcher | undefined {
    return this.#live?.dispatcher;
  }

  /** Handles a request. */
  call(id: number, call: Call): CallAnswer | Promise<CallAnswer> {
    return this.#live === undefined ? Promise.reject(notLoaded()) : this.#live.dispatcher.call(id, call);
  }

  /** Imports the modules, and constructs the Executor unless the load pauses. */
  load(order: LoadOrder): Promise<LoadAnswer> {
    return this.#step(order, async () => {
      const startedAt = performance.now();
      const found = await findClass(order, this.modules);
      this.#times.importMs = performance.now() - startedAt;
      const refusal = this.#refusal();
      if (refusal !== undefined) return refusal;
      const exclusive = isExclusive(found.type, order.replicas);
      this.#continueLoad = () => this.#step(order, () => this.#construct(found, order));
      const pauses = order.pause === "always" || (exclusive && order.pause === "if-exclusive");
      if (pauses) return { kind: "imported", exclusive, files: this.modules.hashes };
      return await this.#construct(found, order);
    });
  }

  /** Constructs the Executor of a load that has paused. */
  construct(): Promise<LoadAnswer> {
    return this.#continueLoad();
  }

  /**
   * Saves the state: as a value to be cloned, or by reference, for another instance of this worker. The state of a closed
   * Executor is the one that was saved before.
   */
  async save(byReference: boolean): Promise<SavedState> {
    if (this.#phase === "open" || this.#saved === undefined) {
      this.#saved = { state: await this.#running.saveState?.() };
    }
    return byReference ? { instance: this.options.number } : { value: this.#saved.state };
  }

  /** The state that was saved by reference. */
  get saved(): unknown {
    return this.#saved?.state;
  }

  async restore(state: unknown): Promise<void> {
    await this.#running.restoreState?.(state);
  }

  /** Closes the Executor, once. Its last calls have been answered or cut; generators may still be cleaning up. */
  async close(): Promise<void> {
    const executor = this.#running;
    if (this.#phase !== "open") return;
    this.#phase = "closed";
    await this.#live?.dispatcher.settled();
    await executor.close?.();
    workerRuntime.collectGarbage?.();
  }

  /** Sets the closed Executor up again. One without a `close()` was not closed. */
  async resume(): Promise<void> {
    const executor = this.#running;
    if (executor.close !== undefined) await executor.setup?.();
    this.#phase = "open";
    this.#saved = undefined;
  }

  /**
   * Ends the instance. One that has not served is closed when its `setup()` ends.
   *
   * @param overtaken Whether it has not served because a newer load took its place; otherwise, because it failed.
   */
  async release(overtaken: boolean): Promise<void> {
    const { kept, number } = this.options;
    kept.beginEnd(number);
    const hasFailed = !overtaken && this.#phase !== "closed" && !this.#hasHandled;
    // At once: `setup()` may wait for what is never made, and the next version makes it anew.
    const dispose = hasFailed ? kept.fail(number) : () => Promise.resolve();
    if (await isTimedOut(STEP_MS, this.#loading)) await dispose();
    await this.#loading;
    if (this.#phase === "open") {
      this.#phase = "closed";
      await Promise.resolve().then(() => this.#executor?.close?.()).catch(() => {});
    }
    this.#phase = "released";
    await dispose();
    await kept.leave(number, !hasFailed && this.#hasHandled);
  }

  get #hasHandled(): boolean {
    return this.#live?.dispatcher.hasHandled ?? false;
  }

  get #running(): Executor {
    if (this.#live === undefined) throw notLoaded();
    return this.#live.executor;
  }

  async #construct(found: FoundClass, order: LoadOrder): Promise<LoadAnswer> {
    const { kept, number } = this.options;
    this.#times.constructedAt = performance.now();
    const live = await constructExecutor(found, order, {
      sink: (record) => this.options.log(record),
      keep: (name, make) =>
        this.#phase === "released" ? Promise.reject(ended(name)) : kept.keep(number, name, make),
      onConstructed: (executor) => this.#executor = executor,
    });
    this.#live = { ...live, dispatcher: this.#dispatcherOf(live, order) };
    const { executor, className, bindings } = live;
    const endpoints = await endpointsOf(bindings, executor);
    const fallback = endpoints.find(({ path }) => path === DEFAULT);
    return {
      kind: "ready",
      className,
      endpoints: endpoints.filter((endpoint) => endpoint !== fallback),
      hasDefault: fallback !== undefined,
      ...((fallback?.input ?? fallback?.output ?? fallback?.parameters ?? fallback?.streams) && { fallback }),
      ...typedOf(bindings),
      ...headersOf(bindings),
      stateful: typeof executor.saveState === "function" && typeof executor.restoreState === "function",
      exclusive: isExclusive(found.type),
      closes: typeof executor.close === "function",
      files: this.modules.hashes,
      prepares: this.#times.importMs > SLOW_MS || this.options.preloaded !== undefined
        ? [...this.#earlyPackages, ...this.modules.toLink]
        : [],
    };
  }

  /** Found once the modules are imported: it takes reading some of them. */
  get #earlyPackages(): readonly string[] {
    return this.#early ??= this.modules.earlyPackages(workerRuntime.readText);
  }

  /** The answer when the version does not begin with the packages that the worker has imported beforehand. */
  #refusal(): LoadAnswer | undefined {
    const { preloaded = [] } = this.options;
    if (preloaded.length === 0) return undefined;
    const early = this.#earlyPackages;
    if (preloaded.every((url, index) => early[index] === url)) return undefined;
    return { kind: "unsuitable", reason: "its packages are not those that were imported beforehand" };
  }

  #dispatcherOf({ executor, className, bindings }: LiveVersion, order: LoadOrder): Dispatcher {
    return new Dispatcher({
      deployment: order.deployment,
      replica: `${order.deployment}/rep-${order.replica}`,
      className,
      bindings,
      invoke: invokeOn(executor),
      send: (message) => this.options.send(message, message.kind === "stream-chunk" ? message.doc.length : 0),
    });
  }

  /** An answer with the duration of the constructor and `setup()`, if they were reached. */
  #timed(answer: LoadAnswer): LoadAnswer {
    const { constructedAt } = this.#times;
    if (constructedAt === undefined || (answer.kind !== "ready" && answer.kind !== "failed")) return answer;
    return { ...answer, setupMs: performance.now() - constructedAt };
  }

  /** Makes a step of the load. An error of the user's code is an answer, too. */
  #step(order: LoadOrder, step: () => Promise<LoadAnswer>): Promise<LoadAnswer> {
    const answer = step().catch((error) => this.#refusal() ?? loadFailure(error, order, this.modules))
      .then((answer) => this.#timed(answer)).finally(() => this.options.flushOutput());
    this.#loading = answer;
    return answer;
  }
}

function ended(name: string): Error {
  return new Error(`Cannot keep "${name}": the version that asks for it has ended`);
}

function notLoaded(): Error {
  return new Error("Cannot call the Executor: no version is loaded in this worker");
}

/** The endpoints whose documents have a schema, if there are any. */
function typedOf(bindings: ReadonlyMap<string, Binding>): { typed?: string[] } {
  const typed = [...bindings].filter(([, { input, output }]) => input ?? output).map(([path]) => path);
  return typed.length === 0 ? {} : { typed };
}

/** The endpoints as the main thread knows them. */
function endpointsOf(
  bindings: ReadonlyMap<string, Binding>,
  executor: Executor,
): Promise<EndpointInfo[]> {
  return Promise.all([...bindings].map(async ([path, { method, headers, input, output, parameters }]) => ({
    path,
    method,
    ...(headers && { headers }),
    ...(input && { input: await jsonSchemaOf(input, "input") }),
    ...(output && { output: await jsonSchemaOf(output, "output") }),
    ...(parameters && { parameters: await jsonSchemaOf(parameters, "input") }),
    ...(isGenerator((executor as unknown as Record<string, unknown>)[method]) && { streams: true as const }),
  })));
}

/** The headers that some handler asks for, the default handler included. */
function headersOf(bindings: ReadonlyMap<string, Binding>): { headers?: string[] } {
  const names = new Set([...bindings.values()].flatMap(({ headers = [] }) => headers));
  return names.size === 0 ? {} : { headers: [...names] };
}
