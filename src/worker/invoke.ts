import type { DocumentArray } from "../document/document_array.ts";
import type { Executor } from "../executor/executor.ts";
import type { Handler, HandlerContext } from "../executor/requests.ts";

/**
 * Calls a handler and gives what it returns, which may be a promise. A wrapper is a function from one `Invoke` to
 * another, for example to measure the time of each call or to check its documents.
 */
export type Invoke = (method: string, docs: DocumentArray, context: HandlerContext) => unknown;

/** Calls the handlers of an Executor. */
export function invokeOn(executor: Executor): Invoke {
  const handlers = executor as unknown as Record<string, Handler>;
  return (method, docs, context) => handlers[method](docs, context);
}
