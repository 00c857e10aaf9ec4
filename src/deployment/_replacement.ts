import { formatError } from "../errors/mod.ts";
import { RestartLimiter } from "./_restart_limiter.ts";
import type { Condition } from "../async/condition.ts";
import type { Deployment } from "./deployment.ts";
import type { LoadOrder } from "../protocol/protocol.ts";
import type { Replica } from "../replica/replica.ts";
import type { Loader } from "./loader.ts";
import { changedFiles, type Version } from "./version.ts";

/** Replaces the replicas of the serving version that die; one that dies again and again is left down. */
export class Replacement {
  readonly #limiter = new RestartLimiter();
  readonly #loading = new Set<Promise<unknown>>();
  /** Aborted while no replica is replaced, since a successor follows. */
  #stop = new AbortController();

  constructor(
    private readonly deployment: Deployment,
    private readonly loader: Loader,
    private readonly condition: Condition,
  ) {}

  /** Replaces the replicas of a version that serves from now on. */
  begin(version: Version): void {
    this.#limiter.reset();
    for (const index of version.replicas.keys()) this.#subscribe(version, index);
    this.resume(version);
  }

  /** Continues after a {@linkcode stop}: replaces the replicas that died meanwhile. */
  resume(version: Version): void {
    if (this.#stop.signal.aborted) this.#stop = new AbortController();
    for (const index of version.replicas.keys()) this.#check(version, index);
  }

  /** Replaces no replica until {@linkcode resume}, and gives up the loads under way. Resolves when they are over. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error("a new version takes its place"));
    await Promise.all(this.#loading);
  }

  #isReplacing(version: Version): boolean {
    return this.deployment.serving === version && !this.#stop.signal.aborted;
  }

  #subscribe(version: Version, index: number): void {
    const replica = version.replicas[index];
    replica.onDeath = (reason) => this.#died(version, index, reason);
    replica.onStuckChange = () => {
      this.condition.notifyAll();
      this.#reportStuck(version);
    };
  }

  #reportStuck({ replicas }: Version): void {
    const stuck = replicas.find((replica) => replica.alive && replica.stuck);
    this.deployment.observer.trouble(
      "stuck",
      stuck && `${stuck.name} does not yield: it gets no more requests`,
    );
  }

  #check(version: Version, index: number): void {
    if (!version.replicas[index].alive) this.#died(version, index, "its worker ended");
  }

  #died(version: Version, index: number, reason: string): void {
    if (!this.#isReplacing(version)) return;
    const { history, options } = this.deployment;
    const { log } = version.replicas[index];
    this.#reportStuck(version);
    if (!this.#limiter.allows()) {
      const message = `it ended again and again, the last time because ${reason}; it is left down`;
      history.setError({ name: "Error", message, stack: "" });
      log.error(`${message}. ${options.remedy}`);
      this.deployment.observer.trouble("died");
      this.deployment.observer.trouble("down", `${log.name}: ${message}. ${options.remedy}`);
      return this.condition.notifyAll();
    }
    log.error(`ended because ${reason}; it is replaced`);
    this.deployment.observer.trouble("died", `${log.name} ended because ${reason}; it is replaced`);
    version.replacing++;
    const logFailure = (error: unknown) => this.#isReplacing(version) && log.error(error);
    this.#replace(version, index).catch(logFailure).finally(() => {
      version.replacing--;
      this.condition.notifyAll();
    });
  }

  async #replace(version: Version, index: number): Promise<void> {
    const { signal } = this.#stop;
    const load = this.#load(version, index, signal);
    this.#loading.add(load);
    const single = await load.finally(() => this.#loading.delete(load));
    if (single === undefined) return;
    if (!this.#isReplacing(version) || signal.aborted) return this.loader.giveUp(single);
    const changed = changedFiles(version, single);
    if (changed.length > 0) {
      // A version is one code: the files have changed since, so all replicas load them.
      this.loader.giveUp(single);
      return await this.deployment.onOutdated(changed);
    }
    version.replaceReplica(index, single);
    if (version.replicas.every(({ alive }) => alive)) this.deployment.observer.trouble("died");
    this.#subscribe(version, index);
    this.#check(version, index);
  }

  /** Loads a replica again; one that cannot be loaded is reported. */
  async #load(version: Version, index: number, signal: AbortSignal): Promise<Version | undefined> {
    const { deployment, loader } = this;
    const startedAt = performance.now();
    const single = loader.prepare(version.number, version.entry, { index });
    try {
      await loader.load(single, {
        mayRename: true,
        pause: "if-exclusive",
        signal,
        restored: restorable(version, version.replicas[index]),
      });
      // What the dead worker held is free only when its thread has ended.
      if (single.loaded === undefined) await loader.construct(single, true, signal);
      return single;
    } catch (error) {
      loader.giveUp(single);
      if (!this.#isReplacing(version) || signal.aborted) return;
      const { info } = await deployment.recordFailure(single, "replace", startedAt, error);
      version.replicas[index].log.error(`could not be replaced: ${formatError(info)}`);
    }
  }
}

/** The contents of a version's files that its dead worker has reported: those on disk may have changed since. */
function restorable({ loaded }: Version, { link }: Replica): LoadOrder["restored"] {
  const files = new Map(loaded?.files);
  return [...link.contents].flatMap(([path, [hash, content]]) =>
    files.get(path) === hash ? [[path, hash, content]] : []
  );
}
