/**
 * Diagnostics channels that tools such as metrics and tracing subscribe to with `node:diagnostics_channel`, which Deno
 * and Bun provide as well. Publishers test `hasSubscribers` before they build a message.
 *
 * @module
 */
import { channel } from "node:diagnostics_channel";
import type { ErrorInfo } from "../errors/mod.ts";

/** A named channel whose messages have one type. */
export interface DiagnosticsChannel<Message> {
  /** Whether anything listens to it. */
  readonly hasSubscribers: boolean;
  /** Passes a message to the subscribers, synchronously. */
  publish(message: Message): void;
  /** Adds a subscriber. */
  subscribe(listener: (message: unknown) => void): void;
}

/** A request that is over. */
export interface RequestMessage {
  /** The request's id. */
  readonly id: string;
  /** The endpoint; absent when the request could not be read. */
  readonly endpoint?: string;
  /** How it ended. */
  readonly outcome:
    | "done"
    | "invalid"
    | "refused"
    | "unbound"
    | "down"
    | "failed"
    | "cut"
    | "deadline"
    | "cancelled";
  /** How long it took, in milliseconds. */
  readonly ms: number;
}

/** A load of a deployment's code that is over. */
export interface SwapMessage {
  /** The deployment's name. */
  readonly deployment: string;
  /** The number of the version that was loaded. */
  readonly version: number;
  /** Why it was loaded. */
  readonly kind: "start" | "reload" | "restart" | "replace";
  /** How long it took, in milliseconds. */
  readonly ms: number;
  /** Why it failed; absent when the version serves. */
  readonly error?: ErrorInfo;
}

/** A replica that has changed its state. */
export interface ReplicaMessage {
  /** The replica's name, such as `encoder/rep-0`. */
  readonly replica: string;
  /** The state that it is in now. */
  readonly state: "starting" | "standby" | "loading" | "ready" | "draining" | "closed" | "dead";
}

/** `hotflow:request`: each request that is over. */
export const requestChannel: DiagnosticsChannel<RequestMessage> = channel("hotflow:request");

/** `hotflow:swap`: each load that has succeeded or failed. */
export const swapChannel: DiagnosticsChannel<SwapMessage> = channel("hotflow:swap");

/** `hotflow:replica`: each change of a replica's state. */
export const replicaChannel: DiagnosticsChannel<ReplicaMessage> = channel("hotflow:replica");

/**
 * Whether `fetch` continues the active trace by itself: where an instrumentation listens to undici. Deno's own
 * OpenTelemetry does so as well, in place of the header that a request has.
 */
export function fetchPropagates(): boolean {
  return channel("undici:request:create").hasSubscribers;
}
