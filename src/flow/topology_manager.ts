import { Deployment, type Predecessors } from "../deployment/deployment.ts";
import { formatError, LoadError } from "../errors/mod.ts";
import { entryOf, type ExecutorEntry, resolveUses, yamlPath } from "../executor/entry.ts";
import { type Logger, takesOutput } from "../log/logger.ts";
import { type ConfigTarget, type DeploymentSource, ReloadManager } from "../reload/reload_manager.ts";
import type { FlowAnswer, FlowRequest } from "../gateway/backend.ts";
import { StandbyPool } from "../replica/standby_pool.ts";
import type { WorkerLauncher } from "../replica/worker_launcher.ts";
import type { RequestContext } from "../protocol/request_context.ts";
import { after } from "../async/deadline.ts";
import { changesOf, isSame } from "./topology_changes.ts";
import type { ExecutorSpec } from "../graph/flow_builder.ts";
import { ExclusiveTurns, type RequestGate } from "./_exclusive_turns.ts";
import { pollByDefault } from "../options/poll.ts";
import type { Graph } from "../graph/graph.ts";
import type { FlowSettings } from "../options/options.ts";
import { Pipeline } from "../graph/pipeline.ts";

/** The Executors of a Flow and the ways between them, as they are at one time. */
export interface Topology {
  /** The Executors, in the order they were added. */
  readonly executors: readonly ExecutorSpec[];
  /** What runs them, in the same order. */
  readonly deployments: readonly Deployment[];
  readonly graph: Graph;
  readonly pipeline: Pipeline;
}

/** The topology that serves, what it consists of, and those before it as long as requests are on their way there. */
export class TopologyManager {
  readonly #pool: StandbyPool;
  readonly #reloads: ReloadManager;
  #now: Topology;
  /** Settled when requests are not held any more; not there when they are not. */
  #held?: Promise<void>;
  /** Topologies that get no more requests, and still have some. */
  readonly #older = new Set<Pipeline>();
  /** Deployments that no longer serve, and finish what they have. */
  readonly #leaving = new Set<Deployment>();

