import type { Logger } from "../log/logger.ts";
import { runtime } from "../runtime/mod.ts";

/** How long work that a script does not await may take after its last line, in milliseconds. */
const UNAWAITED_MS = 1_000;

/** How long code after a `block()` that no top level awaits may take, in milliseconds: its end cannot be observed. */
const UNSEEN_MS = 5_000;

/** How long writing the last lines may take, in milliseconds. */
const FLUSH_MS = 1_000;

/** Ends the process after a signal: the code after `block()` runs, and nothing else is waited for. */
export class Ending {
  #isEvaluated = false;
  readonly #evaluated: Promise<void>;

  /** Created when the signal arrives. */
  constructor(private readonly log: Logger) {
    this.#evaluated = runtime.mainModuleEnd().then(() => {
      this.#isEvaluated = true;
    });
  }

  /**
   * Called when `block()` returns. A process that nothing keeps alive ends earlier by itself.
   *
   * @param loops The names of workers that do not yield.
   */
  async begin(loops: readonly string[]): Promise<void> {
    const ms = this.#isEvaluated ? UNSEEN_MS : UNAWAITED_MS;
    await this.#evaluated;
    // A process that ends by itself would wait for its debugger to disconnect.
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
