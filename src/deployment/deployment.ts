import { DownError, formatError } from "../errors/mod.ts";
import type { ExecutorEntry } from "../executor/entry.ts";
import type { Logger } from "../log/logger.ts";
import type { StandbyPool } from "../replica/standby_pool.ts";
import type { Cancel } from "../runtime/cancel.ts";
import type { Outlet } from "../runtime/outlet.ts";
import type { Call, CallAnswer, LoadedFiles, Pause } from "../worker/protocol.ts";
import { Brake } from "./_brake.ts";
import { cutCalls, cutStreams, Retirement } from "./_retirement.ts";
import { whyDown } from "./_down.ts";
import { Waits } from "./_waits.ts";
import { withExclusiveHint } from "./_exclusive_hint.ts";
import { Suspension } from "./_suspension.ts";
import { handOver, restoreState, UnsavedState } from "./handover.ts";
import { History, type SwapKind, type SwapRecord } from "./history.ts";
import { Loader, type LoadRequest } from "./loader.ts";
import { changedFiles, LoadFailure, toLoadFailure, type Version, withSnippet } from "./version.ts";

/** How a deployment is set up. */
export interface DeploymentOptions {
  readonly name: string;
  readonly replicas: number;
  /** How long a load may take, in milliseconds. */
  readonly loadMs: number;
  /** How long a hand-over of state may wait for requests in flight, in milliseconds. */
  readonly handoverMs: number;
  /** How long the calls in flight of an exclusive Executor may delay the next version, in milliseconds. */
  readonly exclusiveMs: number;
  /** How long an Executor's `close()` may take, and how long a restart lets old streams go on, in milliseconds. */
  readonly closeMs: number;
  /** What would bring it back when it is down, for messages. */
  readonly remedy: string;
  /** What has to make room before its first version is constructed, where an exclusive Executor is concerned. */
  readonly predecessors?: Predecessors;
}

/** The deployments that one takes the place of, when what they hold exclusively has to be free first. */
export interface Predecessors {
  /** When the load of the successor waits for them. */
  readonly pause: Pause;
  /** Resolves when they hold nothing any more. */
  release(successor: Deployment, signal?: AbortSignal): Promise<void>;
}

/** The replicas of one Executor, and the pointer to the version that serves. */
export class Deployment {
  /** What happened so far, for `/status`. */
  readonly history: History = new History();
  /** The log of its first replica, under whose name the deployment speaks. */
  readonly logger: Logger;
  /** Called with a file that is imported after its version was loaded: by a handler, or in restoreState(). */
  onImported: (file: LoadedFiles[number]) => void = () => {};
  /** Called when a replica cannot be replaced, as files have changed since its version was loaded; to load them. */
  onOutdated: (changed: readonly string[]) => Promise<void> = () => Promise.resolve();
  readonly #loader: Loader;
  readonly #brake = new Brake();
  readonly #retiring = new Set<Retirement>();
  #serving?: Version;
  #loading?: Version;
  /** Where calls wait that nothing can take now: a state is handed over, or the last replica is replaced. */
  readonly #waits = new Waits();
  /** Whether calls are held, while a version hands over to the next one. */
  #held = false;
  /** The version that serves, when its Executors were closed for a successor that is not there yet. */
  #suspension?: Suspension;
  #closed = false;
  /** The version whose state could not be saved: the next one does without. */
  #stateless?: Version;