  /**
   * @param executors The Executors, in their order.
   * @param graph The way of requests through them.
   * @param settings How the Flow serves.
   * @param log The Flow's log.
   * @param isFollowed Whether other Executors may take their place.
   * @param launcher Starts the workers.
   */
  constructor(
    executors: readonly ExecutorSpec[],
    graph: Graph,
    private readonly settings: FlowSettings,
    private readonly log: Logger,
    private readonly isFollowed: boolean,
    launcher: WorkerLauncher,
  ) {
    this.#pool = new StandbyPool(launcher, this.#spares(executors), settings.stuckAfter, takesOutput(log));
    const managed = executors.map((options) => this.#manage(options));
    this.#now = topologyOf(executors, managed.map(({ deployment }) => deployment), graph);
    const { poll = pollByDefault() } = settings;
    this.#reloads = new ReloadManager(managed, log, poll);
  }

  /** The topology that serves. */
  get current(): Topology {
    return this.#now;
  }

  /** The names of workers that did not yield when they were to end. */
  get loops(): readonly string[] {
    return this.#pool.loops;
  }

  /** Has the topology that serves handle a request, once requests are not held. Never throws. */
  run(request: FlowRequest, context: RequestContext): Promise<FlowAnswer> {
    const { cancel } = context;
    if (this.#held === undefined || cancel.reason !== undefined) {
      return this.#now.pipeline.run(request, context);
    }
    const { promise: cancelled, resolve } = Promise.withResolvers<void>();
    cancel.onCancel(() => resolve());
    return Promise.race([this.#held, cancelled]).then(() => this.run(request, context));
  }

  /** Loads all Executors. */
  start(): Promise<void> {
    return this.#reloads.start();
  }

  /** Loads all Executors anew: see `Flow.reload()`. */
  reload(): Promise<void> {
    return this.#reloads.reload();
  }

  /** What is watched for a deployment: folders end with a separator. */
  watchedFor(deployment: Deployment): string[] {
    return this.#reloads.watchedFor(deployment);
  }

  /** Applies what a file says whenever it changes. */
  follow(followed: ConfigTarget): Promise<void> {
    return this.#reloads.follow(followed);
  }

  /**
   * Puts another topology in the place of the one that serves. What is new is loaded first; then one statement moves
   * the pointer. Executors that are as they were keep their workers. Requests on their way finish where they began.
   *
   * @param executors The Executors from now on.
   * @param graph The way of requests through them.
   * @param signal Aborted when a newer change makes this one pointless.
   * @returns What has changed, in words; nothing when nothing has.
   * @throws {LoadError} When something new cannot be loaded. Then nothing has changed.
   */
  async change(executors: readonly ExecutorSpec[], graph: Graph, signal: AbortSignal): Promise<string[]> {
    const before = this.#now;
    const changes = changesOf(before, { executors, graph });
    if (changes.length === 0) return [];
    const same = new Map(
      before.executors.flatMap((old, index) => {
        const options = executors.find(({ name }) => name === old.name);
        return options !== undefined && isSame(old, options) ? [[old.name, before.deployments[index]]] : [];
      }),
    );
    const gone = before.deployments.filter((deployment) => same.get(deployment.name) !== deployment);
    const names = new Set(executors.map(({ name }) => name));
    const turns = new ExclusiveTurns(
      gone,
      names,
      this.#gate(before),
      this.settings.exclusiveTimeout,
      signal,
    );
    const fresh: DeploymentSource[] = [];
    const deployments = executors.map((options) => {
      const there = same.get(options.name);
      if (there !== undefined) return there;
      const managed = this.#manage(options, turns.predecessorsOf(options.name));
      const old = gone.find(({ name }) => name === options.name);
      if (old !== undefined) managed.deployment.history.continue(old.history);
      fresh.push(managed);
      return managed.deployment;
    });
    await this.#bring(fresh, turns, signal);
    this.#now = topologyOf(executors, deployments, graph);
    turns.end();
    this.#pool.resize(this.#spares(executors));
    this.#retire(before.pipeline, gone);
    await this.#reloads.drop(gone);
    return changes;
  }

  /** Gives up calls in flight: see {@linkcode Deployment.cut}. */
  cut(which: "all" | "stuck"): void {
    for (const deployment of [...this.#now.deployments, ...this.#leaving]) deployment.cut(which);
  }

  /** Stops watching, and gives up what is being loaded. */
  async settle(): Promise<void> {
    for (const deployment of this.#now.deployments) deployment.closeSoon();
    await this.#reloads.close();
  }

  /** Closes all deployments. */
  async close(): Promise<void> {
    await Promise.all([...this.#now.deployments, ...this.#leaving].map((deployment) => deployment.close()));
  }

  /** Ends the workers that are left. */
  async end(): Promise<void> {
    await this.#pool.close();
  }

  /** Loads what is new, all of it or nothing. */
  async #bring(
    fresh: readonly DeploymentSource[],
    turns: ExclusiveTurns,
    signal: AbortSignal,
  ): Promise<void> {
    const either = AbortSignal.any([signal, turns.failure]);
    const loads = fresh.map((managed) =>
      turns.run(managed.deployment, () => this.#reloads.bring(managed, either))
    );
    const results = await Promise.allSettled(loads);
    if (!signal.aborted && results.every(({ status }) => status === "fulfilled")) return;
    const deployments = fresh.map(({ deployment }) => deployment);
    await this.#reloads.drop(deployments);
    await Promise.all(deployments.map((deployment) => deployment.close()));
    await turns.undo();
    signal.throwIfAborted();
    const errors = results.flatMap((result, index) =>
      result.status === "rejected" && !turns.isWaiting(deployments[index])
        ? [[deployments[index].name, result.reason] as const]
        : []
    );
    throw failureOf(errors);
  }

  /** What holds requests at the entrance of the Flow while exclusive Executors take turns. */
  #gate({ pipeline }: Topology): RequestGate {
    return {
      hold: () => {
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#held = promise;
        return () => {
          this.#held = undefined;
          resolve();
        };
      },
      idle: () => Promise.all([pipeline, ...this.#older].map((one) => one.idle())),
    };
  }

  /** Closes what is gone once no request can come to it any more. Streams are not waited for for ever. */
  #retire(pipeline: Pipeline, gone: readonly Deployment[]): void {
    this.#older.add(pipeline);
    const done = pipeline.idle().then(() => this.#older.delete(pipeline));
    const last = Promise.all([done, ...Array.from(this.#older, (older) => older.idle())]);
    for (const deployment of gone) {
      this.#leaving.add(deployment);
      const callOff = after(this.settings.closeTimeout, () => deployment.cut("streams"));
      last.then(() => deployment.close()).finally(() => {
        callOff();
        this.#leaving.delete(deployment);
      });
    }
  }

  #manage(options: ExecutorSpec, predecessors?: Predecessors): DeploymentSource {
    const { loadTimeout: loadMs, handoverTimeout: handoverMs, closeTimeout: closeMs } = this.settings;
    const { exclusiveTimeout: exclusiveMs } = this.settings;
    const { name, uses, replicas = 1, reload = false, restart = false } = options;
    const isConfig = typeof uses === "object" && "jtype" in uses;
    const yaml = restart && !isConfig ? yamlPath(uses) : undefined;
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
    const times = { loadMs, handoverMs, exclusiveMs, closeMs };
    const deployment = new Deployment(
      { name, replicas, ...times, remedy, ...(predecessors && { predecessors }) },
      this.#pool,
      this.log,
    );
    const resolve = async (): Promise<ExecutorEntry> =>
      isConfig ? entryOf(uses, options) : await resolveUses(uses, options);
    return { deployment, entry: undefined, resolve, reload, ...(yaml !== undefined && { yaml }) };
  }

  /** As many workers are kept ready as the largest deployment that can change needs for a new version. */
  #spares(executors: readonly ExecutorSpec[]): number {
    const live = executors.filter(({ reload, restart }) => this.isFollowed || reload || restart);
    return Math.max(0, ...live.map(({ replicas = 1 }) => replicas));
  }
}

function topologyOf(
  executors: readonly ExecutorSpec[],
  deployments: readonly Deployment[],
  graph: Graph,
): Topology {
  return { executors, deployments, graph, pipeline: new Pipeline(graph, deployments) };
}

function failureOf(errors: readonly (readonly [name: string, error: unknown])[]): LoadError {
  const known = errors.map(([name, error]) => {
    if (error instanceof LoadError) return [name, error] as const;
    throw error;
  });
  const message = known.map(([name, { info }]) => `${name} could not be loaded: ${formatError(info)}`).join(
    "\n",
  );
  const files = known.flatMap(([, error]) => {
    const own = error.info.place === undefined ? [] : [[error.info.place.file, null] as const];
    return error.files.length > 0 ? error.files : own;
  });
  return new LoadError(known[0][1].info, files, message);
}
