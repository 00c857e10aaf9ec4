import { Client, type Inputs, type PostOptions } from "../client/client.ts";
import { Deployment } from "../deployment/deployment.ts";
import type { DocumentArray } from "../document/document_array.ts";
import { type ExecutorEntry, resolveUses, yamlPath } from "../executor/entry.ts";
import type { Backend } from "../gateway/backend.ts";
import { Logger } from "../log/logger.ts";
import type { Managed, Reloads } from "../reload/mod.ts";
import { StandbyPool } from "../replica/standby_pool.ts";
import { type Listener, runtime } from "../runtime/mod.ts";
import { type AddOptions, checkAdd, type FlowOptions, type Settings, settingsOf } from "./options.ts";
import { Pipeline } from "./pipeline.ts";
import { statusOf } from "./status.ts";

/** The same signal again within this time is the same wish, sent twice by a process group. */
const IMPATIENCE_MS = 1_000;

/** How long answers to requests that were cut may take to be written. */
const ANSWER_MS = 500;

/** What a Flow that runs consists of. */
interface Running {
  readonly deployments: readonly Deployment[];
  readonly pool: StandbyPool;
  readonly reloads: Reloads;
  listener?: Promise<Listener>;
}

/**
 * Executors behind an HTTP gateway, whose code is swapped while they serve.
 *
 * @example
 * ```ts
 * import { type DocumentArray, Executor, Flow, requests } from "@hotflow/hotflow";
 *
 * export class Greeter extends Executor {
 *   @requests()
 *   greet(docs: DocumentArray) {
 *     for (const doc of docs) doc.text = `hello ${doc.text}`;
 *   }
 * }
 *
 * // An Executor's worker imports this module too; only the script itself starts the Flow.
 * if (import.meta.main) {
 *   await using flow = await new Flow({ port: 0 }).add({ uses: Greeter, reload: true }).start();
 *   console.log((await flow.post("/", { text: "you" }))[0].text);
 * }
 * ```
 */
export class Flow {
  readonly #settings: Settings;
  readonly #log: Logger;
  readonly #executors: (AddOptions & { name: string })[] = [];
  readonly #closed: PromiseWithResolvers<void> = Promise.withResolvers<void>();
  #running?: Running;
  #starting = false;
  #port?: number;
  /** When the signal came that ends `block()`. */
  #endingSince?: number;
  #closing?: Promise<void>;

  /**
   * Starts nothing yet.
   *
   * @param options How it serves.
   * @throws {RangeError} When an option is a number that cannot be meant.
   */
  constructor(options: FlowOptions = {}) {
    this.#settings = settingsOf(options);
    this.#log = new Logger("Flow", options.log);
  }

  /** The port it serves on; before it is started, the one it was asked for. */
  get port(): number {
    return this.#port ?? this.#settings.port;
  }

  /**
   * Adds an Executor; requests pass the Executors in the order they were added.
   *
   * @param options The Executor.
   * @returns The Flow itself.
   * @throws {TypeError} When `uses` is missing or the name is malformed or taken.
   * @throws {RangeError} When `replicas` is not a whole number from 1 up.
   */
  add(options: AddOptions): this {
    if (this.#starting) {
      throw new Error("Cannot add an Executor to a Flow that was started: add them all, then start it");
    }
    const taken = this.#executors.map(({ name }) => name);
    checkAdd(options, taken);
    let number = taken.length;
    while (taken.includes(`executor${number}`)) number++;
    this.#executors.push({ ...options, name: options.name ?? `executor${number}` });
    return this;
  }

  /**
   * Loads the Executors and opens the port. An Executor that cannot be loaded is waited for when `reload` or
   * `restart` can bring it in: its requests are answered with 503 until then.
   *
   * @returns The Flow itself.
   * @throws {LoadError} When an Executor cannot be loaded, and nothing watched could mend it.
   * @throws {Error} When the port is taken, the Flow has no Executor, or it was started before.
   */
  async start(): Promise<this> {
    this.#checkStart();
    this.#starting = true;
    const [{ createGateway, hiddenEndpoints }, { Reloads }] = await Promise.all([
      import("../gateway/app.ts"),
      import("../reload/mod.ts"),
    ]);
    this.#checkOpen();
    const pool = this.#pool();
    const managed = this.#executors.map((options) => this.#manage(options, pool));
    const deployments = managed.map(({ deployment }) => deployment);
    const running: Running = this.#running = { deployments, pool, reloads: new Reloads(managed, this.#log) };
    try {
      await running.reloads.start();
      this.#checkOpen();
      const pipeline = new Pipeline(deployments);
      const app = createGateway(backendOf(pipeline, deployments), {
        bodyLimit: this.#settings.bodyLimit,
        timeout: this.#settings.timeout,
        localOnly: isLocal(this.#settings.host),
        onError: (error) => this.#log.named("gateway").error(String(error.stack)),
      });
      running.listener = this.#listen((request) => app.fetch(request));
      this.#port = (await running.listener).port;
      this.#checkOpen();
      for (const endpoint of hiddenEndpoints(pipeline.endpoints)) {
        this.#log.warning(
          `the endpoint ${endpoint} is named like a route of the gateway: it is reachable through POST /post only`,
        );
      }
    } catch (error) {
      await this.close();
      throw error;
    }
    this.#log.info(`serving at http://${this.#settings.host}:${this.port}`);
    return this;
  }

