import { invalidState } from "../errors/mod.ts";
import { Replica } from "./replica.ts";
import { WorkerLink } from "./worker_link.ts";
import type { WorkerLauncher } from "./worker_launcher.ts";

/**
 * How long after a load the next worker is started, in milliseconds: a start blocks the thread, and the first answers go
 * first. By then the replaced version has mostly ended, so that a standby costs no memory beside it.
 */
const REFILL_MS = 12;

/** Starts all workers of a Flow, and keeps some ready, so that a save does not wait for a start. */
export class StandbyPool {
  /** The names of workers that did not yield when they were ended, and whose threads may live on. */
  readonly loops: string[] = [];
  readonly #all = new Set<WorkerLink>();
  #waiting: Replica[] = [];
  #timer?: ReturnType<typeof setTimeout>;
  #closed = false;

  /**
   * @param size The number of workers to keep ready; with 0, each is started when it is taken.
   * @param stuckMs How long a worker may leave a ping unanswered before it counts as stuck, in milliseconds.
   * @param captures Whether replicas report what their code writes to standard output and standard error.
   */
  constructor(
    private readonly launcher: WorkerLauncher,
    private size: number,
    private readonly stuckMs: number,
    private readonly captures = false,
  ) {}

  /** Takes a worker for one load, in one step, so that two loads never get the same one. */
  take(): Replica {
    if (this.#closed) throw invalidState("Cannot start a worker: the Flow is closed");
    const index = Math.max(0, this.#waiting.findIndex((replica) => replica.state === "standby"));
    const [ready] = this.#waiting.splice(index, 1);
    return ready?.alive ? ready : this.#start();
  }

  /** Takes back a worker that was not used. Returns whether it is kept. */
  release(replica: Replica): boolean {
    if (!replica.isFresh || this.#closed || this.#waiting.length >= Math.max(1, this.size)) return false;
    replica.abandon("its version was given up");
    this.#waiting.push(replica);
    return true;
  }

  /** Changes the number of workers to keep ready. */
  resize(size: number): void {
    this.size = size;
    for (const replica of this.#waiting.splice(size)) replica.end("it is not needed any more");
    this.refill();
  }

  /** Starts the missing workers a moment later. Called when a swap is over. */
  refill(): void {
    if (this.#closed || this.#timer !== undefined) return;
    this.#waiting = this.#waiting.filter((replica) => replica.alive);
    if (this.#waiting.length >= this.size) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      // A worker may have been released meanwhile.
      if (this.#waiting.length < this.size) {
        const replica = this.#start();
        replica.link.started.then(() => replica.invoke("warm-up", null)).catch(() => {});
        this.#waiting.push(replica);
      }
      this.refill();
    }, REFILL_MS);
  }

  /** Ends all workers; resolves when they have ended, except those in {@linkcode loops}. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#waiting = [];
    for (const link of this.#all) link.end("the Flow is closed");
    await Promise.all(Array.from(this.#all, ({ gone }) => gone));
  }

  #start(): Replica {
    const link = new WorkerLink(this.launcher, this.stuckMs);
    const replica = new Replica(link);
    if (this.captures) replica.invoke("capture", null).catch(() => {});
    this.#all.add(link);
    link.gone.then((yielded) => {
      this.#all.delete(link);
      if (!yielded) this.loops.push(link.log.name);
    });
    return replica;
  }
}
