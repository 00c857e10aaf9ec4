import { invalidState } from "../errors/mod.ts";
import type { Backend } from "../gateway/backend.ts";
import type { Front, OpenFront } from "../gateway/front.ts";
import { FetchFront } from "../gateway/fetch_front.ts";
import { HttpFront } from "../gateway/http_front.ts";
import type { ExposedRoute } from "../gateway/routes.ts";
import { type Logger, logLevel } from "../log/logger.ts";
import { FlowEvents } from "../live/flow_events.ts";
import { FlowMetrics } from "../metrics/flow_metrics.ts";
import { observerOf, type RequestObserver } from "../metrics/request_observer.ts";
import { after } from "../async/deadline.ts";
import type { ExecutorSpec } from "../graph/flow_builder.ts";
import { FlowYamlTarget } from "./flow_yaml_target.ts";
import { TopologyManager } from "./topology_manager.ts";
import type { FlowYaml } from "../flow_yaml/read_flow_yaml.ts";
import type { Graph } from "../graph/graph.ts";
import { type FlowSettings, isLocal, type Listening, listeningOf, servesPage } from "../options/settings.ts";
import type { FlowStatus } from "../live/status.ts";
import { startTracing } from "../trace/tracing.ts";
import { statusOf, statusOfOne } from "./_status_of.ts";
import { threadLauncher, type WorkerLauncher } from "../replica/worker_launcher.ts";

/** How long writing the answers to requests that were cut may take, in milliseconds. */
const ANSWER_MS = 500;

/** The interval at which a closing Flow looks for workers that do not yield, in milliseconds. */
const SWEEP_MS = 100;

/** A running Flow: its fronts, and the Executors behind them. */
export class FlowServer {
  readonly #topologies: TopologyManager;
  readonly #observer: RequestObserver;
  private readonly log: Logger;
  readonly #events?: FlowEvents;
  readonly #yaml?: FlowYamlTarget;
  readonly #fronts: readonly Front[];
  readonly #inApp: FetchFront;
  /** The protocols of the first fronts, with the ports that are open. */
  #listening: readonly Listening[];
  #open: readonly Promise<OpenFront>[] = [];
  #closing = false;
  #ending = false;

  /** @param yaml The YAML whose changes are applied. */
  constructor(
    executors: readonly ExecutorSpec[],
    graph: Graph,
    private readonly settings: FlowSettings,
    givenLog: Logger,
    exposed: readonly ExposedRoute[],
    yaml?: FlowYaml,
    launcher: WorkerLauncher = threadLauncher,
  ) {
    this.#listening = listeningOf(settings);
    const metrics = new FlowMetrics();
    this.#events = servesPage(settings)
      ? new FlowEvents({
        metrics,
        status: () => this.status(),
        deployment: (name) => statusOfOne(this.#topologies, name),
        modulesOf: (name) => this.#topologies.modulesOf(name),
      })
      : undefined;
    const log = this.log = this.#events === undefined ? givenLog : givenLog.alsoTo(this.#events.sink);
    this.#inApp = new FetchFront({ ...settings, exposed }, log);
    // `Flow.ports` are the ports of the first fronts.
    this.#fronts = [...this.#listening.map((one) => frontOf(one, settings, exposed, log)), this.#inApp];
    const requestLog = logLevel() === "debug" ? log.named("gateway") : undefined;
    this.#observer = observerOf(requestLog, metrics, this.#events);
    const isFollowed = yaml !== undefined;
    this.#topologies = new TopologyManager(
      executors,
      graph,
      settings,
      log,
      isFollowed,
      launcher,
      this.#observer,
      this.#events,
    );
    if (yaml !== undefined) {
      this.#yaml = new FlowYamlTarget(yaml, this.#topologies, log, () => this.#events?.statusChanged());
    }
  }

  /** The names of workers that did not yield when they should have ended. */
  get loops(): readonly string[] {
    return this.#topologies.pools.loops;
  }

