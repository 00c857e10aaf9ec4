import { DownError, type ErrorInfo, formatError, snippetOf } from "../errors/mod.ts";
import type { ExecutorEntry } from "../executor/entry.ts";
import { registry } from "../executor/registry.ts";
import type { Logger } from "../log/logger.ts";
import type { Cancel } from "../runtime/cancel.ts";
import { runtime } from "../runtime/mod.ts";
import { resolve } from "../runtime/paths.ts";
import type { Replica } from "../replica/replica.ts";
import type { StandbyPool } from "../replica/standby_pool.ts";
import type { Call, CallAnswer, LoadAnswer, LoadOrder } from "../worker/protocol.ts";
import { Brake } from "./_brake.ts";
import { handOver } from "./handover.ts";
import { History, type SwapRecord } from "./history.ts";
import { retire } from "./_retire.ts";
import { type Loaded, LoadFailure, Version } from "./version.ts";

/** How a deployment is set up. */
export interface DeploymentOptions {
  readonly name: string;
  readonly replicas: number;
  /** How long a load may take, in milliseconds. */
  readonly loadMs: number;
  /** How long a hand-over of state may wait for requests in flight, in milliseconds. */
  readonly handoverMs: number;
  /** What would bring it back when it is down, for messages. */
  readonly remedy: string;
}

/** Why a version is replaced. */
export type SwapKind = "start" | "reload" | "restart";

/** The replicas of one Executor, and the pointer to the version that serves. */
export class Deployment {
  /** What happened so far, for `/status`. */
  readonly history: History = new History();
  /** The log of its first replica, under whose name the deployment speaks. */
  readonly logger: Logger;
  readonly #brake = new Brake();
  readonly #retiring = new Set<Promise<void>>();
  #serving?: Version;
  #loading?: Version;
  #numbers = 0;
  /** While it is there, new calls wait: a state is handed over, or the only replica is replaced. */
  #held?: Promise<void>;
  #closed = false;
  #everStuck = false;

