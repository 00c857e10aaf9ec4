import { LoadError, toLoadError } from "../errors/mod.ts";
import { after } from "../async/deadline.ts";
import type { Pause } from "../protocol/protocol.ts";
import { Suspension } from "./_suspension.ts";
import type { Condition } from "../async/condition.ts";
import type { Deployment, DeploymentOptions } from "./deployment.ts";
import { isHeld } from "./_exclusive_hint.ts";
import { handOver, restoreState } from "./handover.ts";
import type { SwapKind } from "./history.ts";
import type { Loader, LoadRequest } from "./loader.ts";
import type { Version } from "./version.ts";

/** What a {@linkcode Succession} needs of its deployment. */
export interface SuccessionHost {
  readonly deployment: Deployment;
  readonly options: DeploymentOptions;
  readonly loader: Loader;
  /** Where calls wait while one version hands over to the next one. */
  readonly condition: Condition;
  readonly isClosed: () => boolean;
  /** Makes another version serve; `undefined` when none can. */
  readonly serve: (version: Version | undefined) => void;
  /** Logs what a person has to know of a replica. */
  readonly warn: (replica: number, note: string) => void;
  /** Stops the replacement of replicas that died; resolves when their new workers were told to end. */
  readonly stopReplacing: () => Promise<void>;
  /** Replaces the replicas of a version that died meanwhile, and those that die from now on. */
  readonly replaceAgain: (version: Version) => void;
}

/**
 * How one version of a deployment follows another one when something passes between them: a state, or what an
 * exclusive Executor holds. Calls are held meanwhile.
 */
export class Succession {
  /** The version that serves, when its Executors were closed for a successor that is not there yet. */
  #suspension?: Suspension;
  /** Whether the version that serves is being closed for a successor. */
  #isSuspending = false;
  /** Whether a worker was terminated last that may still hold what the next version needs. */
  #mayBeHeld = false;
  /** Aborted when an old version that is set up again is not to be waited for any more. */
  readonly #ending = new AbortController();
  /** The version whose state could not be saved: the next one does without. */
  #stateless?: Version;

  constructor(private readonly host: SuccessionHost) {}

  /** Whether the version that serves is closed, and waits for a successor or for {@linkcode resume}. */
  get isSuspended(): boolean {
    return this.#suspension !== undefined;
  }

  /** Whether replicas that die are left to the successor. */
  get isHandingOver(): boolean {
    return this.#isSuspending || this.isSuspended;
  }

