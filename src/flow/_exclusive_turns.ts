import type { Deployment, Predecessors } from "../deployment/deployment.ts";
import { after } from "../runtime/deadline.ts";

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
  readonly #suspended: Deployment[] = [];
  readonly #closed = Promise.withResolvers<void>();
  readonly #failure = new AbortController();
  #hasFailed = false;
  #letRequestsGo = () => {};

  /**
   * @param outgoing The deployments that the change removes or replaces.
   * @param gate What holds requests.
   * @param timeoutMs How long requests on their way may delay the change, in milliseconds.
   * @param signal Aborted when a newer change makes this one pointless.
   */
  constructor(
    private readonly outgoing: readonly Deployment[],
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
    const old = this.outgoing.find((deployment) => deployment.name === name);
    return {
      pause: old?.serving?.loaded?.exclusive ? "always" : "if-exclusive",
      release: async (successor, signal) => {
        const { promise: aborted, reject } = Promise.withResolvers<never>();
        signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
        this.#waiting.add(successor);
        // This may abort the signal: the listener has to be there before.
        this.#arrived(successor);
        await Promise.race([this.#closed.promise, aborted]);
      },
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
    this.#letRequestsGo();
  }

  /** The change is not applied: the Executors that were closed continue. Called when the new ones have ended. */
  async undo(): Promise<void> {
    await Promise.all(this.#suspended.map(async (deployment) => {
      await deployment.resume(true).catch((error) => {
        deployment.logger.error(`could not continue: ${(error as Error).message}`);
      });
    }));
    this.#letRequestsGo();
  }

  /** Once nothing is being loaded any more, the old Executors close if some new one waits for it. */
  #arrived(deployment: Deployment): void {
    if (!this.#loading.delete(deployment) || this.#loading.size > 0 || this.#waiting.size === 0) return;
    if (this.#hasFailed) this.#failure.abort(new Error("another Executor of the change could not be loaded"));
    else this.#closeOld().then(() => this.#closed.resolve(), (error) => this.#closed.reject(error));
  }

  async #closeOld(): Promise<void> {
    this.#letRequestsGo = this.gate.hold();
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const cancelTimer = after(this.timeoutMs, resolve);
    await Promise.race([this.gate.idle(), late]).finally(cancelTimer);
    const names = new Set(Array.from(this.#waiting, ({ name }) => name));
    const concerned = this.outgoing.filter(({ name, serving }) =>
      serving?.loaded?.exclusive || names.has(name)
    );
    await Promise.all(concerned.map(async (deployment) => {
      await deployment.suspend(this.signal);
      this.#suspended.push(deployment);
    }));
    this.#waiting.clear();
  }
}
