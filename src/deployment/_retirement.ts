import type { Replica } from "../replica/replica.ts";
import type { Version } from "./version.ts";

/**
 * How long a version that was replaced is left alone. To end a worker takes processor time, and the first answers of
 * the new version go first.
 */
const REST_MS = 10;
/** How long a version that was replaced may go without yielding before its last requests are given up. */
const STUCK_GRACE_MS = 30_000;

/** Lets a version finish what it has, closes its Executors and ends its workers. It gets no more calls. */
export class Retirement {
  /** Resolves when it is over. */
  readonly done: Promise<void>;

  /**
   * @param version The version.
   * @param warn Told about an Executor's `close()` that failed, and about requests that were cut.
   */
  constructor(readonly version: Version, private readonly warn: (replica: number, note: string) => void) {
    version.state = "draining";
    this.done = Promise.all(version.replicas.map((replica, index) => this.#retire(replica, index))).then(
      () => {
        version.state = "closed";
      },
    );
  }

  async #retire(replica: Replica, index: number): Promise<void> {
    let patience: ReturnType<typeof setTimeout> | undefined;
    const onStuck = (stuck: boolean) => {
      clearTimeout(patience);
      if (stuck) {
        patience = setTimeout(() => cutCalls(replica, (note) => this.warn(index, note)), STUCK_GRACE_MS);
      }
    };
    const told = replica.events.onStuck;
    replica.events = {
      ...replica.events,
      onDeath: undefined,
      onStuck: (stuck) => (told?.(stuck), onStuck(stuck)),
    };
    onStuck(replica.stuck);
    await Promise.all([replica.drained(), new Promise((resolve) => setTimeout(resolve, REST_MS))]);
    clearTimeout(patience);
    const complaint = await replica.close("the version was replaced");
    if (complaint !== undefined) {
      this.warn(index, `close() of version ${this.version.number} failed: ${complaint}`);
    }
  }
}

/** Ends a worker with calls in flight; they are told so. */
export function cutCalls(replica: Replica, warn: (note: string) => void): void {
  if (replica.calls === 0) return;
  warn(`requests in flight that were cut: ${replica.calls}`);
  replica.end("its version was closed before it answered");
}
