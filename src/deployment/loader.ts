import { placeOf } from "../config/load_yaml.ts";
import { type ErrorInfo, type FileHashes, LoadError } from "../errors/mod.ts";
import type { ExecutorEntry } from "../executor/entry.ts";
import { registry } from "../executor/registry.ts";
import type { Logger } from "../log/logger.ts";
import { type Replica, YIELD_MS } from "../replica/replica.ts";
import type { StandbyPool } from "../replica/standby_pool.ts";
import { onAbort } from "../async/abort.ts";
import { TIMED_OUT, withDeadline } from "../async/deadline.ts";
import { runtime } from "../runtime/mod.ts";
import { resolve, toPath } from "../paths.ts";
import type { LoadAnswer, LoadOrder, Pause } from "../protocol/protocol.ts";
import type { DeploymentOptions } from "./deployment.ts";
import { handleEvents } from "./_replica_events.ts";
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
}

/** Loads the versions of one deployment into workers. */
export class Loader {
  /** The current folder at the start: an Executor may change it later. */
  readonly #folder = runtime.cwd();
  readonly #loading = new Set<Replica>();

  /**
   * @param options The deployment's options.
   * @param pool The source of workers.
   * @param log The Flow's log.
   * @param onImported Called with a file that a worker imports after its load.
   */
  constructor(
    private readonly options: Pick<DeploymentOptions, "name" | "replicas" | "loadMs">,
    private readonly pool: StandbyPool,
    private readonly log: Logger,
    private readonly onImported: (replica: Replica, file: FileHashes[number]) => void,
  ) {}

  /** The workspace folder of an Executor. */
  workspaceOf(entry: ExecutorEntry): string {
    const stated = entry.metas.workspace;
    return resolve(this.#folder, typeof stated === "string" ? stated : `.hotflow/${this.options.name}`);
  }

  /** The log under the name of one replica. */
  logOf(index: number): Logger {
    return this.log.named(`${this.options.name}/rep-${index}`);
  }

  /** Takes workers for a version, for all replicas or some; they are not loaded yet. */
  prepare(
    number: number,
    entry: ExecutorEntry,
    indices: readonly number[] = [...Array(this.options.replicas).keys()],
  ): Version {
    const replicas = indices.map((index) => {
      const replica = this.pool.take();
      replica.index = index;
      replica.log = this.logOf(index);
      handleEvents(replica, this.pool.stuckMs, this.onImported);
      return replica;
    });
    return new Version(number, entry, replicas);
  }

  /**
   * Loads a version into its workers; it is ready then, unless the load pauses. A version whose load fails has to be
   * given up.
   *
   * @throws {LoadError} When the code is broken, or the load takes too long.
   */
  async load(version: Version, options: LoadOptions): Promise<void> {
    await this.#step(
      version,
      options.signal,
      (replica) => replica.load(this.#order(version, replica, options)),
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
      () => this.#step(version, signal, (replica) => replica.construct()),
      () => !signal?.aborted && version.replicas.every(({ alive }) => alive),
    );
  }

  /** Ends the workers of a version that will not serve, or returns them to the pool. */
  giveUp(version: Version): void {
    // A version that has served is drained by its deployment.
    if (!version.canBecome("failed")) return;
    version.become("failed");
    for (const replica of version.replicas) {
      if (!this.pool.release(replica)) replica.end("its version was given up");
    }
  }

  /** Ends the workers that are still loading. */
  close(): void {
    for (const replica of this.#loading) replica.end("the Flow is closed");
  }

  /** Runs a part of the load in each worker. */
  async #step(
    version: Version,
    signal: AbortSignal | undefined,
    act: (replica: Replica) => Promise<LoadAnswer>,
  ): Promise<void> {
    const { replicas } = version;
    signal?.throwIfAborted();
    const removeListener = onAbort(signal, () => {
      for (const replica of replicas) replica.abandon("a newer change came in");
    });
    for (const replica of replicas) this.#loading.add(replica);
    try {
      const answers = await withDeadline(this.options.loadMs, Promise.all(replicas.map(act)));
      if (answers === TIMED_OUT) throw await this.#timeout(version);
      const answer = await only(answers);
      signal?.throwIfAborted();
      if (answer.kind === "ready") version.finishLoad(answer);
    } finally {
      removeListener();
      for (const replica of replicas) this.#loading.delete(replica);
      this.pool.refill();
    }
  }

  /** The error of a load that takes too long, with its known files: one of them may contain the mistake. */
  async #timeout({ entry, replicas }: Version): Promise<LoadError> {
    const module = entry.modules.find(({ url, required }) => required && url.startsWith("file:"));
    const info: ErrorInfo = {
      name: "TimeoutError",
      code: "LOAD_TIMEOUT",
      message:
        `it was not ready within ${this.options.loadMs} ms: the module's top level, the constructor or setup() does not end`,
      stack: "",
      ...(module && { place: { file: toPath(module.url) } }),
    };
    // A worker that does not yield does not answer.
    const files = await withDeadline(YIELD_MS, replicas[0].invoke("files", null).catch(() => []));
    return new LoadError(info, files === TIMED_OUT ? [] : files);
  }

  #order({ number, entry }: Version, { index }: Replica, { mayRename, pause }: LoadOptions): LoadOrder {
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
    };
  }
}

/** The one answer of all replicas, which load the same files. */
async function only(answers: readonly LoadAnswer[]): Promise<Exclude<LoadAnswer, { kind: "failed" }>> {
  const failed = answers.find((answer) => answer.kind === "failed");
  if (failed === undefined) return answers[0] as Exclude<LoadAnswer, { kind: "failed" }>;
  const { error: info, files, namedAt } = failed;
  throw new LoadError(namedAt === undefined ? info : { ...info, place: await placeOf(namedAt) }, files);
}
