import { LoadError, toLoadError } from "../errors/mod.ts";
import { after } from "../async/deadline.ts";
import type { Pause } from "../protocol/protocol.ts";
import { Suspension } from "./_suspension.ts";
import type { Condition } from "../async/condition.ts";
import type { Deployment, Predecessors } from "./deployment.ts";
import { isHeld } from "../replica/exclusive_hint.ts";
import { restoreState, saveState } from "./handover.ts";
import type { SwapKind } from "./history.ts";
import type { Loader } from "./loader.ts";
import type { Replacement } from "./_replacement.ts";
import type { Version } from "./version.ts";

/**
 * The order of steps in which one version of a deployment follows another one, when a state is handed over or an
 * Executor is exclusive. Calls are held meanwhile.
 */
export class Succession {
  #suspension?: Suspension;
  /** Whether the last version could not continue: its worker was terminated, and may hold something a little longer. */
  #isLost = false;
  /** Aborted when an old version that is set up again is not waited for any longer. */
  readonly #ending = new AbortController();
  /** The version whose state could not be saved: its successor starts without a state. */
  #unsaved?: Version;

  /**
   * @param condition Where calls wait while one version hands over to the next one.
   * @param replacement Replaces replicas that die, except while a successor follows.
   */
  constructor(
    private readonly deployment: Deployment,
    private readonly loader: Loader,
    private readonly condition: Condition,
    private readonly replacement: Replacement,
  ) {}

  /** The version that serves, while it is closed and waits for a successor or for {@linkcode resume}. */
  get suspension(): Suspension | undefined {
    return this.#suspension;
  }

  /** Called when a version begins to serve. */
  end(): void {
    this.#suspension = undefined;
    this.#isLost = false;
  }

