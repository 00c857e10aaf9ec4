import { type EndpointInfo, isBound } from "../protocol/endpoint_info.ts";
import type { ExecutorTarget } from "../protocol/executor_target.ts";
import type { RequestContext } from "../protocol/request_context.ts";
import { CutError, DownError, type FileHashes, formatError, type LoadError } from "../errors/mod.ts";
import type { ExecutorEntry } from "../executor/entry.ts";
import type { Logger } from "../log/logger.ts";
import type { Replica } from "../replica/replica.ts";
import type { StandbyPool } from "../replica/standby_pool.ts";
import type { Call, CallAnswer, Pause } from "../protocol/protocol.ts";
import { callReplica } from "./_replica_call.ts";
import { failureOf } from "./_failure.ts";
import { cutCalls, cutStreams, drain } from "./_version_drain.ts";
import { runtime } from "../runtime/mod.ts";
import { Lock } from "../async/lock.ts";
import { Condition } from "../async/condition.ts";
import { Replacement } from "./_replacement.ts";
import { Succession } from "./_succession.ts";
import { History, type SwapKind, type SwapRecord } from "./history.ts";
import { Loader, UnsuitableWorkerError } from "./loader.ts";
import { type DeploymentObserver, NO_OBSERVER } from "./observer.ts";
import type { ReloadMode } from "./reload_mode.ts";
import { hasData, type Version } from "./version.ts";

/** The options of a deployment. */
export interface DeploymentOptions {
  readonly name: string;
  readonly replicas: number;
  /** How many workers stand by for its next version, unless that is loaded in place. */
  readonly standbys: number;
  readonly reloadMode: ReloadMode;
  /** How long a load may take, in milliseconds. */
  readonly loadMs: number;
  /** How long a hand-over of state may wait for requests in flight, in milliseconds. */
  readonly handoverMs: number;
  /** How long the calls in flight of an exclusive Executor may delay the next version, in milliseconds. */
  readonly exclusiveMs: number;
  /** How long an Executor's `close()` may take, and how long old streams may continue after a restart, in milliseconds. */
  readonly closeMs: number;
  /** The sentence that says what brings it back when it is down. */
  readonly remedy: string;
  /** The deployments that have to close before its first version is constructed, if an Executor is exclusive. */
  readonly predecessors?: Predecessors;
}

/** How a version is brought to serve. */
export interface SwapOptions {
  /** Aborted when a newer change makes the load pointless. */
  readonly signal?: AbortSignal;
  /** Awaited once the new version could serve, before it does. */
  readonly ready?: () => Promise<void>;
  /** Whether it is loaded in fresh workers in any case. */
  readonly isFresh?: boolean;
  /** The files that have changed since the serving version was loaded; those of all modules, if one is not imported. */
  readonly changed?: readonly string[];
}

/** The deployments that one replaces, when it needs what they hold exclusively. */
export interface Predecessors {
  /** When the load of the successor waits for them. */
  readonly pause: Pause;
  /** Resolves when they are closed, to whether a worker was terminated, whose thread may still hold something. */
  release(successor: Deployment, signal?: AbortSignal): Promise<boolean>;
  /** Ends the workers of those without a `close()`: what they hold is free only then. Returns whether there are any. */
  endUnclosed(): boolean;
}

/** The replicas of one Executor, and the pointer to the version that serves. */
export class Deployment implements ExecutorTarget {
  /** Its loads, for `/status`. */
  readonly history: History;
  /** The log of its first replica, under whose name the deployment logs. */
  readonly logger: Logger;
  /** Called with a file that is imported after its version was loaded: by a handler, or in restoreState(). */
  onImported: (file: FileHashes[number]) => void = () => {};
  /** Called when a dead replica has to be replaced and its files have changed since; loads them as a new version. */
  onOutdated: (changed: readonly string[]) => Promise<void> = () => Promise.resolve();
  /** Called when {@linkcode downReason} may have changed. */
  onChange: () => void = () => {};
  observer: DeploymentObserver = NO_OBSERVER;
  readonly #loader: Loader;
  readonly name: string;
  readonly #succession: Succession;
  readonly #replacement: Replacement;
  readonly #draining = new Map<Version, Promise<void>>();
  /** Held by a swap while its version takes over, and by a successor in another deployment. */
  readonly #lock = new Lock();
  /** Where calls wait while a version hands over, or the last replica is replaced. */
  readonly #condition = new Condition(() => this.onChange());
  #serving?: Version;
  #loading?: Version;
  /** Releases the lock that {@linkcode suspend} holds. */
  #unlock = () => {};
  #closed = false;