  /** The Flow is being closed: an old version that is set up again gets this much more time, in milliseconds. */
  endSoon(ms: number): void {
    if (this.isSuspended) after(ms, () => this.#ending.abort(new Error("the Flow is closed")));
  }

  /** When the next load stops before the constructor: versions of an exclusive Executor are never there together. */
  get pause(): Pause {
    const { deployment: { serving }, options: { predecessors } } = this.host;
    if (serving === undefined) return predecessors?.pause ?? (this.#mayBeHeld ? "if-exclusive" : "never");
    return this.isSuspended || serving.loaded?.exclusive ? "always" : "if-exclusive";
  }

  /** Hands the state of the version that serves to the next one, which serves then. Without a state nothing happens. */
  async handOver(version: Version, signal?: AbortSignal): Promise<void> {
    const { deployment: { serving: old, logger }, options: { handoverMs }, condition, warn, serve } =
      this.host;
    if (!old?.loaded?.stateful || !version.loaded?.stateful) return;
    if (old === this.#stateless) {
      return logger.warning(`version ${version.number} starts without the state that could not be saved`);
    }
    condition.hold();
    try {
      const jobs = old.replicas.map((from, index) =>
        handOver(from, version.replicas[index], handoverMs, signal)
      );
      const all = await Promise.all(jobs).catch((error) => this.#rememberUnsaved(old, error));
      all.forEach((notes, index) => notes.forEach((note) => warn(index, note)));
      // The pointer moves before the held requests go on.
      if (!this.host.isClosed()) serve(version);
    } finally {
      condition.release();
    }
  }

  /**
   * Makes the serving version give up what it holds, then constructs the next one, which serves at once. When a newer
   * change aborts this, the old version stays closed: the newest one follows directly.
   */
  async takeTurns(
    version: Version,
    request: LoadRequest,
    kind: SwapKind,
    ready: () => Promise<void> = () => Promise.resolve(),
  ): Promise<void> {
    const { deployment, options: { predecessors }, loader, condition, isClosed, serve } = this.host;
    const { signal } = request;
    const construct = (retries: boolean) => loader.construct(version, request, retries);
    if (deployment.serving === undefined) {
      const isReleased = await predecessors?.release(deployment, signal) ?? false;
      return await freeing(construct, isReleased || this.#mayBeHeld, () => predecessors?.endUnclosed());
    }
    const suspension = await this.suspend(kind, signal);
    signal?.throwIfAborted();
    if (isClosed()) throw new Error("the Flow is closed");
    try {
      await freeing(construct, suspension.hasTerminated, () => suspension.endUnclosed());
      if (kind === "reload") await this.#restore(version, suspension, signal);
      await ready();
    } catch (error) {
      // Its worker is terminated next, and may hold something for some more milliseconds.
      suspension.hasTerminated = true;
      throw error;
    }
    if (isClosed()) return;
    this.#suspension = undefined;
    serve(version);
    condition.release();
  }

  /**
   * Holds calls, lets those in flight finish, and closes the Executors that serve; their workers live on. Does nothing
   * when that was done before.
   *
   * @param kind Why: on a reload, the state is saved.
   * @param signal Aborted when a newer change makes it pointless.
   * @param waitedMs How much of the time for calls in flight is over already, in milliseconds.
   * @throws {LoadError} When the state cannot be saved; then they serve on.
   */
  async suspend(kind: SwapKind, signal?: AbortSignal, waitedMs = 0): Promise<Suspension> {
    const { deployment: { serving: old }, options, condition, warn, stopReplacing, replaceAgain } = this.host;
    if (this.#suspension !== undefined) return this.#suspension;
    if (old === undefined) throw new Error("Cannot suspend a deployment that does not serve");
    const saves = kind === "reload" && old !== this.#stateless && (old.loaded?.stateful ?? false);
    condition.hold();
    this.#isSuspending = true;
    try {
      await stopReplacing();
      return this.#suspension = await Suspension.begin(old, { ...options, waitedMs, saves, warn, signal });
    } catch (error) {
      this.#isSuspending = false;
      replaceAgain(old);
      condition.release();
      return this.#rememberUnsaved(old, error);
    } finally {
      this.#isSuspending = false;
    }
  }

  /**
   * Has the version that was suspended serve again, when nothing takes its place.
   *
   * @param retries Whether a worker was terminated that may still hold what it needs.
   * @throws {LoadError} When it cannot; nothing serves then.
   */
  async resume(retries = false): Promise<void> {
    const { deployment: { history }, options: { loadMs }, condition, isClosed, serve } = this.host;
    const suspension = this.#suspension;
    if (suspension === undefined || isClosed()) return;
    suspension.hasTerminated ||= retries;
    try {
      await suspension.resume(loadMs, this.#ending.signal);
    } catch (error) {
      const { name, message } = error as Error;
      const failure = error instanceof LoadError ? error : new LoadError({ name, message, stack: "" });
      this.#mayBeHeld = true;
      history.lastError = { info: failure.info, at: new Date() };
      serve(undefined);
      throw failure;
    } finally {
      this.#suspension = undefined;
      condition.release();
    }
  }

  /** See {@linkcode Suspension.endUnclosed}. */
  endUnclosed(): boolean {
    return this.#suspension?.endUnclosed() ?? false;
  }

  /** The error of a load that failed, once the old version serves again; with its own error, when it cannot. */
  async resumeAfter(error: unknown): Promise<unknown> {
    const old = this.#suspension?.version.number;
    try {
      await this.resume();
      return error;
    } catch (second) {
      const { info, files } = toLoadError(error);
      const message = `${info.message}; version ${old} could not continue either: ${
        toLoadError(second).info.message
      }`;
      return new LoadError({ ...info, message }, files);
    }
  }

  async #restore(version: Version, { saved }: Suspension, signal?: AbortSignal): Promise<void> {
    const { options: { handoverMs }, warn } = this.host;
    if (!version.loaded?.stateful) return;
    await Promise.all(saved.map(async ({ state, notes }, index) => {
      for (const note of notes) warn(index, note);
      if (notes.length === 0) await restoreState(version.replicas[index], state, handoverMs, signal);
    }));
  }

  #rememberUnsaved(old: Version, error: unknown): never {
    if (error instanceof LoadError && error.code === "STATE_NOT_SAVED") this.#stateless = old;
    throw error;
  }
}

/** Constructs a version; when something is held, once more after that was ended which may hold it. */
async function freeing(
  construct: (retries: boolean) => Promise<void>,
  retries: boolean,
  endHolders: () => boolean | undefined,
): Promise<void> {
  try {
    await construct(retries);
  } catch (error) {
    if (!(error instanceof LoadError && isHeld(error.info) && endHolders())) throw error;
    await construct(true);
  }
}
