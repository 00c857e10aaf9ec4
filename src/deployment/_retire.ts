import type { Replica } from "../replica/replica.ts";
import type { Version } from "./version.ts";

/** How long a version that was replaced may go without yielding before its last requests are given up. */
const STUCK_GRACE_MS = 30_000;

/**
 * Lets a version finish what it has, closes its Executors and ends its workers.
 *
 * @param version The version; it gets no more calls.
 * @param warn Told about an Executor's `close()` that failed, and about requests that were cut.
 * @param graceMs After how long calls in flight are cut; without it they may take as long as they need.
 */
export async function retire(
  version: Version,
  warn: (replica: number, note: string) => void,
  graceMs?: number,
): Promise<void> {
  version.state = "draining";
  await Promise.all(
    version.replicas.map((replica, index) => retireOne(replica, (note) => warn(index, note), graceMs)),
  );
  version.state = "closed";
}

async function retireOne(replica: Replica, warn: (note: string) => void, graceMs?: number): Promise<void> {
  const cut = () => {
    if (replica.calls > 0) warn(`${replica.calls} requests in flight were cut`);
    replica.end("the version that had the request was closed before it answered");
  };
  const deadline = graceMs === undefined ? undefined : setTimeout(cut, replica.stuck ? 0 : graceMs);
  let patience: ReturnType<typeof setTimeout> | undefined;
  const onStuck = (stuck: boolean) => {
    clearTimeout(patience);
    if (stuck) patience = setTimeout(cut, STUCK_GRACE_MS);
  };
  const told = replica.events.onStuck;
  replica.events = {
    ...replica.events,
    onDeath: undefined,
    onStuck: (stuck) => (told?.(stuck), onStuck(stuck)),
  };
  if (replica.stuck) onStuck(true);
  await replica.drained();
  clearTimeout(deadline);
  clearTimeout(patience);
  const complaint = await replica.close("the version was replaced");
  if (complaint !== undefined) warn(`close() of the old version failed: ${complaint}`);
}
