import type { ErrorInfo, FileHashes } from "../errors/mod.ts";
import type { LogRecord } from "../log/logger.ts";
import type { OutputStream } from "../runtime/mod.ts";

/** The states of a replica, in their order; `dead` can follow any of them. */
export type ReplicaState = "starting" | "standby" | "loading" | "ready" | "draining" | "closed" | "dead";

/** What a replica tells its owner. */
export interface ReplicaEvents {
  /** Every change of state. */
  onState?(state: ReplicaState): void;
  /** A line of the Executor's logger. */
  onLog?(record: LogRecord): void;
  /** Lines that its code has written, where they are captured. */
  onOutput?(stream: OutputStream, text: string): void;
  /** The worker sent what its entry does not send. */
  onForeign?(): void;
  /** A file that was imported after the load. */
  onImported?(file: FileHashes[number]): void;
  /** An error outside of any request; the worker lives on. */
  onUncaught?(error: ErrorInfo): void;
  /** The worker is gone although nobody stopped it. */
  onDeath?(reason: string): void;
  /** The worker has stopped answering pings, or answers them again. */
  onStuck?(stuck: boolean): void;
}
