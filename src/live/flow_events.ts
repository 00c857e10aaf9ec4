import type { ErrorInfo, FileHashes } from "../errors/mod.ts";
import type { LogSink } from "../log/logger.ts";
import type { FlowMetrics } from "../metrics/flow_metrics.ts";
import type { RequestEvents } from "../metrics/request_observer.ts";
import { chosenEditor } from "./editor.ts";
import { errorStatus } from "./error_status.ts";
import { EventHub } from "./event_hub.ts";
import type { LoadEvent, LoadPhases, LogLineEvent, SampleEvent, TroubleEvent } from "./flow_event.ts";
import { processInfo } from "./process_info.ts";
import { Recent } from "./_recent.ts";
import { rounded, Sampler } from "./sampler.ts";
import { SourceTexts } from "./source_texts.ts";
import type { DeploymentStatus, FlowStatus, LoadStatus } from "./status.ts";
import { Throttle } from "./_throttle.ts";
import { Troubles } from "./_troubles.ts";

/** How many loads, log lines and samples a new reader is told. */
const LOADS = 100;
const LINES = 500;
const SAMPLES = 600;
/** How old samples are at most, in milliseconds. */
const SAMPLE_AGE_MS = 600_000;
/** The longest message of a log line, in characters. */
const MAX_MESSAGE = 8_000;
/** How many files of a save are listed: the checkout of a branch may change thousands. */
const MAX_FILES = 100;

/** The name under which changes of the whole status are gathered; deployments have no such name. */
const STATUS = "";

/** What the events ask of their Flow. */
export interface ObservedFlow {
  readonly metrics: FlowMetrics;
  status(): FlowStatus;
  /** The status of one deployment; `undefined` when there is none of that name. */
  deployment(name: string): DeploymentStatus | undefined;
  /** The modules of the version of a deployment that serves. */
  modulesOf(deployment: string): FileHashes;
}

/** A load that has ended. */
export interface EndedLoad extends Omit<LoadStatus, "error"> {
  readonly error?: ErrorInfo;
  readonly phases?: LoadPhases;
}

/** The files that made a load necessary. */
export interface Saved {
  readonly paths: Iterable<string>;
  /** The time from the write of the newest one to the begin of the load, in milliseconds. */
  readonly eventMs?: number;
}

/**
 * The events of one Flow. What a reader that comes later is told is kept: the last loads and log lines, and what is
 * wrong. All else is made only while there is a reader.
 */
export class FlowEvents implements RequestEvents {
  readonly #hub: EventHub;
  readonly #loads = new Recent<LoadEvent>(LOADS);
  readonly #lines = new Recent<LogLineEvent>(LINES);
  readonly #samples = new Recent<SampleEvent>(SAMPLES);
  readonly #sources = new SourceTexts();
  /** By deployment: the files of loads that have failed since its version was loaded. */
  readonly #unserved = new Map<string, ReadonlySet<string>>();
  readonly #troubles = new Troubles((event) => this.#hub.publish(event), () => this.isWatched);
  readonly #changes = new Throttle((name) => this.#reportChange(name));
  readonly #sampler: Sampler;
  readonly #editor = chosenEditor();

