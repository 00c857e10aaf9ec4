import { Deployment } from "../deployment/deployment.ts";
import { type FileHashes, formatError, LoadError } from "../errors/mod.ts";
import { type Logger, takesOutput } from "../log/logger.ts";
import { type DeploymentSource, ReloadManager } from "../reload/reload_manager.ts";
import type { FlowAnswer, FlowRequest } from "../gateway/backend.ts";
import type { WorkerLauncher } from "../replica/worker_launcher.ts";
import { WorkerPools } from "../replica/worker_pools.ts";
import type { Encoded } from "../protocol/encoded.ts";
import type { RequestContext } from "../protocol/request_context.ts";
import { after } from "../async/deadline.ts";
import { deploymentSourceOf } from "./_deployment_source.ts";
import { changesOf, isSame, type Wiring } from "./topology_changes.ts";
import type { ExecutorSpec } from "../graph/flow_builder.ts";
import { ExclusiveTurns, type RequestGate } from "./_exclusive_turns.ts";
import { pollByDefault } from "../options/settings.ts";
import type { Graph } from "../graph/graph.ts";
import type { FlowEvents } from "../live/flow_events.ts";
import type { FlowSettings } from "../options/settings.ts";
import { Pipeline } from "../graph/pipeline.ts";
import { isRemote, remoteAddresses } from "../executor/remote_address.ts";
import { RemoteDeployment } from "../remote/remote_deployment.ts";
import { SpareWorker } from "../replica/spare_worker.ts";
import type { RequestObserver } from "../metrics/request_observer.ts";

/** An Executor of a Flow: its own deployment, or one that runs elsewhere. */
export type Member = Deployment | RemoteDeployment;

/** The Executors of a Flow with their deployments and graph; never changed, only replaced. */
export interface Topology extends Wiring {
  /** The deployments of the Executors, in the same order. */
  readonly deployments: readonly Member[];
  readonly pipeline: Pipeline;
}

/** Owns the topology that serves, and the previous ones until their requests are finished. */
export class TopologyManager {
  /** Whether files are polled for changes. */
  readonly polled: boolean;
  /** Its workers. */
  readonly pools: WorkerPools;
  /** Loads the deployments, and follows their files. */
  readonly reloads: ReloadManager;
  /** Called when a deployment, or which ones there are, has changed. */
  readonly #listeners = new Set<() => void>();
  #current: Topology;
  /** Settled when requests are no longer held; `undefined` when they are not held. */
  #held?: Promise<void>;
  /** Pipelines of previous topologies that still have requests. */
  readonly #previous = new Set<Pipeline>();
  /** Deployments of previous topologies that still have requests. */
  readonly #leaving = new Set<Member>();
  /** Converts documents for Executors elsewhere. */
  readonly #spare: SpareWorker;