  /**
   * @param options How it is set up.
   * @param pool Where its workers come from.
   * @param log The Flow's log.
   */
  constructor(readonly options: DeploymentOptions, pool: StandbyPool, log: Logger) {
    this.#loader = new Loader(options.name, options.loadMs, pool, log);
    this.#loader.onImported = (replica, file) => {
      if (!this.draining.some(({ replicas }) => replicas.includes(replica))) this.onImported(file);
    };
    this.logger = this.#loader.logOf(0);
  }

  /** Its name. */
  get name(): string {
    return this.options.name;
  }

  /** The version that serves. */
  get serving(): Version | undefined {
    return this.#serving;
  }

  /** The version that is being loaded. */
  get loading(): Version | undefined {
    return this.#loading;
  }

  /** The versions that finish what they have. */
  get draining(): Version[] {
    return Array.from(this.#retiring, ({ version }) => version);
  }

  /** How many calls its least busy replica has in flight; without a replica that takes calls now, infinity. */
  get load(): number {
    return this.#held ? Infinity : this.#serving?.pick()?.calls ?? Infinity;
  }

  /** Whether it has a handler for an endpoint; `undefined` as long as no version of it was loaded. */
  binds(endpoint: string): boolean | undefined {
    const loaded = this.#serving?.loaded;
    return loaded && (loaded.hasDefault || loaded.endpoints.includes(endpoint));
  }

  /** Whether every replica of a version can answer. */
  get complete(): boolean {
    if (this.#suspension !== undefined) return false;
    return this.#serving?.replicas.every(({ alive, stuck }) => alive && !stuck) ?? false;
  }

  /** The workspace folder of its Executor. */
  workspaceOf(entry: ExecutorEntry): string {
    return this.#loader.workspaceOf(entry);
  }

  /** Why it cannot answer now, or `undefined` when it can. */
  get downReason(): string | undefined {
    if (this.#serving?.pick() !== undefined || this.#isHeld) return undefined;
    return whyDown(this.name, this.#serving, this.history, this.options.remedy);
  }

  /** Whether calls wait when no replica can take them. */
  get #isHeld(): boolean {
    return this.#held || (this.#serving?.replacing ?? 0) > 0;
  }

  /**
   * Has a replica of the serving version handle a request. With an outlet, the documents go there one by one.
   *
   * @throws {DownError} When there is none.
   */
  call(call: Call, cancel?: Cancel, outlet?: Outlet): Promise<CallAnswer> {
    if (cancel?.reason !== undefined) return Promise.reject(cancel.reason);
    const replica = this.#held ? undefined : this.#serving?.pick();
    if (replica === undefined && this.#isHeld) {
      return this.#waits.next(cancel).then(() => this.call(call, cancel, outlet));
    }
    return replica === undefined
      ? Promise.reject(new DownError(this.downReason))
      : replica.call(call, cancel, outlet);
  }

  /**
   * Loads the entry as a new version; when it is ready it serves, and the old one finishes what it has.
   * Until then, and when anything fails, the old version serves.
   *
   * @param entry What to load.
   * @param kind Why.
   * @param signal Aborted when a newer change makes this load pointless.
   * @returns What is said of it in the history.
   * @throws {LoadFailure} When the new version cannot serve.
   */
  async swap(entry: ExecutorEntry, kind: SwapKind, signal?: AbortSignal): Promise<SwapRecord> {
    const startedAt = performance.now();
    const { replicas } = this.options;
    const request: LoadRequest = {
      number: this.history.takeNumber(),
      entry,
      indices: [...Array(replicas).keys()],
      replicas,
      // A name that never was there is a mistake; one that is gone was renamed.
      mayRename: this.#serving !== undefined,
      pause: this.#pause,
      signal,
    };
    const version = this.#loading = this.#loader.prepare(request);
    try {
      await this.#loader.load(version, request);
      if (version.loaded === undefined) await this.#takeTurns(version, request, kind);
      else if (kind === "reload") await this.#handOver(version, signal);
      if (this.#closed) throw new Error("the Flow is closed");
    } catch (error) {
      this.#loader.giveUp(version);
      if (!signal?.aborted && !this.#closed) {
        throw await this.#failed(version, kind, await this.#continued(error), startedAt);
      }
      this.history.giveBack(version.number);
      throw error;
    } finally {
      this.#loading = undefined;
    }
    if (this.#serving !== version) {
      this.#switch(version, kind === "restart" ? this.options.closeMs : undefined);
    }
    return this.history.served(version.number, kind, startedAt);
  }

  /** Gives up calls in flight: all, those of workers that do not yield, or streams. Whoever waits is told now. */
  cut(which: "all" | "stuck" | "streams"): void {
    if (which === "all") this.#endWaits();
    for (const { replicas } of [this.#serving, ...this.draining].filter((version) => version !== undefined)) {
      replicas.forEach((replica, index) => {
        const warn = (note: string) => this.#warn(index, note);
        if (which === "streams") cutStreams(replica, this.options.closeMs, warn);
        else if (which === "all" || replica.stuck) cutCalls(replica, warn);
      });
    }
  }

  /** Closes what serves and what still drains. Calls in flight finish first, until they are {@linkcode cut}. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#endWaits();
    this.#loader.close();
    if (this.#serving !== undefined) this.#retire(this.#serving);
    this.#serving = undefined;
    await Promise.all(Array.from(this.#retiring, ({ done }) => done));
  }

  #endWaits(): void {
    this.#waits.end(new DownError(`${this.name} is down: the Flow is closing`));
  }

  /** One statement: requests dispatched before belong to the old version, those after to the new one. */
  #switch(version: Version, streamMs?: number): void {
    const old = this.#serving;
    this.#serving = version;
    version.state = "serving";
    this.#brake.release();
    version.replicas.forEach((_, index) => this.#attend(version, index));
    if (old !== undefined) this.#retire(old, streamMs);
    this.#waits.changed();
  }

  /** When the next load stops before the constructor: versions of an exclusive Executor are never there together. */
  get #pause(): Pause {
    if (this.#serving === undefined) return this.options.predecessors?.pause ?? "never";
    return this.#suspension !== undefined || this.#serving.loaded?.exclusive ? "always" : "if-exclusive";
  }

  /**
   * Makes the serving version give up what it holds, then constructs the next one, which serves at once. Calls are held
   * meanwhile. When a newer change aborts this, the old version stays closed: the newest one follows directly.
   */
  async #takeTurns(version: Version, request: LoadRequest, kind: SwapKind): Promise<void> {
    const { handoverMs, predecessors } = this.options;
    const { signal } = request;
    if (this.#serving === undefined) {
      await predecessors?.release(this, signal);
      return await this.#loader.construct(version, request, true);
    }
    await this.suspend(kind, signal);
    const suspension = this.#suspension as Suspension;
    signal?.throwIfAborted();
    if (this.#closed) throw new Error("the Flow is closed");
    try {
      await this.#loader.construct(version, request, suspension.hasTerminated);
      const saved = version.loaded?.stateful && kind === "reload" ? suspension.saved : [];
      await Promise.all(saved.map(async ({ state, notes }, index) => {
        for (const note of notes) this.#warn(index, note);
        if (notes.length === 0) await restoreState(version.replicas[index], state, handoverMs, signal);
      }));
    } catch (error) {
      // Its worker is terminated next, and may hold something for some milliseconds more.
      suspension.hasTerminated = true;
      throw error;
    }
    if (this.#closed) return;
    this.#suspension = undefined;
    this.#held = false;
    this.#switch(version);
  }

  /**
   * Holds calls, lets those in flight finish, and closes the Executors that serve; their workers live on. Does nothing
   * when that was done before.
   *
   * @throws {LoadFailure} When the state cannot be saved; then they serve on.
   */
  async suspend(kind: SwapKind, signal?: AbortSignal): Promise<void> {
    const { exclusiveMs, handoverMs, closeMs } = this.options;
    const old = this.#serving;
    if (this.#suspension !== undefined || old === undefined) return;
    this.#held = true;
    const saves = kind === "reload" && old !== this.#stateless && (old.loaded?.stateful ?? false);
    const options = { exclusiveMs, handoverMs, closeMs, saves, warn: this.#warn, signal };
    try {
      this.#suspension = await Suspension.begin(old, options);
    } catch (error) {
      if (error instanceof UnsavedState) this.#stateless = old;
      this.#release();
      throw error;
    }
  }

  /**
   * Has the version that was suspended serve again, when nothing takes its place.
   *
   * @param retries Whether a worker was terminated that may still hold what it needs.
   * @throws {LoadFailure} When it cannot; nothing serves then.
   */
  async resume(retries = false): Promise<void> {
    const suspension = this.#suspension;
    if (suspension === undefined || this.#closed) return;
    suspension.hasTerminated ||= retries;
    try {
      await suspension.resume(this.options.loadMs);
    } catch (error) {
      this.#serving = undefined;
      const { name, message } = error as Error;
      const failure = new LoadFailure({ name, message, stack: "" });
      this.history.lastError = { info: failure.info, at: new Date() };
      throw failure;
    } finally {
      this.#suspension = undefined;
      this.#release();
    }
  }

  /** The error of a load that failed, once the old version serves again; with its own error, when it cannot. */
  async #continued(error: unknown): Promise<unknown> {
    const old = this.#suspension?.version.number;
    try {
      await this.resume();
      return error;
    } catch (second) {
      const { info, files } = toLoadFailure(error);
      const message = `${info.message}; version ${old} could not continue either: ${
        (second as Error).message
      }`;
      return new LoadFailure({ ...info, message }, files);
    }
  }

  /** Lets the calls go on that were held. */
  #release(): void {
    this.#held = false;
    this.#waits.changed();
  }

  readonly #warn = (index: number, note: string): void => this.#loader.logOf(index).warning(note);

  async #handOver(version: Version, signal?: AbortSignal): Promise<void> {
    const old = this.#serving;
    if (!old?.loaded?.stateful || !version.loaded?.stateful) return;
    if (old === this.#stateless) {
      return this.logger.warning(
        `version ${version.number} starts without the state that could not be saved`,
      );
    }
    this.#held = true;
    try {
      const { handoverMs } = this.options;
      const jobs = old.replicas.map((from, index) =>
        handOver(from, version.replicas[index], handoverMs, signal)
      );
      const all = await Promise.all(jobs).catch((error) => {
        if (error instanceof UnsavedState) this.#stateless = old;
        throw error;
      });
      all.forEach((notes, index) => notes.forEach((note) => this.#warn(index, note)));
      // The pointer moves before the held requests go on.
      if (!this.#closed) this.#switch(version);
    } finally {
      this.#release();
    }
  }

  async #failed(
    { number }: Version,
    kind: SwapKind,
    error: unknown,
    startedAt: number,
  ): Promise<LoadFailure> {
    const isPair = this.#serving !== undefined && !this.#serving.loaded?.exclusive;
    const failure = await withSnippet(isPair ? withExclusiveHint(error) : error);
    this.history.failed(number, kind, startedAt, failure.info);
    return failure;
  }

  #retire(version: Version, streamMs?: number): void {
    const retirement = new Retirement(version, this.#warn, this.options.closeMs, streamMs);
    this.#retiring.add(retirement);
    retirement.done.finally(() => this.#retiring.delete(retirement));
  }

  #attend(version: Version, index: number): void {
    const replica = version.replicas[index];
    replica.events.onDeath = (reason) => this.#died(version, index, reason);
    if (!replica.alive) this.#died(version, index, "its worker ended");
  }

  /** A replica that dies is replaced; one that dies again and again is left down. */
  #died(version: Version, index: number, reason: string): void {
    if (this.#serving !== version || this.#closed || this.#suspension !== undefined) return;
    const log = this.#loader.logOf(index);
    if (!this.#brake.allows()) {
      const message = `it ended again and again, the last time because ${reason}; it is left down`;
      this.history.lastError = { info: { name: "Error", message, stack: "" }, at: new Date() };
      return log.error(`${message}. ${this.options.remedy}`);
    }
    log.error(`ended because ${reason}; it is replaced`);
    version.replacing++;
    const complain = (error: unknown) => this.#closed || log.error(error);
    this.#replace(version, index).catch(complain).finally(() => {
      version.replacing--;
      this.#waits.changed();
    });
  }

  async #replace(version: Version, index: number): Promise<void> {
    const startedAt = performance.now();
    const { number, entry } = version;
    const { replicas } = this.options;
    const pause = "if-exclusive";
    const request = { number, entry, indices: [index], replicas, mayRename: true, pause } as const;
    const single = this.#loader.prepare(request);
    try {
      await this.#loader.load(single, request);
      // What the dead worker held may be free only when its thread has ended.
      if (single.loaded === undefined) await this.#loader.construct(single, request, true);
    } catch (error) {
      this.#loader.giveUp(single);
      if (this.#serving !== version || this.#closed) return;
      const { info } = await this.#failed(single, "replace", error, startedAt);
      return this.#loader.logOf(index).error(`could not be replaced: ${formatError(info)}`);
    }
    if (this.#serving !== version || this.#closed) return this.#loader.giveUp(single);
    const changed = changedFiles(version, single);
    if (changed.length > 0) {
      // One version is one code: what is on disk now is another one, for all replicas.
      this.#loader.giveUp(single);
      return await this.onOutdated(changed);
    }
    version.replicas[index] = single.replicas[0];
    version.loaded = single.loaded;
    this.#attend(version, index);
  }
}
