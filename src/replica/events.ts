import type { FromWorker } from "../protocol/protocol.ts";
import type { ReplicaMessage } from "../runtime/channels.ts";

/** The states of a replica, in their order; `dead` can follow any of them. */
export type ReplicaState = ReplicaMessage["state"];

/** An event of a replica. */
export type ReplicaEvent =
  /** Its state has changed. */
  | { readonly kind: "state"; readonly state: ReplicaState }
  /** The worker sent a log line, output, a file that was imported after the load, or an error outside of requests. */
  | Extract<FromWorker, { kind: "log" | "output" | "imported" | "uncaught" }>
  /** The worker sent a message that its entry does not send. */
  | { readonly kind: "foreign" }
  /** The worker has stopped answering pings, or answers them again. */
  | { readonly kind: "stuck"; readonly stuck: boolean }
  /** The worker has ended without a request of its owner. */
  | { readonly kind: "death"; readonly reason: string };

/** Receives the events of a replica. */
export type ReplicaListener = (event: ReplicaEvent) => void;