  constructor(private readonly flow: ObservedFlow) {
    this.#hub = new EventHub({
      hello: () => this.#hello(),
      onWatched: (isWatched) => this.#onWatched(isWatched),
    });
    this.#sampler = new Sampler(flow.metrics, (sample) => {
      this.#samples.add(sample);
      this.#hub.publish(sample);
    });
  }

  /** What is wrong with the choice of the editor. */
  get warning(): string | undefined {
    return this.#editor.warning;
  }

  get isWatched(): boolean {
    return this.#hub.isWatched;
  }

  /** Opens the stream of `GET /events`: see {@linkcode EventHub.open}. */
  open(lastId?: string): ReadableStream<Uint8Array> {
    return this.#hub.open(lastId);
  }

  /** Ends all streams: the Flow is closing. */
  close(): void {
    this.#hub.close();
    this.#troubles.close();
    this.#changes.clear();
  }

  /** Takes the lines of the log. */
  readonly sink: LogSink = ({ level, name, message, time, requestId }) => {
    const event = {
      ...{ kind: "log", level, name, message: shortened(message), time } as const,
      ...(requestId !== undefined && { request: requestId }),
    };
    this.#lines.add(event);
    this.#hub.publish(event);
  };

  /** The graph, or the YAML, has changed. */
  statusChanged(): void {
    if (this.isWatched) this.#changes.request(STATUS);
  }

  /** A version or a replica of a deployment has changed, or what is wrong with it. */
  deploymentChanged(deployment: string): void {
    if (this.isWatched) this.#changes.request(deployment);
  }

  /** Files of a deployment were saved. */
  changed(deployment: string, paths: Iterable<string>): void {
    const files = [...paths].slice(0, MAX_FILES);
    this.#hub.publish({ kind: "changed", deployment, files, at: new Date() });
  }

  /** A load has ended. */
  loaded(
    deployment: string,
    { kind: cause, error, phases, ...load }: EndedLoad,
    { paths, eventMs }: Saved,
  ): void {
    const saved = new Set(paths);
    const all = new Set([...saved, ...this.#unserved.get(deployment) ?? []]);
    const modules = error === undefined ? this.flow.modulesOf(deployment) : [];
    // Of those that were saved before, what has changed since the version that serves; of very many, the modules.
    const files = this.#sources.changes(deployment, [...all], modules)
      .filter(({ path, diff }) => saved.has(path) || diff)
      .sort((a, b) => Number(b.diff !== undefined) - Number(a.diff !== undefined));
    if (error === undefined) this.#unserved.delete(deployment);
    else this.#unserved.set(deployment, all);
    const parts = Object.entries({ ...(eventMs !== undefined && { event: eventMs }), ...phases });
    const event: LoadEvent = {
      ...load,
      ...{ kind: "load", deployment, cause, ...(error && { error: errorStatus(error) }) },
      files: files.slice(0, MAX_FILES),
      ms: rounded(load.ms),
      phases: Object.fromEntries(parts.map(([part, ms]) => [part, rounded(ms)])),
    };
    this.#loads.add(event);
    this.#hub.publish(event);
    this.deploymentChanged(deployment);
    if (error !== undefined) return;
    if (this.isWatched) this.#sources.keep(deployment, modules);
    this.#troubles.endAll(deployment);
  }

  /** The files of a deployment are again as its version was loaded from. */
  reverted(deployment: string): void {
    this.#unserved.delete(deployment);
    this.#hub.publish({ kind: "reverted", deployment, at: new Date() });
    this.deploymentChanged(deployment);
  }

  /** Something is wrong with a deployment; without a message, that is over. */
  trouble(deployment: string, what: TroubleEvent["what"], message?: string): void {
    if (message === undefined) this.#troubles.end(deployment, what);
    else this.#troubles.begin(deployment, what, message);
    this.deploymentChanged(deployment);
  }

  threw(deployment: string, error: ErrorInfo): void {
    this.#troubles.threw(deployment, error);
  }

  answered(deployment: string): void {
    this.#troubles.answered(deployment);
  }

  streamBegun(request: string, endpoint: string): void {
    this.#hub.publish({ kind: "stream", request, endpoint, state: "begun", at: new Date() });
  }

  streamEnded(request: string, endpoint: string, outcome: string, ms: number): void {
    this.#hub.publish({
      kind: "stream",
      request,
      endpoint,
      state: "ended",
      at: new Date(),
      outcome,
      ms: rounded(ms),
    });
  }

  #hello(): ReturnType<ConstructorParameters<typeof EventHub>[0]["hello"]> {
    const oldest = Date.now() - SAMPLE_AGE_MS;
    const status = this.flow.status();
    // Without those of Executors that were removed, even if others have their names now.
    const known = new Set(
      status.deployments.flatMap(({ name, history }) => history.map(({ at }) => `${at.getTime()} ${name}`)),
    );
    return {
      process: processInfo(),
      editor: this.#editor.template,
      status,
      loads: this.#loads.all.filter(({ at, deployment }) => known.has(`${at.getTime()} ${deployment}`)),
      troubles: this.#troubles.all,
      log: this.#lines.all,
      samples: this.#samples.all.filter(({ at }) => at.getTime() > oldest),
    };
  }

  #onWatched(isWatched: boolean): void {
    if (isWatched) {
      this.#sampler.start();
      return this.#keepSources(this.flow.status());
    }
    this.#sampler.stop();
    this.#sources.retain([]);
    this.#changes.clear();
  }

  #keepSources({ deployments }: FlowStatus): void {
    for (const { name } of deployments) this.#sources.keep(name, this.flow.modulesOf(name));
  }

  #reportChange(name: string): void {
    if (name !== STATUS) {
      const deployment = this.flow.deployment(name);
      if (deployment !== undefined) this.#hub.publish({ kind: "deployment", deployment });
      return;
    }
    const status = this.flow.status();
    const names = status.deployments.map(({ name }) => name);
    this.#sources.retain(names);
    this.#keepSources(status);
    this.#troubles.retain(names);
    this.#hub.publish({ kind: "status", status });
  }
}

function shortened(message: string): string {
  return message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE).toWellFormed()}…` : message;
}
