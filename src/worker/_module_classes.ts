import { isPlain } from "../document/json_value.ts";
import { Executor, type ExecutorClass, isExecutorClass } from "../executor/executor.ts";
import { classesDeclaredIn } from "./_instrument.ts";

/** The classes and exports of a module. */
export interface ModuleClasses {
  readonly path: string;
  /** Executor classes by the names of their exports. */
  readonly exportedClasses: ReadonlyMap<string, ExecutorClass>;
  /** All Executor classes that it declares, exported or not, where they are known. */
  readonly declaredClasses: ReadonlyMap<string, ExecutorClass>;
  readonly others: ReadonlyMap<string, unknown>;
  readonly exports: ReadonlyMap<string, unknown>;
}

/** Finds the classes of a module that was imported from a URL. */
export function classesIn(path: string, url: string, module: Record<string, unknown>): ModuleClasses {
  const exports = exportsOf(module);
  const declared = [...classesDeclaredIn(url)];
  const executors = (entries: [string, unknown][]) =>
    entries.filter((entry): entry is [string, ExecutorClass] => isExecutorClass(entry[1]));
  // A default export is known by the name of its class.
  const exported = executors([...exports]).map(([name, type]) =>
    [name === "default" ? type.name || name : name, type] as const
  );
  const isOther = ([, value]: [string, unknown]) =>
    isClass(value) && value !== Executor && !isExecutorClass(value);
  return {
    path,
    exports,
    exportedClasses: new Map(exported),
    declaredClasses: new Map(executors(declared)),
    others: new Map([...exports, ...declared].filter(isOther)),
  };
}

/** The exports of a module; of a CommonJS module also those that a runtime does not find in its text. */
function exportsOf(module: Record<string, unknown>): Map<string, unknown> {
  const { default: whole } = module;
  const named = isPlain(whole) ? Object.entries(whole) : [];
  return new Map([...named, ...Object.entries(module).filter(([name]) => name !== "module.exports")]);
}

function isClass(value: unknown): boolean {
  return typeof value === "function" && /^class\b/.test(Function.prototype.toString.call(value));
}
