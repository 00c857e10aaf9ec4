import { formatError, type LoadError } from "../errors/mod.ts";
import { RestartLimiter } from "./_restart_limiter.ts";
import type { Condition } from "../async/condition.ts";
import type { Deployment } from "./deployment.ts";
import type { Loader } from "./loader.ts";
import { changedFiles, type Version } from "./version.ts";

/** What a {@linkcode Replacement} needs of its deployment. */
export interface ReplacementHost {
  readonly deployment: Deployment;
  readonly loader: Loader;
  readonly condition: Condition;
  /** Whether a version still serves, so that a replica of it that died is replaced. */
  readonly isServing: (version: Version) => boolean;
  /** Records a replica that could not be loaded again; returns the error with its snippet. */
  readonly failed: (version: Version, error: unknown, startedAt: number) => Promise<LoadError>;
}

/** Replaces the replicas of the serving version that die; one that dies again and again is left down. */
export class Replacement {
  readonly #limiter = new RestartLimiter();
  /** The loads under way, and what aborts them. */
  readonly #loading = new Map<Promise<unknown>, AbortController>();

  constructor(private readonly host: ReplacementHost) {}

  /** Replaces the replicas of a version that serves from now on. */
  begin(version: Version): void {
    this.#limiter.reset();
    version.replicas.forEach((_, index) => this.#watch(version, index));
  }

  /** Continues after a {@linkcode stop}: replaces the replicas that died meanwhile. */
  resume(version: Version): void {
    version.replicas.forEach((_, index) => this.#check(version, index));
  }

  /** Gives up the loads under way. Resolves when they are over. */
  async stop(): Promise<void> {
    for (const controller of this.#loading.values()) {
      controller.abort(new Error("a new version takes its place"));
    }
    await Promise.all(this.#loading.keys());
  }

  #watch(version: Version, index: number): void {
    version.replicas[index].subscribe((event) => {
      if (event.kind === "death") this.#died(version, index, event.reason);
    });
    this.#check(version, index);
  }

  #check(version: Version, index: number): void {
    if (!version.replicas[index].alive) this.#died(version, index, "its worker ended");
  }

  #died(version: Version, index: number, reason: string): void {
    const { deployment: { history, options }, loader, condition, isServing } = this.host;
    if (!isServing(version)) return;
    const log = loader.logOf(index);
    if (!this.#limiter.allows()) {
      const message = `it ended again and again, the last time because ${reason}; it is left down`;
      history.recordFailure({ name: "Error", message, stack: "" });
      return log.error(`${message}. ${options.remedy}`);
    }
    log.error(`ended because ${reason}; it is replaced`);
    version.replacing++;
    const logFailure = (error: unknown) => isServing(version) && log.error(error);
    this.#replace(version, index).catch(logFailure).finally(() => {
      version.replacing--;
      condition.notifyAll();
    });
  }

  async #replace(version: Version, index: number): Promise<void> {
    const { deployment, loader, isServing } = this.host;
    const controller = new AbortController();
    const load = this.#load(version, index, controller.signal);
    this.#loading.set(load, controller);
    const single = await load.finally(() => this.#loading.delete(load));
    if (single === undefined) return;
    if (!isServing(version) || controller.signal.aborted) return loader.giveUp(single);
    const changed = changedFiles(version, single);
    if (changed.length > 0) {
      // A version is one code: the files have changed since, so all replicas load them.
      loader.giveUp(single);
      return await deployment.onOutdated(changed);
    }
    version.replaceReplica(index, single);
    this.#watch(version, index);
  }

  /** Loads a replica again; one that cannot be loaded is reported. */
  async #load(version: Version, index: number, signal: AbortSignal): Promise<Version | undefined> {
    const { deployment, loader, isServing, failed } = this.host;
    const startedAt = performance.now();
    const { number, entry } = version;
    const { replicas } = deployment.options;
    const request = {
      number,
      entry,
      indices: [index],
      replicas,
      mayRename: true,
      pause: "if-exclusive",
      signal,
    } as const;
    const single = loader.prepare(request);
    try {
      await loader.load(single, request);
      // What the dead worker held is free only when its thread has ended.
      if (single.loaded === undefined) await loader.construct(single, request, true);
      return single;
    } catch (error) {
      loader.giveUp(single);
      if (!isServing(version) || signal.aborted) return;
      const failure = await failed(single, error, startedAt);
      loader.logOf(index).error(`could not be replaced: ${formatError(failure.info)}`);
    }
  }
}