  /** What serves, and how. */
  status(): FlowStatus {
    const served = { ports: this.#listening, page: this.#events !== undefined };
    return statusOf(this.#topologies, served, this.#yaml);
  }

  /** Loads the Executors, then opens the fronts; returns their ports. */
  async start(): Promise<readonly Listening[]> {
    await startTracing((message) => this.log.warning(message));
    if (this.#events?.warning !== undefined) this.log.warning(this.#events.warning);
    await this.#topologies.start();
    this.#checkOpen();
    const backend = backendOf(this.#topologies, () => this.status(), () => this.#metrics(), this.#events);
    this.#open = this.#fronts.map((front) => front.start(backend));
    const open = await Promise.all(this.#open);
    this.#checkOpen();
    this.#listening = this.#listening.map(({ protocol }, index) => ({
      protocol,
      port: open[index].port ?? 0,
    }));
    const { host } = this.settings;
    for (const { protocol, port } of this.#listening) {
      this.log.log("info", `serving at ${protocol}://${host}:${port}`, {
        kind: "serving",
        protocol,
        host,
        port,
      });
    }
    if (this.settings.middleware.length > 0 && this.#listening.some(({ protocol }) => protocol === "grpc")) {
      this.log.warning("the middleware covers HTTP and WebSocket only: requests over gRPC do not pass it");
    }
    if (this.#yaml !== undefined) await this.#topologies.reloads.follow(this.#yaml);
    return this.#listening;
  }

  /** The metrics in Prometheus' text format. Those of the event loop are measured from the first call on. */
  async #metrics(): Promise<string> {
    const { render } = await import("../metrics/render.ts");
    const { deployments } = this.status();
    return await render(this.#observer.metrics, { deployments, standbyMs: this.#topologies.pools.standbyMs });
  }

  /** Answers a request without a port: see `Flow.fetch()`. */
  fetch(request: Request): Promise<Response> {
    return this.#inApp.fetch(request);
  }

  /** Reloads all Executors: see `Flow.reload()`. */
  reload(isFresh: boolean): Promise<void> {
    return this.#topologies.reloads.reload(isFresh);
  }

  /** Notes that the process ends after {@linkcode close}, with all workers. */
  willExit(): void {
    this.#ending = true;
  }

  /** Closes the fronts, then the Executors: see `Flow.close()`. */
  async close(): Promise<void> {
    this.#closing = true;
    const { closeTimeout } = this.settings;
    await this.#topologies.settle();
    this.#events?.close();
    this.#topologies.cut("stuck");
    const sweep = setInterval(() => this.#topologies.cut("stuck"), SWEEP_MS);
    const callOff = after(closeTimeout, () => this.#topologies.cut("all"));
    // After requests are cut, their answers are still sent. A front that could not be opened needs no close.
    const closeFront = (front: OpenFront) => front.close(closeTimeout + ANSWER_MS);
    await Promise.all(this.#open.map((front) => front.then(closeFront, () => {})));
    await this.#topologies.close();
    callOff();
    clearInterval(sweep);
    this.#observer.metrics.loopDelay.stop();
    await this.#topologies.pools.close();
    if (this.loops.length === 0 || this.#ending) return;
    const names = this.loops.join(", ");
    this.log.warning(
      `did not yield when it was to end, and keeps this process alive until it does: ${names}`,
    );
  }

  /** Throws once it is being closed, so that nothing more is started. */
  #checkOpen(): void {
    if (this.#closing) throw invalidState("Cannot start the Flow: it was closed meanwhile");
  }
}

/**
 * The front of a protocol. The code of gRPC's is loaded while the Executors are; a Flow without gRPC never loads it.
 * Deno would resolve gRPC's packages for a literal `import("…")` even if it is never called.
 */
function frontOf(
  { protocol, port }: Listening,
  settings: FlowSettings,
  exposed: readonly ExposedRoute[],
  log: Logger,
): Front {
  const options = { ...settings, port };
  if (protocol === "http") {
    return new HttpFront({
      ...options,
      localOnly: isLocal(settings.host),
      page: servesPage(settings),
      exposed,
    }, log);
  }
  const loaded: Promise<typeof import("../grpc/grpc_front.ts")> = import(
    import.meta.resolve("../grpc/grpc_front.ts")
  );
  loaded.catch(() => {});
  return { start: async (backend) => await new (await loaded).GrpcFront(options, log).start(backend) };
}

/** Each request passes the topology that serves when it comes in. */
function backendOf(
  topologies: TopologyManager,
  status: () => FlowStatus,
  metrics: () => Promise<string>,
  events: FlowEvents | undefined,
): Backend {
  return {
    get endpoints() {
      return topologies.current.pipeline.endpoints;
    },
    get hasDefault() {
      return topologies.current.pipeline.hasDefault;
    },
    get fallback() {
      return topologies.current.pipeline.fallback;
    },
    get headers() {
      return topologies.current.pipeline.headers;
    },
    get downReason() {
      return topologies.current.pipeline.downReason;
    },
    onChange: (callback) => topologies.onChange(callback),
    run: (request, context) => topologies.run(request, context),
    status,
    metrics,
    ...(events && { events }),
  };
}
