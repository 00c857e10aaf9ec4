import { listenFailed } from "../errors/mod.ts";
import { isPortInUse } from "../runtime/port_in_use.ts";
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

/**
 * Opens a port.
 *
 * @throws {Error} When it cannot be opened; the message names it and the reason.
 */
export async function listening<T>(host: string, port: number, listen: () => Promise<T>): Promise<T> {
  try {
    return await listen();
  } catch (cause) {
    const why = isPortInUse(cause)
      ? "the port is in use; stop what uses it, or choose another port (0 picks a free one)"
      : (cause as Error).message;
    throw listenFailed(`Cannot serve at ${host}:${port}: ${why}`, cause);
  }
}
