import { YamlFile } from "../config/yaml_file.ts";
import type { YamlLocation } from "../config/yaml_path.ts";
import { type ErrorInfo, type FileHashes, formatError, LoadError, type Place } from "../errors/mod.ts";
import type { ExecutorEntry } from "../executor/entry.ts";
import { registry } from "../executor/registry.ts";
import type { Logger } from "../log/logger.ts";
import { type Replica, YIELD_MS } from "../replica/replica.ts";
import type { StandbyPool } from "../replica/standby_pool.ts";
import { after } from "../async/deadline.ts";
import { runtime } from "../runtime/mod.ts";
import { resolve, toPath } from "../paths.ts";
import type { LoadAnswer, LoadOrder, Pause } from "../protocol/protocol.ts";
import { hinted } from "./_exclusive_hint.ts";
import { retrying } from "./_retrying.ts";
import { giveUpStuck } from "./_stuck.ts";
import { Version } from "./version.ts";

/** What a load is to bring. */
export interface LoadRequest {
  /** The version's number. */
  readonly number: number;
  /** What to load. */
  readonly entry: ExecutorEntry;
  /** Which replicas. */
  readonly indices: readonly number[];
  /** How many replicas the version has in all. */
  readonly replicas: number;
  /** Whether the only Executor of the modules may take the place of a class that is gone. */
  readonly mayRename: boolean;
  /** When the load stops before the constructor, for {@linkcode Loader.construct} to go on. */
  readonly pause: Pause;
  /** Aborted when a newer change makes the load pointless. */
  readonly signal?: AbortSignal;
}

/** Brings versions of one deployment into workers. */
export class Loader {
  /** The current folder, whatever an Executor makes of it later on. */
  readonly #folder = runtime.cwd();
  /** Called with a file that a worker imports after its load. */
  onImported: (replica: Replica, file: FileHashes[number]) => void = () => {};
  readonly #loading = new Set<Replica>();

  /**
   * @param name The deployment's name.
   * @param loadMs How long a load may take, in milliseconds.
   * @param pool Where workers come from.
   * @param log The Flow's log.
   */
  constructor(
    private readonly name: string,
    private readonly loadMs: number,
    private readonly pool: StandbyPool,
    private readonly log: Logger,
  ) {}

  /** The workspace folder of an Executor. */
  workspaceOf(entry: ExecutorEntry): string {
    const stated = entry.metas.workspace;
    return resolve(this.#folder, typeof stated === "string" ? stated : `.hotflow/${this.name}`);
  }

  /** The log under the name of one replica. */
  logOf(index: number): Logger {
    return this.log.named(`${this.name}/rep-${index}`);
  }

  /** Takes workers for a version; they are not loaded yet. */
  prepare({ number, entry, indices }: LoadRequest): Version {
    const replicas = indices.map((index) => {
      const replica = this.pool.take();
      replica.name = `${this.name}/rep-${index}`;
      this.#listen(replica, index);
      return replica;
    });
    return new Version(number, entry, replicas);
  }

  /**
   * Loads a version into its workers; it is ready then, unless the load pauses. When that fails, it is to be given up.
   *
   * @throws {LoadError} When the code is broken, or takes too long.
   */
  async load(version: Version, request: LoadRequest): Promise<void> {
    await this.#step(
      version,
      request.signal,
      (replica, at) => replica.load(this.#order(request, request.indices[at])),
    );
  }

  /**
   * Constructs the Executors of a load that paused.
   *
   * @param retries Whether a worker was terminated that may still hold what they need: then a failure is tried again.
   * @throws {LoadError} When constructor or `setup()` failed, or take too long.
   */
  async construct(version: Version, { signal }: LoadRequest, retries: boolean): Promise<void> {
    await retrying(
      retries,
      () => this.#step(version, signal, (replica) => replica.construct()),
      () => !signal?.aborted && version.replicas.every(({ alive }) => alive),
    );
  }

  /** Has each worker do a part of the load. */
  async #step(
    version: Version,
    signal: AbortSignal | undefined,
    act: (replica: Replica, at: number) => Promise<LoadAnswer>,
  ): Promise<void> {
    const { replicas } = version;
    const abandon = () => replicas.forEach((replica) => replica.abandon("a newer change came in"));
    signal?.addEventListener("abort", abandon, { once: true });
    const deadline = this.#deadline(version);
    for (const replica of replicas) this.#loading.add(replica);
    try {
      const answer = await only(await Promise.race([Promise.all(replicas.map(act)), deadline.late]));
      signal?.throwIfAborted();
      if (answer.kind === "imported") return;
      version.loaded = answer;
      version.state = "ready";
    } finally {
      deadline.clear();
      signal?.removeEventListener("abort", abandon);
      for (const replica of replicas) this.#loading.delete(replica);
      this.pool.refill();
    }
  }

