import type { Pause } from "../worker/protocol.ts";
import { Suspension } from "./_suspension.ts";
import type { Waits } from "./_waits.ts";
import type { Deployment, DeploymentOptions } from "./deployment.ts";
import { handOver, restoreState, UnsavedState } from "./handover.ts";
import type { SwapKind } from "./history.ts";
import type { Loader, LoadRequest } from "./loader.ts";
import { LoadFailure, toLoadFailure, type Version } from "./version.ts";

/** What a {@linkcode Succession} needs of its deployment. */
export interface SuccessionHost {
  readonly deployment: Deployment;
  readonly options: DeploymentOptions;
  readonly loader: Loader;
  /** Where calls wait while one version hands over to the next one. */
  readonly waits: Waits;
  readonly isClosed: () => boolean;
  /** Makes another version serve; `undefined` when none can. */
  readonly serve: (version: Version | undefined) => void;
  /** Logs what a person has to know of a replica. */
  readonly warn: (replica: number, note: string) => void;
}

/**
 * How one version of a deployment follows another one when something passes between them: a state, or what an
 * exclusive Executor holds. Calls are held meanwhile.
 */
export class Succession {
  /** The version that serves, when its Executors were closed for a successor that is not there yet. */
  #suspension?: Suspension;
  /** The version whose state could not be saved: the next one does without. */
  #stateless?: Version;

  constructor(private readonly host: SuccessionHost) {}

  /** Whether the version that serves is closed, and waits for a successor or for {@linkcode resume}. */
  get isSuspended(): boolean {
    return this.#suspension !== undefined;
  }

  /** When the next load stops before the constructor: versions of an exclusive Executor are never there together. */
  get pause(): Pause {
    const { deployment: { serving }, options: { predecessors } } = this.host;
    if (serving === undefined) return predecessors?.pause ?? "never";
    return this.isSuspended || serving.loaded?.exclusive ? "always" : "if-exclusive";
  }

  /** Hands the state of the version that serves to the next one, which serves then. Without a state nothing happens. */
  async handOver(version: Version, signal?: AbortSignal): Promise<void> {
    const { deployment: { serving: old, logger }, options: { handoverMs }, waits, warn, serve } = this.host;
    if (!old?.loaded?.stateful || !version.loaded?.stateful) return;
    if (old === this.#stateless) {
      return logger.warning(`version ${version.number} starts without the state that could not be saved`);
    }
    waits.hold();
    try {
      const jobs = old.replicas.map((from, index) =>
        handOver(from, version.replicas[index], handoverMs, signal)
      );
      const all = await Promise.all(jobs).catch((error) => this.#rememberUnsaved(old, error));
      all.forEach((notes, index) => notes.forEach((note) => warn(index, note)));
      // The pointer moves before the held requests go on.
      if (!this.host.isClosed()) serve(version);
    } finally {
      waits.release();
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
    const { deployment, options: { predecessors }, loader, waits, isClosed, serve } = this.host;
    const { signal } = request;
    if (deployment.serving === undefined) {
      await predecessors?.release(deployment, signal);
      return await loader.construct(version, request, true);
    }
    const suspension = await this.suspend(kind, signal);
    signal?.throwIfAborted();
    if (isClosed()) throw new Error("the Flow is closed");
    try {
      await loader.construct(version, request, suspension.hasTerminated);
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
    waits.release();
  }

  /**
   * Holds calls, lets those in flight finish, and closes the Executors that serve; their workers live on. Does nothing
   * when that was done before.
   *
   * @throws {LoadFailure} When the state cannot be saved; then they serve on.
   */
  async suspend(kind: SwapKind, signal?: AbortSignal): Promise<Suspension> {
    const { deployment: { serving: old }, options, waits, warn } = this.host;
    if (this.#suspension !== undefined) return this.#suspension;
    if (old === undefined) throw new Error("Cannot suspend a deployment that does not serve");
    const saves = kind === "reload" && old !== this.#stateless && (old.loaded?.stateful ?? false);
    waits.hold();
    try {
      return this.#suspension = await Suspension.begin(old, { ...options, saves, warn, signal });
    } catch (error) {
      waits.release();
      return this.#rememberUnsaved(old, error);
    }
  }

  /**
   * Has the version that was suspended serve again, when nothing takes its place.
   *
   * @param retries Whether a worker was terminated that may still hold what it needs.
   * @throws {LoadFailure} When it cannot; nothing serves then.
   */
  async resume(retries = false): Promise<void> {
    const { deployment: { history }, options: { loadMs }, waits, isClosed, serve } = this.host;
    const suspension = this.#suspension;
    if (suspension === undefined || isClosed()) return;
    suspension.hasTerminated ||= retries;
    try {
      await suspension.resume(loadMs);
    } catch (error) {
      const { name, message } = error as Error;
      const failure = new LoadFailure({ name, message, stack: "" });
      history.lastError = { info: failure.info, at: new Date() };
      serve(undefined);
      throw failure;
    } finally {
      this.#suspension = undefined;
      waits.release();
    }
  }

  /** The error of a load that failed, once the old version serves again; with its own error, when it cannot. */
  async resumeAfter(error: unknown): Promise<unknown> {
    const old = this.#suspension?.version.number;
    try {
      await this.resume();
      return error;
    } catch (second) {
      const { info, files } = toLoadFailure(error);
      const message = `${info.message}; version ${old} could not continue either: ${
        (second as Error).message
      }`;
      return new LoadFailure({ ...info, message }, files);
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
    if (error instanceof UnsavedState) this.#stateless = old;
    throw error;
  }
}
