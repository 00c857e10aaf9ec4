import { invalidState } from "../errors/mod.ts";
import { Replica } from "./replica.ts";

/**
 * How long after a load the next worker is made: making one blocks the thread, and the first answers go first. By then
 * the version that was replaced has mostly ended, so that a standby costs no memory beside it.
 */
const REFILL_MS = 12;

/** Makes all workers of a Flow, and has some up before they are needed: a save does not wait for one to start. */
export class StandbyPool {
  /** The names of workers that did not yield when they were to end, and whose thread may live on. */
  readonly loops: string[] = [];
  readonly #all = new Set<Replica>();
  #waiting: Replica[] = [];
  #timer?: ReturnType<typeof setTimeout>;
  #closed = false;

  /**
   * @param size How many to keep; 0 for none, each is then made when it is taken.
   * @param stuckMs See {@linkcode Replica}.
   * @param captures Whether replicas tell their events what their code writes to standard output and standard error.
   */
  constructor(private size: number, readonly stuckMs: number, private readonly captures = false) {}

  /** A worker for one load; out of the pool in one step, so that two loads never get the same one. */
  take(): Replica {
    if (this.#closed) throw invalidState("Cannot start a worker: the Flow is closed");
    const index = Math.max(0, this.#waiting.findIndex((replica) => replica.state === "standby"));
    const [ready] = this.#waiting.splice(index, 1);
    return ready?.alive ? ready : this.#make();
  }

  /** Takes a worker back that was not used after all; whether it could be. */
  release(replica: Replica): boolean {
    const fresh = replica.state === "starting" || replica.state === "standby";
    if (!fresh || this.#closed || this.#waiting.length >= Math.max(1, this.size)) return false;
    this.#waiting.push(replica);
    return true;
  }

  /** Keeps another number of them from now on. */
  resize(size: number): void {
    this.size = size;
    for (const replica of this.#waiting.splice(size)) replica.end("it is not needed any more");
    this.refill();
  }

  /** Fills up a moment later. Called when a swap is over. */
  refill(): void {
    if (this.#closed || this.#timer !== undefined) return;
    this.#waiting = this.#waiting.filter((replica) => replica.alive);
    if (this.#waiting.length >= this.size) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      // Meanwhile one may have been given back.
      if (this.#waiting.length < this.size) this.#waiting.push(this.#makeReady());
      this.refill();
    }, REFILL_MS);
  }

  /** Ends all that are left; resolves when none is there any more, save those in {@linkcode loops}. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#waiting = [];
    for (const replica of this.#all) replica.end("the Flow is closed");
    await Promise.all(Array.from(this.#all, ({ gone }) => gone));
  }

  #makeReady(): Replica {
    const replica = this.#make();
    replica.started.then(() => replica.ask("warm-up", null)).catch(() => {});
    return replica;
  }

  #make(): Replica {
    const replica = new Replica(this.stuckMs);
    if (this.captures) replica.ask("capture", null).catch(() => {});
    this.#all.add(replica);
    replica.gone.then((yielded) => {
      this.#all.delete(replica);
      if (!yielded) this.loops.push(replica.name);
    });
    return replica;
  }
}