  /** Does away with a version that will not serve. */
  giveUp(version: Version): void {
    version.state = "failed";
    for (const replica of version.replicas) {
      if (!this.pool.release(replica)) replica.end("its version was given up");
    }
  }

  /** Ends the workers that are still loading. */
  close(): void {
    for (const replica of this.#loading) replica.end("the Flow is closed");
  }

  /** Fails a load that takes too long. Those of its files that are known are to be watched: one may be to blame. */
  #deadline({ entry, replicas }: Version): { late: Promise<never>; clear(): void } {
    const { promise: late, reject } = Promise.withResolvers<never>();
    late.catch(() => {});
    const module = entry.modules.find(({ url, required }) => required && url.startsWith("file:"));
    const info: ErrorInfo = {
      name: "TimeoutError",
      code: "LOAD_TIMEOUT",
      message:
        `it was not ready within ${this.loadMs} ms: the module's top level, the constructor or setup() does not end`,
      stack: "",
      ...(module && { place: { file: toPath(module.url) } }),
    };
    const clear = after(
      this.loadMs,
      async () => reject(new LoadError(info, await filesSoFar(replicas[0]))),
    );
    return { late, clear };
  }

  #order({ number, entry, mayRename, replicas, pause }: LoadRequest, replica: number): LoadOrder {
    const { className, namedAt, modules, renamable, with: options, metas } = entry;
    return {
      deployment: this.name,
      replica,
      version: number,
      ...(className !== undefined && { className }),
      ...(namedAt !== undefined && { namedAt }),
      modules,
      mayRename: renamable && mayRename,
      replicas,
      pause,
      known: registry.names,
      with: options,
      metas,
      workspace: this.workspaceOf(entry),
    };
  }

  #listen(replica: Replica, index: number): void {
    const log = this.logOf(index);
    replica.events = {
      onState: (state) => log.debug(`is ${state}`),
      onLog: (record) => log.log(record.level, record.message),
      onOutput: (stream, text) =>
        log.log(stream === "stdout" ? "info" : "warning", text, { kind: "output", stream }),
      onForeign: () => {
        log.warning(
          "posted a message that nobody takes: in an Executor's worker, postMessage() is hotflow's own",
        );
      },
      onImported: (file) => this.onImported(replica, file),
      onUncaught: (error) => {
        log.error(`an error outside of any request: ${formatError(hinted(error))}`);
      },
      onStuck: (stuck) => stuck ? giveUpStuck(replica, this.pool.stuckMs, log) : log.info("yields again"),
    };
  }
}

/** One answer for all replicas: they load the same files. */
async function only(answers: readonly LoadAnswer[]): Promise<Exclude<LoadAnswer, { kind: "failed" }>> {
  const failed = answers.find((answer) => answer.kind === "failed");
  if (failed === undefined) return answers[0] as Exclude<LoadAnswer, { kind: "failed" }>;
  const { error: info, files, namedAt } = failed;
  throw new LoadError(namedAt === undefined ? info : { ...info, place: await placeOf(namedAt) }, files);
}

async function placeOf({ file, path }: YamlLocation): Promise<Place> {
  return { file, ...await (await YamlFile.read(file))?.position(path) };
}

/** The files that a load under way has read; none when its worker does not yield. */
async function filesSoFar(replica: Replica): Promise<FileHashes> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const none = new Promise<FileHashes>((resolve) => timer = setTimeout(resolve, YIELD_MS, []));
  return await Promise.race([replica.ask("files", null).catch(() => []), none]).finally(() =>
    clearTimeout(timer)
  );
}
