import { placeOf } from "../config/load_yaml.ts";
import { type ErrorInfo, type FileHashes, LoadError } from "../errors/mod.ts";
import type { ExecutorEntry } from "../executor/entry.ts";
import { registry } from "../executor/registry.ts";
import type { Logger } from "../log/logger.ts";
import type { Replica } from "../replica/replica.ts";
import { YIELD_MS } from "../replica/worker_link.ts";
import type { StandbyPool } from "../replica/standby_pool.ts";
import { onAbort } from "../async/abort.ts";
import { TIMED_OUT, withDeadline } from "../async/deadline.ts";
import { runtime } from "../runtime/mod.ts";
import { resolve, toPath } from "../paths.ts";
import type { LoadAnswer, LoadOrder, Pause } from "../protocol/protocol.ts";
import type { DeploymentOptions } from "./deployment.ts";
import { retrying } from "./_retrying.ts";
import { Version } from "./version.ts";

/** How a version is loaded. */
export interface LoadOptions {
  /** Whether the only Executor of the modules may take the place of a class that is gone. */
  readonly mayRename: boolean;
  /** When the load stops before the constructor, for {@linkcode Loader.construct} to continue it. */
  readonly pause: Pause;
  /** Aborted when a newer change makes the load pointless. */
  readonly signal?: AbortSignal;
  /** In place: the files that have changed since the version was loaded that it starts from. */
  readonly changed?: readonly string[];
  /** The contents of files to load in place of those on disk. */
  readonly restored?: LoadOrder["restored"];
}

/** A version needs other workers than those that were prepared for it: workers that have loaded nothing before. */
export class UnsuitableWorkerError extends Error {}

/** Loads the versions of one deployment into workers. */
export class Loader {
  /** The current folder at the start: an Executor may change it later. */
  readonly #folder = runtime.cwd();
  readonly #loading = new Set<Replica>();

  /**
   * @param onImported Called with a file that a worker imports after its load.
   * @param onStateChange Called when the state of a replica has changed.
   */
  constructor(
    private readonly options: Pick<
      DeploymentOptions,
      "name" | "replicas" | "standbys" | "loadMs" | "exclusiveMs"
    >,
    private readonly pool: StandbyPool,
    private readonly log: Logger,
    private readonly onImported: (replica: Replica, file: FileHashes[number]) => void,
    private readonly onStateChange: () => void = () => {},
  ) {
    pool.need(this, options.standbys);
  }

  workspaceOf(entry: ExecutorEntry): string {
    const stated = entry.metas.workspace;
    return resolve(this.#folder, typeof stated === "string" ? stated : `.hotflow/${this.options.name}`);
  }

  logOf(index: number): Logger {
    return this.log.named(`${this.options.name}/rep-${index}`);
  }

  /**
   * Prepares a version in fresh workers, for all replicas or one, or in place: in the workers of the version before. Its
   * load has not begun. Cold workers have imported no packages beforehand.
   */
  prepare(
    number: number,
    entry: ExecutorEntry,
    from: { base?: Version; index?: number; isCold?: boolean } = {},
  ): Version {
    const { index: only, isCold = false } = from;
    const indices = only === undefined ? Array(this.options.replicas).keys() : [only];
    const modules = entry.modules.map(({ url }) => url);
    const isFit = from.base?.replicas.every(({ link }) => this.pool.isFit(link, modules)) ?? true;
    if (!isFit) {
      this.logOf(0).info("takes a new process: its code imports other files, which this one may not read");
    }
    const base = isFit ? from.base : undefined;
    const taken = Array.from(indices, (index) => {
      const one = base === undefined
        ? this.pool.take(this, isCold, modules)
        : { replica: base.replicas[index].next() };
      for (const replica of [one.replica, one.second]) if (replica !== undefined) this.#equip(replica, index);
      return one;
    });
    const version = new Version(number, entry, taken.map(({ replica }) => replica), base !== undefined);
    taken.forEach(({ second }, index) => second && version.seconds.set(index, second));
    return version;
  }

  /**
   * Has standby workers ready for the version after one that serves.
   *
   * @param isInPlace Whether it will be loaded in place, which takes none.
   * @param takesOver Whether its packages are imported in place of those of another deployment.
   */
  expectNext({ loaded }: Version, isInPlace: boolean, takesOver: boolean): void {
    this.pool.need(this, isInPlace ? 0 : this.options.standbys);
    this.pool.prepare(this, isInPlace ? [] : loaded?.prepares ?? [], takesOver);
  }

  #equip(replica: Replica, index: number): void {
    replica.index = index;
    replica.link.log = this.logOf(index);
    replica.onImported = (file) => this.onImported(replica, file);
    replica.onStateChange = this.onStateChange;
  }

