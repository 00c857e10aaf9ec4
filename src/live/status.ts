/** The status of a Flow: types only. @module */
import type { ErrorInfo } from "../errors/info.ts";

/**
 * The status of a Flow: what serves, what has failed, and what happened so far. `GET /status` returns it as JSON, with
 * times as ISO 8601 strings.
 */
export interface FlowStatus {
  /** The Executors, in the order they were added. */
  readonly deployments: readonly DeploymentStatus[];
  /** The protocols that are served, in the order of the options. */
  readonly ports: readonly PortStatus[];
  /** Whether browsers that ask for `/` get the page: see `FlowOptions.page`. */
  readonly page: boolean;
  /** Whether files are polled for changes: see `FlowOptions.poll`. */
  readonly polled: boolean;
  /** The absolute path of the Flow's YAML; left out when its changes are not applied. */
  readonly yaml?: string;
  /** Why the YAML could not be applied; `null` when it could, left out without a YAML. */
  readonly lastError?: FlowYamlErrorStatus | null;
  /** The changes of the YAML, the oldest first; left out without a YAML. */
  readonly history?: readonly FlowYamlChange[];
}

/** A protocol that is served. */
export interface PortStatus {
  /** The protocol. */
  readonly protocol: "http" | "grpc";
  /** The port. */
  readonly port: number;
}

/** The status of one Executor of a Flow. */
export interface DeploymentStatus {
  /** The name of the Executor in the Flow. */
  readonly name: string;
  /** The Executors whose documents it gets; `"gateway"` is the request itself. */
  readonly needs: readonly string[];
  /** Whether its requests are answered. */
  readonly state: "serving" | "down";
  /** The name of the class that serves; `null` when none does. */
  readonly executor: string | null;
  /** Where its workers run; left out for an Executor that runs elsewhere. */
  readonly isolation?: "thread" | "process";
  /** The endpoints that are bound; `"default"` takes all others. */
  readonly endpoints: readonly string[];
  /** What is watched: files, folders with a separator at the end, and the patterns of `watch`. */
  readonly watched: readonly string[];
  /** The number of the version that serves; `null` when none does. */
  readonly version: number | null;
  /** The versions that have workers: the one that serves, one that is loading, and those that finish requests. */
  readonly versions: readonly VersionStatus[];
  /** Why the last load failed; `null` when it did not. */
  readonly lastError: (ErrorStatus & { readonly at: Date }) | null;
  /** The loads so far, the oldest first. */
  readonly history: readonly LoadStatus[];
  /** The addresses of an Executor that runs elsewhere; left out for those of this Flow. */
  readonly addresses?: readonly AddressStatus[];
}

/** One address of an Executor that runs elsewhere. */
export interface AddressStatus {
  /** The address, such as `"grpc://10.0.0.5:54321"`. */
  readonly address: string;
  /** Whether it can be called. */
  readonly state: "connecting" | "serving" | "away";
  /** Since when it has been in this state. */
  readonly since: Date;
  /** How many requests it is processing for this Flow. */
  readonly calls: number;
  /** Why it is away; left out when it is not. */
  readonly reason?: string;
}

/** One version of an Executor. */
export interface VersionStatus {
  /** Its number, from 1. */
  readonly number: number;
  /** Its state. */
  readonly state: "loading" | "ready" | "serving" | "draining" | "closed" | "failed";
  /** Its workers. */
  readonly replicas: readonly ReplicaStatus[];
}

/** One worker of a version. */
export interface ReplicaStatus {
  /** Its name in log lines, such as `"executor0/rep-0"`. */
  readonly name: string;
  /** Its state. */
  readonly state: "starting" | "standby" | "loading" | "ready" | "draining" | "closed" | "dead";
  /** Whether it does not yield. */
  readonly stuck: boolean;
  /** How many requests it is processing. */
  readonly calls: number;
}

/** One load of an Executor. */
export interface LoadStatus {
  /** The number of the version. */
  readonly version: number;
  /** Why it was loaded. */
  readonly kind: "start" | "reload" | "restart" | "replace";
  /** When the load ended. */
  readonly at: Date;
  /** How long it took, in milliseconds. */
  readonly ms: number;
  /** Why it failed; left out when it did not. */
  readonly error?: ErrorStatus;
  /** The names of the values that were kept, when the version was loaded in place; left out in a new worker. */
  readonly kept?: readonly string[];
}

/** An error: an {@linkcode ErrorInfo} without its stack, the place among its fields. */
export interface ErrorStatus extends Omit<ErrorInfo, "stack" | "place"> {
  /** The file that contains the mistake, when it is known. */
  readonly file?: string;
  /** The line, from 1. */
  readonly line?: number;
  /** The column, from 1. */
  readonly column?: number;
}

/** Why a Flow's YAML could not be applied. */
export interface FlowYamlErrorStatus extends ErrorStatus {
  /** When that was. */
  readonly at: Date;
  /** Everything that is wrong with the YAML; empty when it is valid, and an Executor could not be loaded. */
  readonly problems: readonly {
    /** The path of the value, such as `executors[1].needs`. */
    readonly path: string;
    /** What is wrong. */
    readonly message: string;
    /** The file. */
    readonly file: string;
    /** The line, from 1. */
    readonly line?: number;
    /** The column, from 1. */
    readonly column?: number;
  }[];
}

/** One change of a Flow's YAML. */
export interface FlowYamlChange {
  /** When it was applied, or failed. */
  readonly at: Date;
  /** How long that took, in milliseconds. */
  readonly ms: number;
  /** What was changed, in words; left out when it could not be applied. */
  readonly changes?: readonly string[];
}
