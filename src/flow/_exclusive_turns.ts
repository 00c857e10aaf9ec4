import { toLoadError } from "../errors/mod.ts";
import type { Deployment, Predecessors } from "../deployment/deployment.ts";
import { raceAbort } from "../async/abort.ts";
import { withDeadline } from "../async/deadline.ts";

/** Holds the requests of a Flow. */
export interface RequestGate {
  /** Holds new requests until the returned function is called. */
  hold(): () => void;
  /** Resolves when no request is in flight. */
  idle(): Promise<unknown>;
}

/**
 * Orders the steps when a change of a Flow's YAML replaces exclusive Executors. All new Executors are loaded first,
 * exclusive ones only up to their import; then requests are held, those in flight finish, and the old exclusive
 * Executors close; then the new ones are constructed. When one fails, the old ones continue.
 */
export class ExclusiveTurns {
  /** New deployments that are still being loaded. */
  readonly #loading = new Set<Deployment>();
  /** New deployments that are imported, and wait for old ones to close. */
  readonly #waiting = new Set<Deployment>();
  /** Old deployments that are closed, and can continue. */
  readonly #suspended: Deployment[] = [];
  /** Settled when the old deployments are closed, or the change has ended: whether a worker was terminated. */
  readonly #closed = Promise.withResolvers<boolean>();
  readonly #failure = new AbortController();
  #closing: Promise<void> = Promise.resolve();
  #hasFailed = false;
  #releaseRequests = () => {};

  /**
   * @param outgoing The deployments that the change removes or replaces.
   * @param names The names of all deployments after the change.
   * @param timeoutMs How long requests in flight may delay the change, in milliseconds.
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

  /** Aborted when another part of the change has failed, so that waiting deployments stop. */
  get failure(): AbortSignal {
    return this.#failure.signal;
  }

  /** The deployments that have to close before a new one of this name is constructed. */
  predecessorsOf(name: string): Predecessors {
    const own = this.outgoing.filter((old) => old.name === name);
    // An Executor with a new name may take over the resource of a removed one.
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

  /** Runs the load of a new deployment as part of the change. */
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

  /** Whether a deployment stopped only because another one failed. */
  isWaiting(deployment: Deployment): boolean {
    return this.#waiting.has(deployment);
  }

  /** Ends a change that is applied. */
  end(): void {
    for (const deployment of this.#suspended) deployment.refuseCalls();
    // The new deployments keep a reference to this object: it must not keep the old ones alive.
    this.outgoing = [];
    this.#suspended.length = 0;
    this.#waiting.clear();
    this.#closed.resolve(false);
    this.#releaseRequests();
  }

  /** Undoes a change that failed: closed Executors continue. Called once the new ones have ended. */
  async undo(): Promise<void> {
    await this.#closing;
    await Promise.all(this.#suspended.map(async (deployment) => {
      await deployment.takeBack().catch((error) => {
        deployment.logger.error(`could not continue: ${toLoadError(error).info.message}`);
      });
    }));
    this.#releaseRequests();
  }

  /** Closes the old Executors when every load has ended or paused, if a paused one needs that. */
  #arrived(deployment: Deployment): void {
    if (!this.#loading.delete(deployment) || this.#loading.size > 0 || this.#waiting.size === 0) return;
    if (this.#hasFailed) this.#failure.abort(new Error("another Executor of the change could not be loaded"));
    else this.#closing = this.#closeOld().then(this.#closed.resolve, this.#closed.reject);
  }

  /** Closes the old Executors that a new one waits for; returns whether a worker was terminated. */
  async #closeOld(): Promise<boolean> {
    this.#releaseRequests = this.gate.hold();
    const startedAt = performance.now();
    await withDeadline(this.timeoutMs, this.gate.idle());
    const waitedMs = performance.now() - startedAt;
    const waiting = new Set(Array.from(this.#waiting, ({ name }) => name));
    const toClose = this.outgoing.filter((old) =>
      isExclusive(old) || waiting.has(old.name) || this.#isRemoved(old)
    );
    const closing = toClose.map(async (deployment) => {
      const hasTerminated = await deployment.suspend(this.signal, waitedMs);
      this.#suspended.push(deployment);
      return hasTerminated;
    });
    await Promise.allSettled(closing);
    this.#waiting.clear();
    return (await Promise.all(closing)).includes(true);
  }

  #isRemoved({ name }: Deployment): boolean {
    return !this.names.has(name);
  }
}

function isExclusive({ serving }: Deployment): boolean {
  return serving?.loaded?.exclusive ?? false;
}
