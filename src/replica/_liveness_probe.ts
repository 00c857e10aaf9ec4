/** A worker that a {@linkcode LivenessProbe} watches. */
interface ProbeTarget {
  /** Whether it has work. */
  isBusy(): boolean;
  /** Resolves when the worker's event loop has answered. */
  ping(): Promise<unknown>;
  /** Called when the worker gets stuck, and when it answers again. */
  onChange(stuck: boolean): void;
}

/** Finds out whether a worker that has work still yields. It costs nothing while there is no work. */
export class LivenessProbe {
  #stuck = false;
  #timer?: ReturnType<typeof setInterval>;
  /** When the ping was sent that is not answered yet. */
  #pingedAt?: number;

  /**
   * @param stuckMs How long a ping may go unanswered, in milliseconds; `Infinity` turns the probe off.
   * @param target The worker.
   */
  constructor(private readonly stuckMs: number, private readonly target: ProbeTarget) {}

  /** Whether the worker has not answered for too long. */
  get stuck(): boolean {
    return this.#stuck;
  }

  /** Watches until there is no work. Called with each piece of work. */
  watch(): void {
    if (this.stuckMs === Infinity) return;
    this.#timer ??= setInterval(() => this.#check(), Math.max(10, this.stuckMs / 5));
  }

  /** Stops watching. Called when the worker has ended. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #check(): void {
    if (!this.target.isBusy()) return this.stop();
    if (this.#pingedAt === undefined) {
      this.#pingedAt = performance.now();
      this.target.ping().then(() => {
        this.#pingedAt = undefined;
        this.#become(false);
      }, () => {});
    } else if (performance.now() - this.#pingedAt >= this.stuckMs) this.#become(true);
  }

  #become(stuck: boolean): void {
    if (this.#stuck === stuck) return;
    this.#stuck = stuck;
    this.target.onChange(stuck);
  }
}
