import type { Logger } from "../log/logger.ts";
import { runtime } from "../runtime/mod.ts";

/** How long what a script has begun and does not await may take after its last line, in milliseconds. */
const UNAWAITED_MS = 1_000;

/** How long code after `block()` may take where no top level awaits it, in milliseconds: nothing tells of its end. */
const UNSEEN_MS = 5_000;

/** How long the last lines may take to be written, in milliseconds. */
const FLUSH_MS = 1_000;

/** The end of a process that a signal is to end: code after `block()` runs, and nothing else is waited for. */
export class Ending {
  #isEvaluated = false;
  readonly #evaluated: Promise<void>;

  /** Begins when the signal comes. */
  constructor(private readonly log: Logger) {
    this.#evaluated = runtime.mainModuleEnd().then(() => {
      this.#isEvaluated = true;
    });
  }

  /**
   * Called when `block()` is over. A process that nothing keeps alive ends before by itself.
   *
   * @param loops The names of workers that did not end.
   */
  async begin(loops: readonly string[]): Promise<void> {
    const ms = this.#isEvaluated ? UNSEEN_MS : UNAWAITED_MS;
    await this.#evaluated;
    // At its own end, a process would wait until the debugger is gone.
    if (runtime.isInspected) setTimeout(() => this.#end(loops), ms);
    else runtime.later(ms, () => this.#end(loops));
  }

  async #end(loops: readonly string[]): Promise<void> {
    const holder = loops.length > 0
      ? `these workers do not yield: ${loops.join(", ")}`
      : "something else, such as a timer or a server, would keep it running";
    this.log.info(`the process ends now: the Flow is closed, and ${holder}`);
    setTimeout(() => runtime.exit(), FLUSH_MS);
    await runtime.flush();
    runtime.exit();
  }
}
