import type { Backend } from "./backend.ts";

/** A front that takes requests. */
export interface OpenFront {
  /** The port that it listens on, when it listens on one. */
  readonly port?: number;
  /** Takes no more requests. Those in flight finish; after this time in milliseconds they are cut. */
  close(graceMs: number): Promise<void>;
}

/** A protocol by which clients reach a Flow: it turns their requests into calls of a {@linkcode Backend}. */
export interface Front {
  /** Starts to take requests; rejects when it cannot, for example since its port is in use. */
  start(backend: Backend): Promise<OpenFront>;
}
