import type { HandlerContext } from "../executor/handler.ts";
import type { CallContext } from "./_call_context.ts";

/** The context of a batch: its signal is aborted when all its requests are. */
export class BatchContext implements HandlerContext {
  readonly requestIds: readonly string[];
  readonly headers = {};
  #open: number;
  #abort?: AbortController;
  #reason?: string;

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
    this.#abort ??= new AbortController();
    if (this.#reason !== undefined) this.#abort.abort(new DOMException(this.#reason, "AbortError"));
    return this.#abort.signal;
  }

  #leave(reason: string): void {
    if (--this.#open > 0) return;
    this.#reason = reason;
    this.#abort?.abort(new DOMException(reason, "AbortError"));
  }
}