  /** @param isFollowed Whether a YAML may replace the Executors. */
  constructor(
    executors: readonly ExecutorSpec[],
    graph: Graph,
    private readonly settings: FlowSettings,
    private readonly log: Logger,
    private readonly isFollowed: boolean,
    launcher: WorkerLauncher,
    private readonly observer: RequestObserver,
    private readonly events?: FlowEvents,
  ) {
    const limits = { stuckMs: settings.stuckAfter, closeMs: settings.closeTimeout };
    this.pools = new WorkerPools(launcher, this.#spares(executors), limits, takesOutput(log));
    this.#spare = new SpareWorker(this.pools.threads);
    const sources: DeploymentSource[] = [];
    const members = executors.map((executor) => {
      const remote = this.#remoteOf(executor);
      if (remote !== undefined) return remote;
      const source = this.#listening(deploymentSourceOf(executor, settings, this.pools, log));
      sources.push(source);
      return source.deployment;
    });
    this.#current = topologyOf(executors, members, graph, observer);
    const { poll = pollByDefault() } = settings;
    this.polled = poll !== false;
    this.reloads = new ReloadManager(sources, log, poll, events);
  }

  /** Loads the Executors, and connects to those elsewhere. */
  async start(): Promise<void> {
    const remotes = this.#current.deployments.filter((one) => one instanceof RemoteDeployment);
    await Promise.all([this.reloads.start(), ...remotes.map((remote) => remote.start())]);
  }

  /** The topology that serves. */
  get current(): Topology {
    return this.#current;
  }

  /** The modules of the version of a deployment that serves. */
  modulesOf(name: string): FileHashes {
    const member = this.#current.deployments.find((one) => one.name === name);
    return member instanceof Deployment ? member.serving?.loaded?.files ?? [] : [];
  }

  /** Calls back when whether the Flow can answer may have changed; returns a function that stops it. */
  onChange(callback: () => void): () => void {
    this.#listeners.add(callback);
    return () => void this.#listeners.delete(callback);
  }

  /** Passes a request to the topology that serves, once requests are not held. Never rejects. */
  run<E extends Encoded>(request: FlowRequest<E>, context: RequestContext<E>): Promise<FlowAnswer<E>> {
    const { cancel } = context;
    if (this.#held === undefined || cancel.reason !== undefined) {
      return this.#current.pipeline.run(request, context);
    }
    const { promise: cancelled, resolve } = Promise.withResolvers<void>();
    const forget = cancel.onCancel(() => resolve());
    return Promise.race([this.#held, cancelled]).finally(forget).then(() => this.run(request, context));
  }

  /**
   * Replaces the topology. What is new is loaded first; then one assignment switches to it. Executors that did not
   * change keep their workers. Requests in flight finish in the topology in which they began.
   *
   * @param executors The new Executors.
   * @param graph Their graph.
   * @param signal Aborted when a newer change makes this one pointless.
   * @returns What has changed, in words; empty when nothing has.
   * @throws {LoadError} When a new Executor cannot be loaded. Then nothing has changed.
   */
  async change(executors: readonly ExecutorSpec[], graph: Graph, signal: AbortSignal): Promise<string[]> {
    const before = this.#current;
    const changes = changesOf(before, { executors, graph });
    if (changes.length === 0) return [];
    const kept = keptIn(before, executors);
    const removed = before.deployments.filter((deployment) => kept.get(deployment.name) !== deployment);
    const ended = removed.filter((one) => one instanceof Deployment);
    const names = new Set(executors.map(({ name }) => name));
    const { exclusiveTimeout } = this.settings;
    const turns = new ExclusiveTurns(ended, names, this.#gate(before), exclusiveTimeout, signal);
    const isNew = executors.filter(({ name }) => !kept.has(name));
    const remotes = isNew.map((executor) => this.#remoteOf(executor)).filter((one) => one !== undefined);
    const added = isNew.filter(({ uses }) => !isRemote(uses))
      .map((executor) => this.#sourceOf(executor, ended, turns));
    try {
      await Promise.all([this.#load(added, turns, signal), ...remotes.map((remote) => remote.start())]);
    } catch (error) {
      await Promise.all(remotes.map((remote) => remote.close()));
      throw error;
    }
    const byName = new Map<string, Member>(
      [...remotes, ...added.map(({ deployment }) => deployment)].map((member) => [member.name, member]),
    );
    const deployments = executors.map(({ name }) => kept.get(name) ?? byName.get(name) as Member);
    this.#current = topologyOf(executors, deployments, graph, this.observer);
    this.#changed();
    this.events?.statusChanged();
    turns.end();
    this.pools.resize(this.#spares(executors));
    this.#retire(before.pipeline, removed);
    await this.reloads.drop(ended);
    return changes;
  }

  /** Cuts calls in flight: see {@linkcode Deployment.cut}. */
  cut(which: "all" | "stuck"): void {
    for (const deployment of [...this.#current.deployments, ...this.#leaving]) deployment.cut(which);
  }

  /** Stops watching, and aborts loads. */
  async settle(): Promise<void> {
    for (const deployment of this.#current.deployments) {
      if (deployment instanceof Deployment) deployment.closeSoon();
    }
    await this.reloads.close();
  }

  /** Closes all deployments. */
  async close(): Promise<void> {
    const all = [...this.#current.deployments, ...this.#leaving];
    await Promise.all(all.map((deployment) => deployment.close()));
  }

  /** The source of an Executor that is new, or replaces a removed one and continues its history. */
  #sourceOf(executor: ExecutorSpec, removed: readonly Deployment[], turns: ExclusiveTurns): DeploymentSource {
    const predecessors = turns.predecessorsOf(executor.name);
    const source = this.#listening(
      deploymentSourceOf(executor, this.settings, this.pools, this.log, predecessors),
    );
    const old = removed.find(({ name }) => name === executor.name);
    if (old !== undefined) source.deployment.history.continue(old.history);
    return source;
  }

  /** The Executor when it runs elsewhere. */
  #remoteOf({ name, uses }: ExecutorSpec): RemoteDeployment | undefined {
    const addresses = remoteAddresses(uses);
    if (addresses === undefined) return undefined;
    const remote = new RemoteDeployment(name, addresses, this.#spare, this.log);
    remote.onChange = () => this.#changed(name);
    return remote;
  }

  #listening(source: DeploymentSource): DeploymentSource {
    const { deployment } = source;
    const { name, history } = deployment;
    deployment.onChange = () => this.#changed(name);
    const { events } = this;
    if (events !== undefined) {
      deployment.observer = {
        changed: () => events.deploymentChanged(name),
        trouble: (what, message) => events.trouble(name, what, message),
      };
    }
    history.onRecord = (swap) => {
      this.observer.metrics.addLoad(swap);
      // Other loads are reported with the files that were saved.
      const record = history.records.at(-1);
      if (swap.kind === "replace" && record !== undefined) this.events?.loaded(name, record, { paths: [] });
    };
    return source;
  }

  /** @param name The deployment that has changed; left out when there are other ones. */
  #changed(name?: string): void {
    for (const listener of this.#listeners) listener();
    if (name !== undefined) this.events?.deploymentChanged(name);
  }

  /** Loads the new deployments, all or none. */
  async #load(
    sources: readonly DeploymentSource[],
    turns: ExclusiveTurns,
    signal: AbortSignal,
  ): Promise<void> {
    const either = AbortSignal.any([signal, turns.failure]);
    const loads = sources.map((source) =>
      turns.run(source.deployment, () => this.reloads.bring(source, either))
    );
    const results = await Promise.allSettled(loads);
    if (!signal.aborted && results.every(({ status }) => status === "fulfilled")) return;
    const deployments = sources.map(({ deployment }) => deployment);
    await this.reloads.drop(deployments);
    await Promise.all(deployments.map((deployment) => deployment.close()));
    await turns.undo();
    signal.throwIfAborted();
    throw failureOf(results.flatMap((result, index) => {
      const deployment = deployments[index];
      const isOwn = result.status === "rejected" && !turns.isWaiting(deployment);
      return isOwn ? [[deployment.name, result.reason] as const] : [];
    }));
  }

  /** Holds requests at the entrance of the Flow while exclusive Executors take turns. */
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
      idle: () => Promise.all([pipeline, ...this.#previous].map((one) => one.idle())),
    };
  }

  /** Closes removed deployments once no request can reach them any more; streams are cut after `closeTimeout`. */
  #retire(pipeline: Pipeline, removed: readonly Member[]): void {
    this.#previous.add(pipeline);
    const done = pipeline.idle().then(() => this.#previous.delete(pipeline));
    const last = Promise.all([done, ...Array.from(this.#previous, (previous) => previous.idle())]);
    for (const deployment of removed) {
      this.#leaving.add(deployment);
      const cancelTimer = after(this.settings.closeTimeout, () => deployment.cut("streams"));
      last.then(() => deployment.close()).finally(() => {
        cancelTimer();
        this.#leaving.delete(deployment);
      });
    }
  }

  /** The number of standby threads for Executors to come: as many as the largest one has replicas. */
  #spares(executors: readonly ExecutorSpec[]): number {
    if (!this.isFollowed) return 0;
    const threads = executors.filter(({ uses, isolation }) => isolation !== "process" && !isRemote(uses));
    return Math.max(0, ...threads.map(({ replicas = 1 }) => replicas));
  }
}

function topologyOf(
  executors: readonly ExecutorSpec[],
  deployments: readonly Member[],
  graph: Graph,
  observer: RequestObserver,
): Topology {
  return { executors, deployments, graph, pipeline: new Pipeline(graph, deployments, observer) };
}

/** The deployments of Executors that do not change, by name. */
function keptIn(before: Topology, executors: readonly ExecutorSpec[]): ReadonlyMap<string, Member> {
  return new Map(before.executors.flatMap((old, index) => {
    const executor = executors.find(({ name }) => name === old.name);
    return executor !== undefined && isSame(old, executor) ? [[old.name, before.deployments[index]]] : [];
  }));
}

/** One error for all Executors that could not be loaded. */
function failureOf(errors: readonly (readonly [name: string, error: unknown])[]): LoadError {
  const failures = errors.map(([name, error]) => {
    if (error instanceof LoadError) return [name, error] as const;
    throw error;
  });
  const message = failures.map(([name, { info }]) => `${name} could not be loaded: ${formatError(info)}`)
    .join("\n");
  const files = failures.flatMap(([, error]) => {
    const own = error.info.place === undefined ? [] : [[error.info.place.file, null] as const];
    return error.files.length > 0 ? error.files : own;
  });
  return new LoadError(failures[0][1].info, files, message);
}
