import { after } from "../async/deadline.ts";
import { CutError } from "../errors/mod.ts";
import { printable } from "../log/printable.ts";
import type { Replica } from "../replica/replica.ts";
import type { StreamName } from "../protocol/protocol.ts";
import type { Version } from "./version.ts";

/**
 * Lets the calls of a version finish, then closes its Executors and ends its workers. It gets no more calls.
 *
 * @param closeMs How long the Executor's `close()` may take, in milliseconds.
 * @param streamMs How long streams may go on, in milliseconds: those of a version that was restarted do not go on for
 * ever beside the new one.
 */
export async function drain(version: Version, closeMs: number, streamMs = Infinity): Promise<void> {
  version.become("draining");
  await Promise.all(version.replicas.map(async (replica) => {
    const cancelTimer = after(streamMs, () => cutStreams(replica, streamMs));
    await replica.drained();
    cancelTimer();
    await closeExecutor(replica, version, closeMs);
    noteRelease(replica, await replica.releaseKept(closeMs));
    replica.end("the version was replaced");
  }));
  version.become("closed");
}

/** Logs that what was kept could not be let go. */
export function noteRelease(replica: Replica, failure: string | undefined): void {
  if (failure !== undefined) replica.log.warning(`what was kept could not be released: ${failure}`);
}

/** Runs the Executor's `close()`, and logs its failure. */
export async function closeExecutor(replica: Replica, { number }: Version, closeMs: number): Promise<void> {
  const failure = await replica.closeExecutor(closeMs);
  if (failure !== undefined) replica.log.warning(`close() of version ${number} failed: ${failure}`);
}

/** Cuts the streams of a worker that would outlive their version, and logs them. */
export function cutStreams(replica: Replica, afterMs: number): void {
  const cut = replica.cutStreams(`the stream was cut by a restart, which waits ${afterMs} ms for it`);
  if (cut.length > 0) {
    replica.log.warning(`streams that a restart has cut after ${afterMs} ms: ${namesOf(cut)}`);
  }
}

/** Cuts the calls in flight. A worker with calls that are not streams is ended. */
export function cutCalls(replica: Replica): void {
  const { calls } = replica;
  if (calls === 0) return;
  // A generator can be ended, and its worker then closes like any other.
  const streams = replica.cutStreams("the stream was cut: its version was closed before it was over");
  const names = streams.length > 0 ? `, streams: ${namesOf(streams)}` : "";
  replica.log.warning(`requests in flight that were cut: ${calls}${names}`);
  if (!replica.stuck && replica.calls === 0) return;
  const why = "its version was closed before it answered";
  replica.cutCalls(new CutError(why));
  replica.end(why);
}

function namesOf(streams: readonly StreamName[]): string {
  return streams.map(({ endpoint, requestId }) => `${printable(endpoint)} (request ${printable(requestId)})`)
    .join(", ");
}