  /**
   * Waits until SIGINT or SIGTERM comes, or the Flow is closed; then closes it. Requests in flight finish first.
   * A second signal, a second later or more, ends the process at once.
   */
  async block(): Promise<void> {
    if (this.#running === undefined) throw new Error("Cannot block: start the Flow first");
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = runtime.onSignals((signal) => {
      if (this.#endingSince !== undefined && performance.now() - this.#endingSince >= IMPATIENCE_MS) {
        runtime.exit(130);
      }
      if (this.#endingSince !== undefined) return;
      this.#endingSince = performance.now();
      this.#log.info(`${signal}: closing; requests in flight finish first`);
      resolve();
    });
    await Promise.race([promise, this.#closed.promise]);
    await this.close();
    // After a signal the process is about to end; until then the same signal once more is to change nothing.
    if (this.#endingSince === undefined) return stop();
    // A worker that never yields keeps the process alive; whoever blocks wants it to end.
    if (this.#running.pool.loops.length > 0) runtime.exit(0);
  }

  /**
   * Stops watching, closes the port, lets requests in flight finish, closes the Executors and ends their workers.
   * Nothing of the Flow is left afterwards. Can be called again.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close().finally(() => this.#closed.resolve());
    return this.#closing;
  }

  /** Closes the Flow at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * Sends documents through the Flow, as {@linkcode Client.post} does.
   *
   * @param on The endpoint.
   * @param inputs The documents.
   * @param options Parameters, and how to send.
   * @returns The documents that come back.
   */
  post(on: string, inputs: Inputs = [], options: PostOptions = {}): Promise<DocumentArray> {
    const host = isLocal(this.#settings.host) ? this.#settings.host : "127.0.0.1";
    return new Client({ port: this.port, host }).post(on, inputs, options);
  }

  #checkStart(): void {
    if ((globalThis as Record<symbol, unknown>)[Symbol.for("hotflow.worker")] === true) {
      throw new Error(
        "Cannot start a Flow inside an Executor's worker: the worker imports the module that defines the Executor, and " +
          "that module starts the Flow. Put the start behind `if (import.meta.main) { … }`, or the Executor into a file of its own",
      );
    }
    if (this.#starting) throw new Error("Cannot start a Flow twice: make a new one");
    if (this.#executors.length === 0) {
      throw new Error("Cannot start a Flow without an Executor: call add() first");
    }
  }

  /** Nothing is to be started any more once it is being closed. */
  #checkOpen(): void {
    if (this.#closing !== undefined) throw new Error("Cannot start the Flow: it was closed meanwhile");
  }

  /** As many workers are kept ready as the largest deployment that can change needs for a new version. */
  #pool(): StandbyPool {
    const live = this.#executors.filter(({ reload, restart }) => reload || restart);
    return new StandbyPool(
      Math.max(0, ...live.map(({ replicas = 1 }) => replicas)),
      this.#settings.stuckAfter,
    );
  }

  #manage(options: AddOptions & { name: string }, pool: StandbyPool): Managed {
    const { loadTimeout, handoverTimeout } = this.#settings;
    const { name, uses, replicas = 1, reload = false, restart = false } = options;
    const yaml = restart ? yamlPath(uses) : undefined;
    if (restart && yaml === undefined) {
      this.#log.warning(
        `${name}: \`restart\` follows the Executor's YAML, and \`uses\` names none; \`reload\` follows its source`,
      );
    }
    const remedy = reload || yaml !== undefined
      ? `It comes back with the next good save of ${reload ? "its source" : yaml}.`
      : "Restart the Flow to bring it back; with `reload: true` a save would.";
    const deployment = new Deployment(
      { name, replicas, loadMs: loadTimeout, handoverMs: handoverTimeout, remedy },
      pool,
      this.#log,
    );
    const resolve = (): Promise<ExecutorEntry> => resolveUses(uses, options);
    return { deployment, entry: undefined, resolve, reload, ...(yaml !== undefined && { yaml }) };
  }

  async #listen(handler: (request: Request) => Response | Promise<Response>): Promise<Listener> {
    const { host: hostname, port } = this.#settings;
    try {
      return await runtime.serve({ hostname, port }, handler);
    } catch (cause) {
      const { name, message } = cause as Error;
      const why = name === "AddrInUse" || message.includes("EADDRINUSE")
        ? "the port is in use; stop what uses it, or choose another port (0 picks a free one)"
        : message;
      throw new Error(`Cannot serve at ${hostname}:${port}: ${why}`, { cause });
    }
  }

  async #close(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    const { deployments, pool } = running;
    const { closeTimeout } = this.#settings;
    await running.reloads.close();
    for (const deployment of deployments) deployment.cut("stuck");
    const deadline = setTimeout(
      () => deployments.forEach((deployment) => deployment.cut("all")),
      closeTimeout,
    );
    // Requests that are cut are still answered.
    const listener = await running.listener?.catch(() => undefined);
    await listener?.close(closeTimeout + ANSWER_MS);
    await Promise.all(deployments.map((deployment) => deployment.close()));
    clearTimeout(deadline);
    await pool.close();
    if (pool.loops.length === 0 || this.#endingSince !== undefined) return;
    const names = pool.loops.join(", ");
    this.#log.warning(
      `did not yield when it was to end, and keeps this process alive until it does: ${names}`,
    );
  }
}

function backendOf(pipeline: Pipeline, deployments: readonly Deployment[]): Backend {
  return {
    get endpoints() {
      return pipeline.endpoints;
    },
    get hasDefault() {
      return pipeline.hasDefault;
    },
    get downReason() {
      return pipeline.downReason;
    },
    run: (request, cancel) => pipeline.run(request, cancel),
    status: () => statusOf(deployments),
  };
}

function isLocal(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}
