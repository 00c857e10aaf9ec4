import type { HelloEvent, LoadEvent, SampleEvent } from "../../src/live/flow_event.ts";
import type { DeploymentStatus, FlowStatus, LoadStatus, ReplicaStatus } from "../../src/live/status.ts";

/** When the tests' Flows did what they did. */
export const AT = new Date("2026-01-02T10:00:00Z");

/** A deployment that serves, with one replica, unless it is given otherwise. */
export function deployment(name: string, given: Partial<DeploymentStatus> = {}): DeploymentStatus {
  const version = given.version === undefined ? 1 : given.version;
  return {
    name,
    needs: ["gateway"],
    state: "serving",
    executor: `${name[0].toUpperCase()}${name.slice(1)}`,
    isolation: "thread",
    endpoints: ["/search"],
    watched: [],
    version,
    versions: version === null ? [] : [{ number: version, state: "serving", replicas: [replica(name)] }],
    lastError: null,
    history: version === null ? [] : [loadStatus(version)],
    ...given,
  };
}

/** A replica that can serve. */
export function replica(name: string, given: Partial<ReplicaStatus> = {}): ReplicaStatus {
  return { name: `${name}/rep-0`, state: "ready", stuck: false, calls: 0, ...given };
}

/** A load in the history. */
export function loadStatus(version: number, given: Partial<LoadStatus> = {}): LoadStatus {
  return { version, kind: version === 1 ? "start" : "reload", at: AT, ms: 42, ...given };
}

/** A load as an event. */
export function load(name: string, version: number, given: Partial<LoadEvent> = {}): LoadEvent {
  return {
    kind: "load",
    deployment: name,
    cause: "reload",
    version,
    at: new Date(AT.getTime() + version * 1000),
    ms: 9.4,
    files: [],
    phases: { event: 1.2, load: 5, setup: 3, swap: 0.2 },
    ...given,
  };
}

/** A sample with the same figures for all deployments. */
export function sample(
  at: Date,
  names: readonly string[],
  count = 40,
  given: Partial<SampleEvent> = {},
): SampleEvent {
  const figures = { count, errors: 0, p50: 2.1, p95: 8.4 };
  return {
    kind: "sample",
    at,
    seconds: 1,
    requests: figures,
    deployments: Object.fromEntries(names.map((name) => [name, { ...figures, documents: count * 3 }])),
    memory: 180,
    loopDelay: 1.5,
    ...given,
  };
}

/** The status of a Flow. */
export function status(...deployments: readonly DeploymentStatus[]): FlowStatus {
  return { deployments, ports: [{ protocol: "http", port: 8080 }], polled: false, page: true };
}

/** What a Flow with one Executor says first. */
export function hello(given: Partial<HelloEvent> = {}): HelloEvent {
  return {
    kind: "hello",
    boot: "first",
    at: AT,
    process: { hotflow: "0.1.0", runtime: "deno 2.9.6", pid: 4242 },
    editor: "vscode://file/{path}:{line}:{column}",
    status: status(deployment("encoder")),
    loads: [],
    troubles: [],
    log: [],
    samples: [],
    ...given,
  };
}

/** A graph of 30 Executors: forks, joins, long edges, one of each kind. */
export function thirty(): DeploymentStatus[] {
  const needs: Record<string, string[]> = { reader: ["gateway"], cleaner: ["reader"], splitter: ["cleaner"] };
  for (const branch of ["text", "image", "audio", "video"]) {
    needs[`${branch}-load`] = ["splitter"];
    needs[`${branch}-encode`] = [`${branch}-load`];
    needs[`${branch}-norm`] = [`${branch}-encode`];
    needs[`${branch}-index`] = [`${branch}-norm`];
  }
  needs["text-rank"] = ["text-index", "text-norm"];
  needs["image-rank"] = ["image-index"];
  needs["media-join"] = ["audio-index", "video-index"];
  needs["first-join"] = ["text-rank", "image-rank"];
  needs["cross"] = ["first-join", "media-join"];
  needs["rerank"] = ["cross", "cleaner"];
  needs["filter"] = ["rerank"];
  needs["dedupe"] = ["filter"];
  needs["translate"] = ["dedupe"];
  needs["summary"] = ["dedupe"];
  needs["answer"] = ["translate", "summary", "reader"];
  return Object.entries(needs).map(([name, needs], at) =>
    deployment(name, {
      needs,
      executor: name.split("-").map((part) => part[0].toUpperCase() + part.slice(1)).join(""),
      ...(name === "cross" && {
        executor: null,
        isolation: undefined,
        version: null,
        versions: [],
        history: [],
        addresses: [{ address: "grpc://10.0.0.5:54321", state: "serving", since: AT, calls: 0 }],
      }),
      ...(name === "image-encode" && { isolation: "process" }),
      ...(at % 7 === 3 && {
        versions: [{ number: 1, state: "serving", replicas: [replica(name), replica(name), replica(name)] }],
      }),
    })
  );
}
