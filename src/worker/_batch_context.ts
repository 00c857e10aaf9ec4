import type { HandlerContext } from "../executor/handler.ts";
import type { CallContext } from "./_call_context.ts";
import { LazyAbort } from "./_lazy_abort.ts";

/** The context of a batch: its signal is aborted when all its requests are. */
export class BatchContext implements HandlerContext {
  readonly requestIds: readonly string[];
  readonly headers = {};
  #open: number;
  readonly #abort = new LazyAbort();

  /** @param contexts Those of its requests, none of which is aborted yet. */
  constructor(private readonly contexts: readonly CallContext[]) {
    this.requestIds = contexts.map(({ requestId }) => requestId);
    this.#open = contexts.length;
    for (const context of contexts) context.onAbort = (reason) => this.#leave(reason);
  }

  get parameters(): Record<string, unknown> {
    return this.contexts[0].parameters;
  }

  get endpoint(): string {
    return this.contexts[0].endpoint;
  }

  get requestId(): string {
    return this.requestIds[0];
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  #leave(reason: string): void {
    if (--this.#open === 0) this.#abort.abort(reason);
  }
}