  /** Limits the time for an old version that is set up again, in milliseconds: the Flow is being closed. */
  endSoon(ms: number): void {
    if (this.#suspension) after(ms, () => this.#ending.abort(new Error("the Flow is closed")));
  }

  /** When the next load stops before the constructor: two versions of an exclusive Executor never exist together. */
  get pause(): Pause {
    const { serving, options: { predecessors } } = this.deployment;
    if (serving === undefined) {
      return predecessors?.pause ?? (this.#isLost ? "if-exclusive" : "never");
    }
    return this.#suspension || serving.loaded?.exclusive ? "always" : "if-exclusive";
  }

  /** Hands the state of the version that serves to the next one, which serves then. Does nothing without a state. */
  async handOver(version: Version, signal?: AbortSignal): Promise<void> {
    const { serving: old, logger, options: { handoverMs } } = this.deployment;
    if (!old?.loaded?.stateful || !version.loaded?.stateful) return;
    if (old === this.#unsaved) {
      return logger.warning(`version ${version.number} starts without the state that could not be saved`);
    }
    this.condition.hold();
    try {
      const saved = await Promise.all(
        old.replicas.map((from, index) => saveState(from, version.replicas[index], handoverMs, signal)),
      )
        .catch((error) => this.#rememberUnsaved(old, error));
      await restoreState(version, saved, handoverMs, signal);
      // The new version serves before the held requests continue.
      if (!this.deployment.isClosed) this.deployment.serve(version);
    } finally {
      this.condition.release();
    }
  }

  /**
   * Closes the serving version, then constructs the next one, which serves at once. When a newer change aborts this,
   * the old version stays closed, and the newest one follows directly.
   */
  async takeTurns(
    version: Version,
    kind: SwapKind,
    signal?: AbortSignal,
    ready?: () => Promise<void>,
  ): Promise<void> {
    const { deployment } = this;
    const construct = (retries: boolean) => this.loader.construct(version, retries, signal);
    if (deployment.serving === undefined) {
      const { predecessors } = deployment.options;
      const hasTerminated = await predecessors?.release(deployment, signal) ?? false;
      return await freeing(construct, hasTerminated || this.#isLost, predecessors);
    }
    const suspension = await this.suspend(signal, 0, kind === "reload" ? version : undefined);
    if (!version.isInPlace) await suspension.clearKept(deployment.options.closeMs);
    signal?.throwIfAborted();
    if (deployment.isClosed) throw new Error("the Flow is closed");
    try {
      await freeing(construct, suspension.hasTerminated, suspension);
      if (kind === "reload" && version.loaded?.stateful) {
        await restoreState(version, suspension.saved, deployment.options.handoverMs, signal);
      }
      await ready?.();
    } catch (error) {
      // Its worker is terminated next; the thread may still hold its resources for a few milliseconds.
      suspension.hasTerminated = true;
      throw error;
    }
    if (deployment.isClosed) return;
    deployment.serve(version);
    this.condition.release();
  }

  /**
   * Holds calls, lets those in flight finish, and closes the Executors that serve; their workers live on. Does nothing
   * when they are closed already.
   *
   * @param signal Aborted when a newer change makes it pointless.
   * @param waitedMs How much of the time for calls in flight has passed already, in milliseconds.
   * @param into On a reload, the version that the state is saved for.
   * @throws {LoadError} When the state cannot be saved; then they continue to serve.
   */
  async suspend(signal?: AbortSignal, waitedMs = 0, into?: Version): Promise<Suspension> {
    const { serving: old, options } = this.deployment;
    if (this.#suspension !== undefined) return this.#suspension;
    if (old === undefined) throw new Error("Cannot suspend a deployment that does not serve");
    const saves = old !== this.#unsaved && (old.loaded?.stateful ?? false);
    this.condition.hold();
    try {
      await this.replacement.stop();
      return this.#suspension = await Suspension.begin(old, {
        ...options,
        waitedMs,
        signal,
        ...(saves && { into }),
      });
    } catch (error) {
      this.replacement.resume(old);
      this.condition.release();
      return this.#rememberUnsaved(old, error);
    }
  }

  /**
   * Makes the suspended version serve again, when no version takes its place.
   *
   * @param retries Whether a worker was terminated that may still hold what it needs.
   * @throws {LoadError} When it cannot continue; nothing serves then.
   */
  async resume(retries = false): Promise<void> {
    const { deployment } = this;
    const suspension = this.#suspension;
    if (suspension === undefined || deployment.isClosed) return;
    suspension.hasTerminated ||= retries;
    try {
      await suspension.resume(deployment.options.loadMs, this.#ending.signal);
      this.#suspension = undefined;
      this.replacement.resume(suspension.version);
    } catch (error) {
      const { name, message } = error as Error;
      const failure = error instanceof LoadError ? error : new LoadError({ name, message, stack: "" });
      this.#suspension = undefined;
      this.#isLost = true;
      deployment.history.setError(failure.info);
      deployment.drop();
      throw failure;
    } finally {
      this.condition.release();
    }
  }

  /** The error of a load that failed, once the old version serves again; if it cannot, with its error as well. */
  async resumeAfter(error: unknown): Promise<unknown> {
    const old = this.#suspension?.version.number;
    try {
      await this.resume();
      return error;
    } catch (second) {
      const { info, files } = toLoadError(error);
      const reason = (second as LoadError).info.message;
      const message = `${info.message}; version ${old} could not continue either: ${reason}`;
      return new LoadError({ ...info, message }, files);
    }
  }

  #rememberUnsaved(old: Version, error: unknown): never {
    if (error instanceof LoadError && error.code === "STATE_NOT_SAVED") this.#unsaved = old;
    throw error;
  }
}

/** Constructs a version; if a resource is held, once more after the workers have ended that may hold it. */
async function freeing(
  construct: (retries: boolean) => Promise<void>,
  retries: boolean,
  holder?: Pick<Predecessors, "endUnclosed">,
): Promise<void> {
  try {
    await construct(retries);
  } catch (error) {
    if (!(error instanceof LoadError && isHeld(error.info) && holder?.endUnclosed())) throw error;
    await construct(true);
  }
}
