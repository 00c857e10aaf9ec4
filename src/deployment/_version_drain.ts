import type { Replica } from "../replica/replica.ts";
import type { StreamName } from "../protocol/protocol.ts";
import type { Version } from "./version.ts";

/** Lets a version finish what it has, closes its Executors and ends its workers. It gets no more calls. */
export class VersionDrain {
  /** Resolves when it is over. */
  readonly done: Promise<void>;

  /**
   * @param version The version.
   * @param warn Told about an Executor's `close()` that failed, and about requests that were cut.
   * @param closeMs How long the Executor's `close()` may take, in milliseconds.
   * @param streamMs How long streams may go on, in milliseconds; those of a version that was restarted are not to go
   * on for ever beside the new one.
   */
  constructor(
    readonly version: Version,
    private readonly warn: (replica: number, note: string) => void,
    private readonly closeMs: number,
    private readonly streamMs = Infinity,
  ) {
    version.state = "draining";
    this.done = Promise.all(version.replicas.map((replica, index) => this.#retire(replica, index))).then(
      () => {
        version.state = "closed";
      },
    );
  }

  async #retire(replica: Replica, index: number): Promise<void> {
    replica.events = { ...replica.events, onDeath: undefined };
    const streams = this.streamMs === Infinity
      ? undefined
      : setTimeout(() => cutStreams(replica, this.streamMs, (note) => this.warn(index, note)), this.streamMs);
    await replica.drained();
    clearTimeout(streams);
    const complaint = await replica.close("the version was replaced", this.closeMs);
    if (complaint !== undefined) {
      this.warn(index, `close() of version ${this.version.number} failed: ${complaint}`);
    }
  }
}

/** Gives up the streams of a worker that is not to go on beside its successor; the log says which. */
export function cutStreams(replica: Replica, afterMs: number, warn: (note: string) => void): void {
  const cut = replica.cutStreams(`the stream was cut by a restart, which waits ${afterMs} ms for it`);
  if (cut.length > 0) warn(`streams that a restart has cut after ${afterMs} ms: ${namesOf(cut)}`);
}

function namesOf(streams: readonly StreamName[]): string {
  return streams.map(({ endpoint, requestId }) => `${endpoint} (request ${requestId})`).join(", ");
}

/** Gives up the calls in flight, which are told so; with calls that are no streams, the worker is ended. */
export function cutCalls(replica: Replica, warn: (note: string) => void): void {
  if (replica.calls === 0) return;
  const { calls } = replica;
  // A generator can be told to end, and its worker then closes like any other.
  const streams = replica.cutStreams("the stream was cut: its version was closed before it was over");
  warn(
    `requests in flight that were cut: ${calls}${streams.length > 0 ? `, streams: ${namesOf(streams)}` : ""}`,
  );
  if (replica.stuck || replica.calls > 0) replica.end("its version was closed before it answered");
}