  constructor(readonly options: DeploymentOptions, pool: StandbyPool, log: Logger) {
    this.name = options.name;
    this.history = new History(options.name);
    const onImported = (replica: Replica, file: FileHashes[number]) => {
      if (!this.draining.some(({ replicas }) => replicas.includes(replica))) this.onImported(file);
    };
    this.#loader = new Loader(options, pool, log, onImported, () => this.observer.changed());
    this.logger = this.#loader.logOf(0);
    this.#replacement = new Replacement(this, this.#loader, this.#condition);
    this.#succession = new Succession(this, this.#loader, this.#condition, this.#replacement);
  }

  get serving(): Version | undefined {
    return this.#serving;
  }

  get loading(): Version | undefined {
    return this.#loading;
  }

  /** The versions that were replaced, and still have calls in flight. */
  get draining(): Version[] {
    return [...this.#draining.keys()];
  }

  get load(): number {
    return this.#condition.isHeld ? Infinity : this.#serving?.pick()?.calls ?? Infinity;
  }

  get endpoints(): readonly EndpointInfo[] {
    return this.#serving?.loaded?.endpoints ?? [];
  }

  get hasDefault(): boolean {
    return this.#serving?.loaded?.hasDefault ?? false;
  }

  get fallback(): EndpointInfo | undefined {
    return this.#serving?.loaded?.fallback;
  }

  get typed(): readonly string[] | undefined {
    return this.#serving?.loaded?.typed;
  }

  get headers(): readonly string[] | undefined {
    return this.#serving?.loaded?.headers;
  }

  binds(endpoint: string): boolean | undefined {
    return this.#serving?.loaded && isBound(endpoint, this.#serving.loaded);
  }

  /** Whether every replica of the serving version can answer. */
  get complete(): boolean {
    return this.#succession.suspension === undefined && this.#serving !== undefined &&
      this.#serving.replicas.every(({ alive, stuck }) => alive && !stuck);
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  workspaceOf(entry: ExecutorEntry): string {
    return this.#loader.workspaceOf(entry);
  }

  get downReason(): string | undefined {
    if (this.#serving?.pick() !== undefined || this.#isHeld) return undefined;
    const stuck = this.#serving?.replicas.find((replica) => replica.alive && replica.stuck);
    const { lastError } = this.history;
    const why = stuck !== undefined
      ? `${stuck.name} does not yield`
      : lastError === undefined
      ? "no version of it is loaded"
      : formatError(lastError.info);
    return `${this.name} is down: ${why}\n${this.options.remedy}`;
  }

  /** Whether calls wait when no replica can take them. */
  get #isHeld(): boolean {
    return this.#condition.isHeld || (this.#serving?.replacing ?? 0) > 0;
  }

  /**
   * Has a replica of the serving version handle a request. With a stream, the documents of the answer are pushed to it
   * one by one.
   *
   * @throws {DownError} When there is no replica that can.
   */
  call(call: Call, context: RequestContext): Promise<CallAnswer> {
    if (context.cancel.reason !== undefined) return Promise.reject(context.cancel.reason);
    const replica = this.#condition.isHeld ? undefined : this.#serving?.pick();
    if (replica === undefined && this.#isHeld) {
      return this.#condition.wait(context.cancel).then(() => this.call(call, context));
    }
    return replica === undefined
      ? Promise.reject(new DownError(this.downReason))
      : callReplica(replica, call, context, this.name, this.#serving);
  }

  /**
   * Loads an entry as a new version, which serves once it is ready, while the old one finishes its calls. Until then, and
   * when anything fails, the old version serves.
   *
   * @returns The record in the history.
   * @throws {LoadError} When the new version cannot serve.
   */
  async swap(entry: ExecutorEntry, kind: SwapKind, options: SwapOptions = {}): Promise<SwapRecord> {
    const { signal, ready } = options;
    const startedAt = performance.now();
    const number = this.history.allocateNumber();
    const base = kind === "reload" && !options.isFresh ? this.#base : undefined;
    const isCold = kind !== "reload" || options.isFresh || hasData(options.changed, this.#serving);
    let version = this.#loading = this.#loader.prepare(number, entry, { base, isCold });
    let unlock: (() => void) | undefined;
    try {
      version = await this.#load(version, options);
      unlock = await this.#lock.acquire(signal);
      if (version.loaded === undefined) await this.#succession.takeTurns(version, kind, signal, ready);
      else {
        await ready?.();
        if (kind === "reload") await this.#succession.handOver(version, signal);
      }
      if (this.#closed) throw new Error("the Flow is closed");
    } catch (error) {
      this.#loader.giveUp(version, signal?.aborted);
      unlock ??= await this.#lock.acquire(signal).catch(() => undefined);
      if (!signal?.aborted && !this.#closed) {
        const failure = await this.#succession.resumeAfter(error);
        throw await this.recordFailure(version, kind, startedAt, failure);
      }
      // Its worker has modules under the number of a version that was loaded in place.
      if (!version.isInPlace) this.history.releaseNumber(version.number);
      throw error;
    } finally {
      this.#loading = undefined;
      unlock?.();
    }
    if (this.#serving !== version) {
      this.serve(version, kind === "restart" ? this.options.closeMs : undefined);
    }
    this.#loader.expectNext(version, this.#base !== undefined, kind !== "start");
    return this.history.record(number, kind, startedAt, version.outcome(startedAt));
  }

  /** The version that the next one is loaded beside, in the same workers; `undefined` when that takes fresh workers. */
  get #base(): Version | undefined {
    const { reloadMode } = this.options;
    const serving = this.#serving;
    if (reloadMode === "fresh" || !runtime.reloadsInPlace) return undefined;
    if (!serving?.replicas.every(({ alive, stuck }) => alive && !stuck)) return undefined;
    // What an exclusive Executor without a `close()` holds is free only when its worker ends.
    if (serving.loaded?.exclusive && !serving.loaded.closes) return undefined;
    return reloadMode === "in-place" || serving.keeps ? serving : undefined;
  }

  /**
   * Loads a version; in cold workers, if those that it was to be loaded into are unsuitable, or one dies of something else
   * meanwhile. Returns the version.
   */
  async #load(version: Version, { signal, changed }: SwapOptions): Promise<Version> {
    // A name that is missing at the start is a mistake; one that is missing later was renamed.
    const mayRename = this.#serving !== undefined;
    const { pause } = this.#succession;
    try {
      await this.#loader.load(version, {
        mayRename,
        pause,
        signal,
        changed: version.isInPlace ? changed : undefined,
      });
      return version;
    } catch (error) {
      if (error instanceof UnsuitableWorkerError) {
        this.logger.log(version.isInPlace ? "info" : "debug", `takes a new worker: ${error.message}`);
      } else if (signal?.aborted || !version.replicas.some(({ wasHeldUp }) => wasHeldUp)) throw error;
    }
    this.#loader.giveUp(version);
    const second = this.#loading = this.#loader.prepare(version.number, version.entry, { isCold: true });
    await this.#loader.load(second, { mayRename, pause, signal }).catch((error) => {
      this.#loader.giveUp(second);
      throw error;
    });
    return second;
  }

  /**
   * Closes the Executors that serve, for an exclusive successor in another deployment; calls are held.
   *
   * @param signal Aborted when that is not needed any more.
   * @param waitedMs How much of the time for calls in flight has passed already, in milliseconds.
   * @returns Whether a worker was terminated whose thread may still hold its resources for a few milliseconds.
   * @throws The signal's reason, when it is aborted before anything was closed.
   */
  async suspend(signal: AbortSignal, waitedMs: number): Promise<boolean> {
    const unlock = await this.#lock.acquire(signal);
    try {
      const suspension = await this.#succession.suspend(signal, waitedMs);
      await suspension.clearKept(this.options.closeMs);
      this.#unlock = unlock;
      return suspension.hasTerminated;
    } catch (error) {
      unlock();
      throw error;
    }
  }

  /** Ends the workers of closed Executors without a `close()`: what they hold is free only then. */
  endUnclosed(): boolean {
    return this.#succession.suspension?.endUnclosed() ?? false;
  }

  /** Rejects calls after {@linkcode suspend}: a successor has taken its place. */
  refuseCalls(): void {
    this.#condition.close(
      new CutError(
        `the request came too late: ${this.name} has made room for its successor after ` +
          `${this.options.exclusiveMs} ms; \`exclusiveTimeout\` gives requests more time`,
      ),
    );
  }

  /**
   * Makes the Executors serve again that were closed for a successor, when none took their place. Does nothing while a
   * successor in another deployment may do so.
   *
   * @throws {LoadError} When they cannot; nothing serves then.
   */
  async resume(): Promise<void> {
    if (!this.#lock.isHeld) await this.#succession.resume();
  }

  /**
   * Makes the Executors serve again after {@linkcode suspend}: the successor in another deployment has failed.
   *
   * @throws {LoadError} When the Executors cannot serve again; nothing serves then.
   */
  async takeBack(): Promise<void> {
    // The worker of the successor was terminated.
    await this.#succession.resume(true).finally(this.#unlock);
  }

  /** Cuts calls in flight: all, those of workers that do not yield, or streams. With `all`, waiting calls are rejected. */
  cut(which: "all" | "stuck" | "streams"): void {
    if (which === "all") this.#rejectWaiting();
    for (const replica of [this.#serving, ...this.draining].flatMap((version) => version?.replicas ?? [])) {
      if (which === "streams") cutStreams(replica, this.options.closeMs);
      else if (which === "all" || replica.stuck) cutCalls(replica);
    }
  }

  /** Limits the time for an old version that is set up again, and of batches: the Flow is going to be closed. */
  closeSoon(): void {
    this.#succession.endSoon(this.options.closeMs);
    for (const replica of this.#serving?.replicas ?? []) replica.flush(true);
  }

  /** Closes all versions. Calls in flight finish first, unless they are {@linkcode cut}. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#rejectWaiting();
    this.#loader.close();
    if (this.#serving !== undefined) this.#drain(this.#serving);
    this.#serving = undefined;
    await Promise.all(this.#draining.values());
  }

  #rejectWaiting(): void {
    this.#condition.close(new DownError(`${this.name} is down: the Flow is closing`));
  }

  /**
   * Moves the pointer, at once: calls dispatched before belong to the old version, calls after it to the new one.
   *
   * @param streamMs How long the streams of the old version may continue, in milliseconds. @default without a limit
   */
  serve(version: Version, streamMs?: number): void {
    const old = this.#serving;
    version.become("serving");
    this.#serving = version;
    this.#succession.end();
    this.#replacement.begin(version);
    if (old !== undefined) this.#drain(old, streamMs);
    this.#condition.notifyAll();
  }

  /** Removes the version that served: it cannot continue. */
  drop(): void {
    this.#serving?.become("closed");
    this.#serving = undefined;
  }

  /** Records that a version could not be loaded. Returns the error, with the lines around its place. */
  async recordFailure(version: Version, kind: SwapKind, since: number, error: unknown): Promise<LoadError> {
    const isPair = this.#serving !== undefined && !this.#serving.loaded?.exclusive;
    const failure = await failureOf(error, isPair);
    this.history.record(version.number, kind, since, { error: failure.info, phases: version.phases(since) });
    return failure;
  }

  #drain(version: Version, streamMs?: number): void {
    const done = drain(version, this.options.closeMs, streamMs);
    this.#draining.set(version, done.finally(() => this.#draining.delete(version)));
  }
}