  /**
   * Loads a version into its workers; it is ready then, unless the load pauses. A version whose load fails has to be
   * given up.
   *
   * @throws {LoadError} When the code is broken, or the load takes too long.
   * @throws {UnsuitableWorkerError} When that takes other workers.
   */
  async load(version: Version, options: LoadOptions): Promise<void> {
    await this.#step(
      version,
      options.signal,
      (replica, index) => {
        const second = version.seconds.get(index);
        const order = this.#order(version, replica, options);
        return second === undefined ? replica.load(order) : this.#race(version, index, second, order);
      },
    );
  }

  /**
   * Constructs the Executors of a load that paused.
   *
   * @param retries Whether a worker was terminated that may still hold what they need: a failure is retried then.
   * @throws {LoadError} When constructor or `setup()` failed, or take too long.
   */
  async construct(version: Version, retries: boolean, signal?: AbortSignal): Promise<void> {
    await retrying(
      retries,
      () => this.#step(version, signal, (replica) => replica.construct(this.options.exclusiveMs)),
      () => !signal?.aborted && version.replicas.every(({ alive }) => alive),
    );
  }

  /**
   * Ends the workers of a version that will not serve, or returns them to the pool.
   *
   * @param overtaken Whether a newer load takes its place.
   */
  giveUp(version: Version, overtaken = false): void {
    // A version that has served is drained by its deployment.
    if (!version.canBecome("failed")) return;
    version.become("failed");
    for (const replica of version.workers) {
      if (!this.pool.release(replica)) replica.end("its version was given up", overtaken);
    }
  }

  /**
   * Loads a version into two workers, one of which is still importing packages: the first that has imported the version
   * constructs it, and the other one is ended. The cold one is suitable in any case.
   */
  async #race(version: Version, index: number, second: Replica, order: LoadOrder): Promise<LoadAnswer> {
    const both = [version.replicas[index], second];
    const load = async (replica: Replica) => {
      const answer = await replica.load({ ...order, pause: "always" });
      if (answer.kind === "unsuitable") throw new UnsuitableWorkerError(answer.reason);
      return [replica, answer] as const;
    };
    const [winner, answer] = await Promise.any(both.map(load));
    version.replicas[index] = winner;
    version.seconds.delete(index);
    for (const replica of both) if (replica !== winner) replica.end("another worker was faster");
    const pauses = order.pause === "always" || (order.pause === "if-exclusive" && isExclusive(answer));
    return answer.kind !== "imported" || pauses ? answer : await winner.construct(this.options.exclusiveMs);
  }

  close(): void {
    this.pool.need(this, 0);
    for (const replica of this.#loading) replica.end("the Flow is closed");
  }

  /** Runs a part of the load in each worker. */
  async #step(
    version: Version,
    signal: AbortSignal | undefined,
    act: (replica: Replica, index: number) => Promise<LoadAnswer>,
  ): Promise<void> {
    const { replicas, workers } = version;
    signal?.throwIfAborted();
    const removeListener = onAbort(signal, () => {
      for (const replica of workers) replica.abandon("a newer change came in");
    });
    for (const replica of workers) this.#loading.add(replica);
    try {
      const answers = await withDeadline(this.options.loadMs, Promise.all(replicas.map(act)));
      if (answers === TIMED_OUT) throw await this.#timeout(version);
      version.note(answers);
      const refused = answers.find((answer) => answer.kind === "unsuitable");
      if (refused !== undefined) throw new UnsuitableWorkerError(refused.reason);
      const failed = answers.find((answer) => answer.kind === "failed");
      if (failed !== undefined) {
        const { error, files, namedAt } = failed;
        throw new LoadError({ ...error, ...(namedAt && await placeOf(namedAt)) }, files);
      }
      signal?.throwIfAborted();
      // All replicas load the same files.
      if (answers[0].kind === "ready") version.finishLoad(answers[0]);
    } finally {
      removeListener();
      for (const replica of workers) this.#loading.delete(replica);
      this.pool.refill();
    }
  }

  /** The error of a load that takes too long, with its known files: one of them may contain the mistake. */
  async #timeout({ entry, replicas, isInPlace }: Version): Promise<LoadError> {
    const making = replicas.flatMap(({ link }) => link.making).map((name) =>
      `; keep("${name}") is still being made`
    );
    const module = entry.modules.find(({ url, required }) => required && url.startsWith("file:"));
    const info: ErrorInfo = {
      name: "TimeoutError",
      code: "LOAD_TIMEOUT",
      message:
        `it was not ready within ${this.options.loadMs} ms: the module's top level, the constructor or setup() does not end${
          making.at(0) ?? ""
        }`,
      stack: "",
      ...(module && { place: { file: toPath(module.url) } }),
    };
    const answers = await Promise.all(replicas.map(async (replica) => {
      // A worker that does not yield does not answer.
      const files = await withDeadline(YIELD_MS, replica.invoke("files", null).catch(() => []));
      // The version that serves is in the same worker: it is loaded again in a fresh one.
      if (files === TIMED_OUT && isInPlace) replica.kill(`it has not yielded for ${this.options.loadMs} ms`);
      return files;
    }));
    return new LoadError(info, answers.find((files) => files !== TIMED_OUT) ?? []);
  }

  #order({ number, entry }: Version, { index }: Replica, options: LoadOptions): LoadOrder {
    const { mayRename, pause, changed, restored } = options;
    const { renamable, ignore: _ignore, watch: _watch, yaml: _yaml, ...code } = entry;
    return {
      ...code,
      deployment: this.options.name,
      replica: index,
      version: number,
      mayRename: renamable && mayRename,
      replicas: this.options.replicas,
      pause,
      known: registry.names,
      workspace: this.workspaceOf(entry),
      ...(changed && { changed }),
      ...(restored && { restored }),
    };
  }
}

function isExclusive(answer: LoadAnswer): boolean {
  return answer.kind === "imported" && answer.exclusive;
}
