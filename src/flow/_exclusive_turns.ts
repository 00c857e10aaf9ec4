import { toLoadError } from "../errors/mod.ts";
import type { Deployment, Predecessors } from "../deployment/deployment.ts";
import { raceAbort } from "../async/abort.ts";
import { after } from "../async/deadline.ts";

/** What {@linkcode ExclusiveTurns} needs of the Flow. */
export interface RequestGate {
  /** Holds requests that come in, until the result is called. */
  hold(): () => void;
  /** Resolves when no request is on its way. */
  idle(): Promise<unknown>;
}

/**
 * The order of steps when a change of a Flow's YAML replaces deployments of exclusive Executors: all that is new is
 * loaded first, exclusive Executors only as far as their import; then requests are held, those on their way finish,
 * and the old exclusive Executors close; then the new ones are constructed. When one fails, the old ones continue.
 */
export class ExclusiveTurns {
  /** New deployments that are still being loaded. */
  readonly #loading = new Set<Deployment>();
  /** New deployments that are imported, and wait for the old ones to close. */
  readonly #waiting = new Set<Deployment>();
  /** Old deployments that are closed. */
  readonly #suspended: Deployment[] = [];
  /** Settled when the old deployments are closed, or the change is over: whether a worker was terminated. */
  readonly #closed = Promise.withResolvers<boolean>();
  readonly #failure = new AbortController();
  #closing: Promise<void> = Promise.resolve();
  #hasFailed = false;
  #letRequestsGo = () => {};

  /**
   * @param outgoing The deployments that the change removes or replaces.
   * @param names The names of all deployments from now on.
   * @param gate What holds requests.
   * @param timeoutMs How long requests on their way may delay the change, in milliseconds.
   * @param signal Aborted when a newer change makes this one pointless.
   */
  constructor(
    private outgoing: readonly Deployment[],
    private readonly names: ReadonlySet<string>,
    private readonly gate: RequestGate,
    private readonly timeoutMs: number,
    private readonly signal: AbortSignal,
  ) {
    this.#closed.promise.catch(() => {});
  }

  /** Aborted when another part of the change has failed, so that those that wait give up. */
  get failure(): AbortSignal {
    return this.#failure.signal;
  }

  /** What a new deployment of this name has to wait for. */
  predecessorsOf(name: string): Predecessors {
    const own = this.outgoing.filter((old) => old.name === name);
    // A new name may be a new name only, or the new holder of what a removed Executor held.
    const before = own.length > 0 ? own : this.outgoing.filter((old) => this.#isRemoved(old));
    return {
      pause: before.some(isExclusive) ? "always" : "if-exclusive",
      release: (successor, signal) => {
        this.#waiting.add(successor);
        this.#arrived(successor);
        return raceAbort(this.#closed.promise, signal);
      },
      endUnclosed: () => this.#suspended.map((old) => old.endUnclosed()).includes(true),
    };
  }

  /** Runs the load of a new deployment as a part of the change. */
  async run(deployment: Deployment, load: () => Promise<void>): Promise<void> {
    this.#loading.add(deployment);
    try {
      await load();
    } catch (error) {
      this.#hasFailed = true;
      throw error;
    } finally {
      this.#arrived(deployment);
    }
  }

  /** Whether a deployment has given up only because another one failed. */
  isWaiting(deployment: Deployment): boolean {
    return this.#waiting.has(deployment);
  }

  /** The change is applied. */
  end(): void {
    for (const deployment of this.#suspended) deployment.refuseCalls();
    // The new deployments know this object as long as they live: they need not keep the old ones.
    this.outgoing = [];
    this.#suspended.length = 0;
    this.#waiting.clear();
    this.#closed.resolve(false);
    this.#letRequestsGo();
  }

  /** The change is not applied: the Executors that were closed continue. Called when the new ones have ended. */
  async undo(): Promise<void> {
    await this.#closing;
    await Promise.all(this.#suspended.map(async (deployment) => {
      await deployment.takeBack().catch((error) => {
        deployment.logger.error(`could not continue: ${toLoadError(error).info.message}`);
      });
    }));
    this.#letRequestsGo();
  }

  /** Once nothing is being loaded any more, the old Executors close if some new one waits for it. */
  #arrived(deployment: Deployment): void {
    if (!this.#loading.delete(deployment) || this.#loading.size > 0 || this.#waiting.size === 0) return;
    if (this.#hasFailed) this.#failure.abort(new Error("another Executor of the change could not be loaded"));
    else this.#closing = this.#closeOld().then(this.#closed.resolve, this.#closed.reject);
  }

  /** Closes the old Executors that a new one waits for; answers whether a worker was terminated. */
  async #closeOld(): Promise<boolean> {
    this.#letRequestsGo = this.gate.hold();
    const startedAt = performance.now();
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const cancelTimer = after(this.timeoutMs, resolve);
    await Promise.race([this.gate.idle(), late]).finally(cancelTimer);
    const waitedMs = performance.now() - startedAt;
    const waiting = new Set(Array.from(this.#waiting, ({ name }) => name));
    const concerned = this.outgoing.filter((old) =>
      isExclusive(old) || waiting.has(old.name) || this.#isRemoved(old)
    );
    const results = await Promise.allSettled(concerned.map(async (deployment) => {
      const hasTerminated = await deployment.suspend(this.signal, waitedMs);
      this.#suspended.push(deployment);
      return hasTerminated;
    }));
    this.#waiting.clear();
    return results.map((result) => {
      if (result.status === "rejected") throw result.reason;
      return result.value;
    }).includes(true);
  }

  #isRemoved({ name }: Deployment): boolean {
    return !this.names.has(name);
  }
}

function isExclusive({ serving }: Deployment): boolean {
  return serving?.loaded?.exclusive ?? false;
}
