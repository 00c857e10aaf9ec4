/** The events of a Flow: types only. @module */
import type { DeploymentStatus, ErrorStatus, FlowStatus, LoadStatus } from "./status.ts";

/**
 * An event of `GET /events`: the JSON of one message, whose SSE event type is `kind`. Times are ISO 8601 strings there,
 * as in `GET /status`.
 */
export type FlowEvent =
  | HelloEvent
  | StatusEvent
  | DeploymentEvent
  | ChangedEvent
  | LoadEvent
  | RevertedEvent
  | TroubleEvent
  | StreamEvent
  | LogLineEvent
  | SampleEvent;

/** Begins the stream of a client that has seen nothing yet, or too long ago: everything that is known at this moment. */
export interface HelloEvent {
  /** The kind. */
  readonly kind: "hello";
  /** Which start of the process this is: another value means that the process was restarted. */
  readonly boot: string;
  /** When it was written. */
  readonly at: Date;
  /** The version of hotflow, the runtime with its version, and the process. */
  readonly process: { readonly hotflow: string; readonly runtime: string; readonly pid: number };
  /** How a place in a file is opened: `{path}`, `{line}` and `{column}` are to be filled in. */
  readonly editor: string;
  /** The status of the Flow. */
  readonly status: FlowStatus;
  /** The last loads of all Executors, the oldest first. */
  readonly loads: readonly LoadEvent[];
  /** What is wrong, without failed loads, which the status has. */
  readonly troubles: readonly TroubleEvent[];
  /** The last lines of the log, the oldest first. */
  readonly log: readonly LogLineEvent[];
  /** The samples of the last ten minutes, the oldest first, as far as they were taken. */
  readonly samples: readonly SampleEvent[];
}

/** The Flow's graph or YAML has changed. */
export interface StatusEvent {
  /** The kind. */
  readonly kind: "status";
  /** The whole status. */
  readonly status: FlowStatus;
}

/** One Executor has changed: a version, a replica, its state, an address. */
export interface DeploymentEvent {
  /** The kind. */
  readonly kind: "deployment";
  /** Its status. */
  readonly deployment: DeploymentStatus;
}

/** Files of an Executor were saved; a load follows. */
export interface ChangedEvent {
  /** The kind. */
  readonly kind: "changed";
  /** The Executor. */
  readonly deployment: string;
  /** The absolute paths of the files. */
  readonly files: readonly string[];
  /** When. */
  readonly at: Date;
}

/** A load of an Executor has ended: its version serves, or it could not be loaded. */
export interface LoadEvent extends Omit<LoadStatus, "kind"> {
  /** The kind; {@linkcode cause} is why it was loaded. */
  readonly kind: "load";
  /** The Executor. */
  readonly deployment: string;
  /** Why it was loaded. */
  readonly cause: LoadStatus["kind"];
  /** The files that were saved; empty for a start. */
  readonly files: readonly ChangedFile[];
  /** How long each part took, in milliseconds; a part that was not reached is left out. */
  readonly phases: LoadPhases;
}

/** The parts of a load, in milliseconds. */
export interface LoadPhases {
  /** From the write of the newest file to the begin of the load. */
  readonly event?: number;
  /** Until the module is imported and the class is found. */
  readonly load?: number;
  /** The constructor, `setup()`, and `restoreState()`. */
  readonly setup?: number;
  /** Until the version serves. */
  readonly swap?: number;
}

/** A file that was saved. */
export interface ChangedFile {
  /** Its absolute path. */
  readonly path: string;
  /** What has changed since the version before, as lines of a unified diff; left out for files that are no source modules. */
  readonly diff?: string;
}

/** The files are again as the serving version was loaded from: the error of the last load is over. */
export interface RevertedEvent {
  /** The kind. */
  readonly kind: "reverted";
  /** The Executor. */
  readonly deployment: string;
  /** When. */
  readonly at: Date;
}

/** Something is wrong with an Executor that serves, or it is right again. */
export interface TroubleEvent {
  /** The kind. */
  readonly kind: "trouble";
  /** The Executor. */
  readonly deployment: string;
  /** What: a handler has thrown, which {@linkcode count} says how often, a replica does not yield, a worker has died, it is left down. */
  readonly what: "throws" | "stuck" | "died" | "down";
  /** Since when. */
  readonly since: Date;
  /** How often, for `throws` and `died`. */
  readonly count: number;
  /** Whether it is over. */
  readonly over: boolean;
  /** The message for a person. */
  readonly message: string;
  /** The error, for `throws`. */
  readonly error?: ErrorStatus;
}

/** A stream of documents has begun or ended. */
export interface StreamEvent {
  /** The kind. */
  readonly kind: "stream";
  /** The id of the request. */
  readonly request: string;
  /** The endpoint. */
  readonly endpoint: string;
  /** Whether it has begun or ended. */
  readonly state: "begun" | "ended";
  /** When. */
  readonly at: Date;
  /** How it ended; left out at its begin. */
  readonly outcome?: string;
  /** How long it took, in milliseconds; left out at its begin. */
  readonly ms?: number;
}

/** A line of the log. */
export interface LogLineEvent {
  /** The kind. */
  readonly kind: "log";
  /** The level. */
  readonly level: "debug" | "info" | "warning" | "error";
  /** The name of the logger: `executor0/rep-0`, `Flow`, `gateway`. */
  readonly name: string;
  /** The message; may have several lines. */
  readonly message: string;
  /** The time of the line. */
  readonly time: Date;
  /** The id of the request that the line belongs to, if there is one. */
  readonly request?: string;
}

/** What the Flow did in one interval. Samples are taken while somebody reads the events. */
export interface SampleEvent {
  /** The kind. */
  readonly kind: "sample";
  /** The end of the interval. */
  readonly at: Date;
  /** The length of the interval, in seconds. */
  readonly seconds: number;
  /** The requests to the Flow. */
  readonly requests: RequestSample;
  /** The calls of each Executor, by its name; those without calls are left out. */
  readonly deployments: Readonly<Record<string, RequestSample & { readonly documents: number }>>;
  /** The resident memory of the process with its threads, in megabytes. */
  readonly memory: number;
  /** The longest delay of the event loop of the main thread, in milliseconds. */
  readonly loopDelay: number;
}

/** Requests or calls in one interval. */
export interface RequestSample {
  /** How many ended. */
  readonly count: number;
  /** How many of them failed. */
  readonly errors: number;
  /** The median of their durations, in milliseconds; left out without requests. */
  readonly p50?: number;
  /** The duration that 95 % of them did not exceed, in milliseconds; left out without requests. */
  readonly p95?: number;
}
