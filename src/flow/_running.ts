import { Deployment } from "../deployment/deployment.ts";
import { type ExecutorEntry, resolveUses, yamlPath } from "../executor/entry.ts";
import { createGateway } from "../gateway/app.ts";
import type { Backend } from "../gateway/backend.ts";
import { type ExposedRoute, hiddenEndpoints } from "../gateway/routes.ts";
import type { Logger } from "../log/logger.ts";
import { type Managed, Reloads } from "../reload/mod.ts";
import { StandbyPool } from "../replica/standby_pool.ts";
import { after } from "../runtime/deadline.ts";
import { type Listener, runtime } from "../runtime/mod.ts";
import type { Member } from "./_members.ts";
import { pollByDefault } from "./_poll.ts";
import type { Graph } from "./graph.ts";
import { type AddOptions, isLocal, type Settings } from "./options.ts";
import { Pipeline } from "./pipeline.ts";
import { statusOf } from "./status.ts";

/** How long answers to requests that were cut may take to be written. */
const ANSWER_MS = 500;

/** How often a Flow that closes looks for workers that have stopped yielding. */
const SWEEP_MS = 100;

/** An Executor of a Flow, with what it is called and whose documents it gets. */
export type Added = Omit<AddOptions, "needs"> & Member;

/** What a Flow that runs consists of. */
export class Running {
  readonly #deployments: readonly Deployment[];
  readonly #pool: StandbyPool;
  readonly #reloads: Reloads;
  #listener?: Promise<Listener>;
  #closing = false;
  #ending = false;

  /**
   * @param executors The Executors of the Flow, in their order.
   * @param graph The way of requests through them.
   * @param settings How it serves.
   * @param log The Flow's log.
   * @param exposed More ways to endpoints.
   */
  constructor(
    private readonly executors: readonly Added[],
    private readonly graph: Graph,
    private readonly settings: Settings,
    private readonly log: Logger,
    private readonly exposed: readonly ExposedRoute[],
  ) {
    const { poll = pollByDefault() } = settings;
    this.#pool = poolFor(executors, settings);
    const managed = executors.map((options) => this.#manage(options));
    this.#deployments = managed.map(({ deployment }) => deployment);
    this.#reloads = new Reloads(managed, log, poll);
  }

  /** The names of workers that did not yield when they were to end. */
  get loops(): readonly string[] {
    return this.#pool.loops;
  }

  /** Loads the Executors, then opens the port, which it answers. */
  async start(): Promise<number> {
    await this.#reloads.start();
    this.#checkOpen();
    const pipeline = new Pipeline(this.graph, this.#deployments);
    const { bodyLimit, timeout, host, cors } = this.settings;
    const app = createGateway(backendOf(pipeline, () => statusOf(this.executors, this.#deployments)), {
      bodyLimit,
      timeout,
      localOnly: isLocal(host),
      cors,
      exposed: this.exposed,
      onError: (error) => this.log.named("gateway").error(String(error.stack)),
    });
    this.#listener = this.#listen((request) => app.fetch(request));
    const { port } = await this.#listener;
    this.#checkOpen();
    for (const [endpoint, why] of hiddenEndpoints(pipeline.endpoints)) {
      this.log.warning(`the endpoint ${endpoint} ${why}: it is reachable through POST /post only`);
    }
    this.log.info(`serving at http://${host}:${port}`);
    return port;
  }

  /** Whoever closes it will end the process as well. */
  isEnding(): void {
    this.#ending = true;
  }

  /** Ends everything: see `Flow.close()`. */
  async close(): Promise<void> {
    this.#closing = true;
    const { closeTimeout } = this.settings;
    await this.#reloads.close();
    this.#cut("stuck");
    const sweep = setInterval(() => this.#cut("stuck"), SWEEP_MS);
    const callOff = after(closeTimeout, () => this.#cut("all"));
    // Requests that are cut are still answered.
    const listener = await this.#listener?.catch(() => undefined);
    await listener?.close(closeTimeout + ANSWER_MS);
    await Promise.all(this.#deployments.map((deployment) => deployment.close()));
    callOff();
    clearInterval(sweep);
    await this.#pool.close();
    if (this.loops.length === 0 || this.#ending) return;
    const names = this.loops.join(", ");
    this.log.warning(
      `did not yield when it was to end, and keeps this process alive until it does: ${names}`,
    );
  }

  #cut(which: "all" | "stuck"): void {
    for (const deployment of this.#deployments) deployment.cut(which);
  }

  /** Nothing is to be started any more once it is being closed. */
  #checkOpen(): void {
    if (this.#closing) throw new Error("Cannot start the Flow: it was closed meanwhile");
  }

  #manage(options: Added): Managed {
    const { loadTimeout: loadMs, handoverTimeout: handoverMs, closeTimeout: streamMs } = this.settings;
    const { name, uses, replicas = 1, reload = false, restart = false } = options;
    const yaml = restart ? yamlPath(uses) : undefined;
    if (restart && yaml === undefined) {
      this.log.warning(
        `${name}: \`restart\` follows the Executor's YAML, and \`uses\` names none; \`reload\` follows its source`,
      );
    }
    const remedy = reload || yaml !== undefined
      ? `It comes back with the next good save of ${
        [...(reload ? ["its source"] : []), ...(yaml === undefined ? [] : [yaml])].join(" or of ")
      }.`
      : "Restart the Flow to bring it back; with `reload: true` a save would.";
    const times = { loadMs, handoverMs, streamMs };
    const deployment = new Deployment({ name, replicas, ...times, remedy }, this.#pool, this.log);
    const resolve = (): Promise<ExecutorEntry> => resolveUses(uses, options);
    return { deployment, entry: undefined, resolve, reload, ...(yaml !== undefined && { yaml }) };
  }

  async #listen(handler: (request: Request) => Response | Promise<Response>): Promise<Listener> {
    const { host: hostname, port } = this.settings;
    try {
      return await runtime.serve({ hostname, port }, handler);
    } catch (cause) {
      const { name, message, code } = cause as Error & { code?: string };
      const why = name === "AddrInUse" || code === "EADDRINUSE"
        ? "the port is in use; stop what uses it, or choose another port (0 picks a free one)"
        : message;
      throw new Error(`Cannot serve at ${hostname}:${port}: ${why}`, { cause });
    }
  }
}

/** As many workers are kept ready as the largest deployment that can change needs for a new version. */
function poolFor(executors: readonly Added[], { stuckAfter }: Settings): StandbyPool {
  const live = executors.filter(({ reload, restart }) => reload || restart);
  return new StandbyPool(Math.max(0, ...live.map(({ replicas = 1 }) => replicas)), stuckAfter);
}

function backendOf(pipeline: Pipeline, status: () => unknown): Backend {
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
    run: (request, cancel, outlet) => pipeline.run(request, cancel, outlet),
    status,
  };
}
