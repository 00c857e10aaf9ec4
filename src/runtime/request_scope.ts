/** Which request the running code is part of, also after an `await`. @module */
import type { AsyncLocalStorage } from "node:async_hooks";
import process from "node:process";

/** Made with the first request that is followed: others cost nothing. */
let scope: AsyncLocalStorage<string> | undefined;

/** Runs a function as part of a request. */
export function withinRequest<T>(id: string, run: () => T): T {
  scope ??= new (process.getBuiltinModule("node:async_hooks").AsyncLocalStorage)<string>();
  return scope.run(id, run);
}

/** The id of the request that the running code is part of; `undefined` when it belongs to none, or the events have no reader. */
export function activeRequest(): string | undefined {
  return scope?.getStore();
}