  constructor(
    readonly options: DeploymentOptions,
    private readonly pool: StandbyPool,
    private readonly log: Logger,
  ) {
    this.logger = log.named(`${options.name}/rep-0`);
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

  /** Whether a worker of it once stopped yielding and could not be ended. */
  get leavesLoops(): boolean {
    return this.#everStuck && !runtime.canKillLoops;
  }

  /** The workspace folder of its Executor. */
  workspaceOf(entry: ExecutorEntry): string {
    const stated = entry.metas.workspace;
    return resolve(runtime.cwd(), typeof stated === "string" ? stated : `.hotflow/${this.name}`);
  }

  /** Why it cannot answer now, or `undefined` when it can. */
  get downReason(): string | undefined {
    if (this.#serving?.pick() !== undefined || this.#held !== undefined) return undefined;
    const stuck = this.#serving?.stuck ?? -1;
    const why = stuck >= 0
      ? `${this.name}/rep-${stuck} does not yield`
      : this.history.lastError === undefined
      ? "no version of it is loaded"
      : formatError(this.history.lastError.info);
    return `${this.name} is down: ${why}\n${this.options.remedy}`;
  }

  /**
   * Has a replica of the serving version handle a request.
   *
   * @throws {DownError} When there is none.
   */
  call(call: Call, cancel?: Cancel): Promise<CallAnswer> {
    if (this.#held !== undefined) return this.#held.then(() => this.call(call, cancel));
    if (cancel?.reason !== undefined) return Promise.reject(cancel.reason);
    const replica = this.#serving?.pick();
    return replica === undefined
      ? Promise.reject(new DownError(this.downReason))
      : replica.call(call, cancel);
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
    const replicas = Array.from({ length: this.options.replicas }, () => this.pool.take());
    const version = new Version(++this.#numbers, entry, replicas);
    this.#loading = version;
    try {
      version.loaded = await this.#load(version, signal);
      version.state = "ready";
      if (kind === "reload") await this.#handOver(version);
      if (this.#closed) throw new Error("the Flow is closed");
    } catch (error) {
      version.state = "failed";
      for (const replica of replicas) {
        if (!this.pool.giveBack(replica)) replica.end("its version was given up");
      }
      if (signal?.aborted || this.#closed) {
        this.#numbers--;
        throw error;
      }
      throw await this.#failed(version, kind, error, startedAt);
    } finally {
      this.#loading = undefined;
      this.pool.refill();
    }
    if (this.#serving !== version) this.#switch(version);
    return this.history.served(version.number, kind, startedAt);
  }

  /** Ends workers that do not yield: whoever waits for them is told now. */
  giveUpStuck(): void {
    for (const replica of this.#serving?.replicas ?? []) {
      if (replica.stuck) replica.end("it does not yield, and the Flow is closing");
    }
  }

  /** Closes what serves and everything that still drains; calls that do not end within the grace are cut. */
  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    for (const replica of this.#loading?.replicas ?? []) replica.end("the Flow is closed");
    if (this.#serving !== undefined) this.#retire(this.#serving, graceMs);
    this.#serving = undefined;
    await Promise.all(this.#retiring);
  }

  /** One statement: requests dispatched before belong to the old version, those after to the new one. */
  #switch(version: Version): void {
    const old = this.#serving;
    this.#serving = version;
    version.state = "serving";
    this.#brake.release();
    version.replicas.forEach((replica, index) => this.#attend(version, replica, index));
    if (old !== undefined) this.#retire(old);
  }

  async #load(version: Version, signal?: AbortSignal): Promise<Loaded> {
    const { loadMs } = this.options;
    const abandon = () => version.replicas.forEach((replica) => replica.abandon("a newer change came in"));
    signal?.addEventListener("abort", abandon, { once: true });
    const timer = setTimeout(
      () => version.replicas.forEach((replica) => replica.end(tooSlow(loadMs))),
      loadMs,
    );
    try {
      version.replicas.forEach((replica, index) => this.#listen(replica, index));
      const answers = await Promise.all(
        version.replicas.map((replica, index) => replica.load(this.#order(version, index))),
      );
      signal?.throwIfAborted();
      return only(answers);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abandon);
    }
  }

  #order({ entry, number }: Version, replica: number): LoadOrder {
    const { className, namedAt, modules, renamable, with: options, metas } = entry;
    return {
      deployment: this.name,
      replica,
      version: number,
      ...(className !== undefined && { className }),
      ...(namedAt !== undefined && { namedAt }),
      modules,
      // A name that never was there is a mistake; one that is gone was renamed.
      mayRename: renamable && this.#serving !== undefined,
      known: registry.names,
      with: options,
      metas,
      workspace: this.workspaceOf(entry),
    };
  }

  async #handOver(version: Version): Promise<void> {
    const old = this.#serving;
    if (!old?.loaded?.stateful || !version.loaded?.stateful) return;
    await this.#hold(async () => {
      const jobs = old.replicas.map((from, index) =>
        handOver(from, version.replicas[index], this.options.handoverMs)
      );
      (await Promise.all(jobs)).forEach((notes, index) => {
        for (const note of notes) this.log.named(`${this.name}/rep-${index}`).warning(note);
      });
      // The pointer moves before the held requests go on.
      if (!this.#closed) this.#switch(version);
    });
  }

  /** Lets new calls wait until the work is done. */
  async #hold<T>(work: () => Promise<T>): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#held = promise;
    try {
      return await work();
    } finally {
      this.#held = undefined;
      resolve();
    }
  }

  async #failed(version: Version, kind: SwapKind, error: unknown, startedAt: number): Promise<LoadFailure> {
    const failure = error instanceof LoadFailure
      ? error
      : new LoadFailure({ name: "LoadError", message: (error as Error).message, stack: "" });
    const { place } = failure.info;
    const text = place?.line === undefined ? undefined : await runtime.readText(place.file);
    const snippet = text === undefined ? undefined : snippetOf(text, place?.line ?? 1, place?.column);
    const info: ErrorInfo = { ...failure.info, ...(snippet !== undefined && { snippet }) };
    this.history.failed(version.number, kind, startedAt, info);
    return new LoadFailure(info, failure.files);
  }

  #retire(version: Version, graceMs?: number): void {
    const done = retire(
      version,
      (index, note) => this.log.named(`${this.name}/rep-${index}`).warning(note),
      graceMs,
    );
    this.#retiring.add(done);
    done.finally(() => this.#retiring.delete(done));
  }

  #listen(replica: Replica, index: number): void {
    const name = `${this.name}/rep-${index}`;
    const log = this.log.named(name);
    replica.events = {
      onState: (state) => log.debug(`is ${state}`),
      onLog: (record) => log.log(record.level, record.message),
      onUncaught: (error) => log.error(`an error outside of any request: ${formatError(error)}`),
      onStuck: (stuck) => {
        this.#everStuck ||= stuck;
        if (stuck) {
          log.error(
            "has not yielded for too long: it gets no more requests. Save a version that yields, or restart the process",
          );
        } else log.info("yields again");
      },
    };
  }

  #attend(version: Version, replica: Replica, index: number): void {
    replica.events.onDeath = (reason) => this.#died(version, index, reason);
    if (!replica.alive) this.#died(version, index, "its worker ended");
  }

  /** A replica that dies is replaced; one that dies again and again is left down. */
  #died(version: Version, index: number, reason: string): void {
    if (this.#serving !== version || this.#closed) return;
    const log = this.log.named(`${this.name}/rep-${index}`);
    if (!this.#brake.allows()) {
      const message = `it ended again and again, the last time because ${reason}; it is left down`;
      this.history.lastError = { info: { name: "Error", message, stack: "" }, at: new Date() };
      return log.error(`${message}. ${this.options.remedy}`);
    }
    log.error(`ended because ${reason}; it is replaced`);
    const work = this.#replace(version, index).catch((error) => {
      if (this.#serving === version && !this.#closed) {
        log.error(`could not be replaced: ${(error as Error).message}`);
      }
    });
    // Without another replica, requests wait for the new one instead of failing.
    if (version.pick() === undefined && this.#held === undefined) this.#hold(() => work);
  }

  async #replace(version: Version, index: number): Promise<void> {
    const replica = this.pool.take();
    const single = new Version(version.number, version.entry, [replica]);
    try {
      this.#listen(replica, index);
      single.loaded = only([await replica.load(this.#order(version, index))]);
    } catch (error) {
      replica.end("it could not be loaded");
      await this.#failed(single, "restart", error, performance.now());
      throw error;
    } finally {
      this.pool.refill();
    }
    if (this.#serving !== version || this.#closed) return replica.end("its version does not serve any more");
    version.replicas[index] = replica;
    version.loaded = single.loaded;
    this.#attend(version, replica, index);
  }
}

function tooSlow(loadMs: number): string {
  return `it was not ready within ${loadMs} ms: the module's top level, the constructor or setup() does not end`;
}

/** One answer for all replicas: they load the same files. */
function only(answers: readonly LoadAnswer[]): Loaded {
  const failed = answers.find((answer) => answer.kind === "failed");
  if (failed !== undefined) throw new LoadFailure(failed.error, failed.files);
  return answers[0] as Loaded;
}
