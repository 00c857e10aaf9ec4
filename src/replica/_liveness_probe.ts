/** What a {@linkcode LivenessProbe} needs of its worker. */
interface ProbeTarget {
  /** Whether it has work. */
  busy(): boolean;
  /** Resolves when the worker's event loop comes round. */
  ping(): Promise<unknown>;
  /** Called when it gets stuck, and when it comes back. */
  changed(stuck: boolean): void;
}

/** Finds out whether a worker that has work still yields. Costs nothing while there is no work. */
export class LivenessProbe {
  /** Whether the worker has not answered for too long. */
  stuck = false;
  #timer?: ReturnType<typeof setInterval>;
  #askedAt?: number;

  constructor(private readonly stuckMs: number, private readonly patient: ProbeTarget) {}

  /** Called with each piece of work. */
  watch(): void {
    if (this.stuckMs === Infinity) return;
    this.#timer ??= setInterval(() => this.#beat(), Math.max(10, this.stuckMs / 5));
  }

  /** Called at the worker's end. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #beat(): void {
    if (!this.patient.busy()) return this.stop();
    if (this.#askedAt === undefined) {
      this.#askedAt = performance.now();
      this.patient.ping().then(() => this.#answered(), () => {});
    } else if (!this.stuck && performance.now() - this.#askedAt >= this.stuckMs) {
      this.stuck = true;
      this.patient.changed(true);
    }
  }

  #answered(): void {
    this.#askedAt = undefined;
    if (!this.stuck) return;
    this.stuck = false;
    this.patient.changed(false);
  }
}
