import type { Replica } from "../replica/replica.ts";
import { CutError, LoadError } from "../errors/mod.ts";
import { isTimedOut } from "../async/deadline.ts";
import type { DeploymentOptions } from "./deployment.ts";
import { saveState, type Saving } from "./handover.ts";
import { retrying } from "./_retrying.ts";
import { closeExecutor, noteRelease } from "./_version_drain.ts";
import type { Version } from "./version.ts";

type SuspendOptions = Pick<DeploymentOptions, "exclusiveMs" | "handoverMs" | "closeMs"> & {
  /** How much of the time for calls in flight has passed already, in milliseconds. */
  readonly waitedMs: number;
  /** The version that the state is saved for, if it is. */
  readonly into?: Version;
  /** Aborted when a newer change makes this one pointless. */
  readonly signal?: AbortSignal;
};

/**
 * A version whose Executors are closed while their workers live on, so that what they held exclusively is free for the
 * successor. When the successor fails, `setup()` of the same objects runs again and they continue to serve.
 */
export class Suspension {
  /** Whether a worker was terminated whose thread may still hold its resources for a few milliseconds. */
  hasTerminated = false;

  private constructor(
    readonly version: Version,
    /** What each replica saved for its successor. */
    readonly saved: readonly Saving[],
    /** How long `setup()` of the same objects waits for that of a successor that failed, in milliseconds. */
    private readonly waitMs: number,
  ) {}

  /**
   * Lets calls in flight finish, cuts those that are left, and closes the Executors. No call may come in meanwhile.
   *
   * @throws {LoadError} When a state cannot be saved; then nothing was closed.
   * @throws The signal's reason, when it is aborted before anything was closed.
   */
  static async begin(version: Version, options: SuspendOptions): Promise<Suspension> {
    const { into, handoverMs, signal } = options;
    const usable = version.replicas.filter(({ alive, stuck }) => alive && !stuck);
    await Promise.all(usable.map((replica) => drain(replica, options)));
    const saved = await Promise.all(
      (into?.replicas ?? []).map((next, index) =>
        saveState(version.replicas[index], next, handoverMs, signal)
      ),
    );
    signal?.throwIfAborted();
    const suspension = new Suspension(version, saved, options.exclusiveMs);
    await Promise.all(version.replicas.map((replica) => suspension.#close(replica, options)));
    return suspension;
  }

  /**
   * Runs `setup()` of the closed Executors again.
   *
   * @param loadMs How long that may take, in milliseconds.
   * @param signal Aborted when it is not waited for any longer.
   * @throws {Error} When they cannot continue; their workers have ended then.
   */
  async resume(loadMs: number, signal: AbortSignal): Promise<void> {
    const { replicas } = this.version;
    const isPossible = () => !signal.aborted && replicas.every(({ alive }) => alive);
    try {
      if (!isPossible()) throw new Error("its worker has ended");
      await retrying(this.hasTerminated, () => this.#setUpAgain(loadMs, signal), isPossible);
    } catch (error) {
      for (const replica of replicas) replica.end("it could not continue after its successor failed");
      throw error;
    }
  }

  /** Ends the workers if their Executors have no `close()`: what they hold is free only then. Returns whether it did. */
  endUnclosed(): boolean {
    const { replicas, loaded } = this.version;
    // The end of a version in place does not end its worker.
    if ((loaded?.closes ?? true) || replicas.some(({ link }) => link.size > 1)) return false;
    for (const replica of replicas) replica.end("its successor needs what it holds, and it has no close()");
    return this.hasTerminated = true;
  }

  /** Lets go of what the Executors keep: a successor in another worker may need what it holds. */
  async clearKept(closeMs: number): Promise<void> {
    await Promise.all(
      this.version.replicas.map(async (replica) => noteRelease(replica, await replica.clearKept(closeMs))),
    );
  }

  async #setUpAgain(loadMs: number, signal: AbortSignal): Promise<void> {
    const params = { waitMs: this.waitMs };
    const all = Promise.all(this.version.replicas.map((replica) => replica.invoke("resume", params)));
    if (!await isTimedOut(loadMs, all, signal)) return;
    throw new LoadError({
      name: "TimeoutError",
      code: "LOAD_TIMEOUT",
      message: `setup() did not end within ${loadMs} ms`,
      stack: "",
    });
  }

  async #close(replica: Replica, { closeMs }: SuspendOptions): Promise<void> {
    if (replica.stuck) replica.end("it does not yield, and its successor needs what it holds");
    await closeExecutor(replica, this.version, closeMs);
    this.hasTerminated ||= !replica.alive;
  }
}

async function drain(replica: Replica, { exclusiveMs, waitedMs, signal }: SuspendOptions): Promise<void> {
  if (!await isTimedOut(Math.max(0, exclusiveMs - waitedMs), replica.idle(), signal)) return;
  const why =
    `it was cut after ${exclusiveMs} ms: the next version of an exclusive Executor needs what this one ` +
    "holds; `exclusiveTimeout` gives it more time";
  const cut = replica.cutCalls(new CutError(`the request could not finish: ${why}`));
  replica.log.warning(
    `requests in flight that were cut after ${exclusiveMs} ms, so that the next ` +
      `version can be set up (exclusiveTimeout): ${cut}`,
  );
}
