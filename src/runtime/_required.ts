/** The modules that `require` has loaded in this thread. @module */
import { createRequire } from "node:module";
import { types } from "node:util";

/** All modules share it, so any file's URL will do: this module's own is not one when it comes from JSR. */
const { cache } = createRequire("file:///C:/");

/** See `WorkerRuntime.takeRequired`. */
export function takeRequired(path: string): unknown {
  const module = cache[path];
  delete cache[path];
  return module;
}

/** See `WorkerRuntime.putRequired`. */
export function putRequired(path: string, module: unknown): void {
  cache[path] = module as NodeJS.Module;
}

/** See `WorkerRuntime.isEsmRequired`. */
export function isEsmRequired(path: string): boolean {
  return types.isModuleNamespaceObject(cache[path]?.exports);
}

/** See `WorkerRuntime.requiredBy`. A JSON module in the cache has no children. */
export function requiredBy(path: string): string[] {
  return cache[path]?.children?.map(({ filename }) => filename) ?? [];
}
