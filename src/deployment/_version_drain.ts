import { after } from "../async/deadline.ts";
import type { Replica } from "../replica/replica.ts";
import type { StreamName } from "../protocol/protocol.ts";
import type { Version } from "./version.ts";

/** Lets the calls of a version finish, then closes its Executors and ends its workers. It gets no more calls. */
export class VersionDrain {
  /** Resolves when its workers have ended. */
  readonly done: Promise<void>;

  /**
   * @param version The version.
   * @param warn Logs an Executor's `close()` that failed, or requests that were cut.
   * @param closeMs How long the Executor's `close()` may take, in milliseconds.
   * @param streamMs How long streams may go on, in milliseconds: those of a version that was restarted do not go on for
   * ever beside the new one.
   */
  constructor(
    readonly version: Version,
    private readonly warn: (replica: number, note: string) => void,
    private readonly closeMs: number,
    private readonly streamMs = Infinity,
  ) {
    version.become("draining");
    this.done = Promise.all(version.replicas.map((replica, index) => this.#drain(replica, index))).then(
      () => version.become("closed"),
    );
  }

  async #drain(replica: Replica, index: number): Promise<void> {
    const warn = (note: string) => this.warn(index, note);
    const cancelTimer = after(this.streamMs, () => cutStreams(replica, this.streamMs, warn));
    await replica.drained();
    cancelTimer();
    const failure = await replica.close("the version was replaced", this.closeMs);
    if (failure !== undefined) warn(`close() of version ${this.version.number} failed: ${failure}`);
  }
}

/** Cuts the streams of a worker that would otherwise go on beside its successor, and logs which. */
export function cutStreams(replica: Replica, afterMs: number, warn: (note: string) => void): void {
  const cut = replica.cutStreams(`the stream was cut by a restart, which waits ${afterMs} ms for it`);
  if (cut.length > 0) warn(`streams that a restart has cut after ${afterMs} ms: ${namesOf(cut)}`);
}

/** Cuts the calls in flight. A worker with calls that are not streams is ended. */
export function cutCalls(replica: Replica, warn: (note: string) => void): void {
  if (replica.calls === 0) return;
  const { calls } = replica;
  // A generator can be ended, and its worker then closes like any other.
  const streams = replica.cutStreams("the stream was cut: its version was closed before it was over");
  warn(
    `requests in flight that were cut: ${calls}${streams.length > 0 ? `, streams: ${namesOf(streams)}` : ""}`,
  );
  if (replica.stuck || replica.calls > 0) replica.end("its version was closed before it answered");
}

function namesOf(streams: readonly StreamName[]): string {
  return streams.map(({ endpoint, requestId }) => `${endpoint} (request ${requestId})`).join(", ");
}
