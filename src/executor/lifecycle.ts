import type { Executor, ExecutorClass } from "./executor.ts";

/**
 * The optional methods of an Executor that hotflow calls in addition to handlers. They may be `async`.
 *
 * @example
 * ```ts
 * import { type DocumentArray, Executor, requests } from "@hotflow/hotflow";
 *
 * class Counter extends Executor {
 *   count = 0;
 *   @requests()
 *   handle(docs: DocumentArray) {
 *     for (const doc of docs) doc.text = String(++this.count);
 *   }
 *   saveState() {
 *     return this.count;
 *   }
 *   restoreState(count: number) {
 *     this.count = count;
 *   }
 * }
 * const [before, after] = [new Counter(), new Counter()];
 * before.count = 3;
 * after.restoreState(before.saveState());
 * console.assert(after.count === 3);
 * ```
 */
export interface ExecutorLifecycle {
  /** Prepares the Executor, such as by loading a model. The version serves after it has returned. */
  setup?(): unknown;
  /**
   * Releases resources. Called after the last request of its version; may take as long as the Flow's `closeTimeout`. For
   * an exclusive Executor, it is called before the `setup()` of the next version.
   */
  close?(): unknown;
  /** Returns the state that a reload passes to the next version: any value that can be cloned. */
  saveState?(): unknown;
  /** Receives the state of the previous version. Called after `setup()`, before the first request. */
  // deno-lint-ignore no-explicit-any -- each class names the type of its own state
  restoreState?(state: any): unknown;
}

/**
 * The methods of {@linkcode ExecutorLifecycle} as abstract ones, so that subclasses can omit `override`: Deno's compiler
 * settings require it for methods of a base class, unless they are abstract.
 */
export declare abstract class AbstractLifecycle implements ExecutorLifecycle {
  /** See {@linkcode ExecutorLifecycle.setup}. */
  abstract setup?(): unknown;
  /** See {@linkcode ExecutorLifecycle.close}. */
  abstract close?(): unknown;
  /** See {@linkcode ExecutorLifecycle.saveState}. */
  abstract saveState?(): unknown;
  /** See {@linkcode ExecutorLifecycle.restoreState}. */
  // deno-lint-ignore no-explicit-any -- as above
  abstract restoreState?(state: any): unknown;
}

/** The base class of {@linkcode Executor}. It declares the methods of {@linkcode ExecutorLifecycle} and has none of them. */
export const ExecutorBase: new () => ExecutorLifecycle & AbstractLifecycle = Object as never;

const HOOKS = ["setup", "close", "saveState", "restoreState"] as const;
const STATICS = ["exclusive", "requests", "source"] as const;

/**
 * Finds methods and static fields whose names look misspelled, so that hotflow would never call or read them.
 *
 * @param executor The Executor.
 * @returns One sentence per name.
 */
export function misspellings(executor: Executor): string[] {
  const type = executor.constructor as ExecutorClass;
  const methods = new Set(functionsOf(executor));
  const statics = new Set<string>();
  // The prototype of Executor is Object.
  for (let at = type; Object.getPrototypeOf(at) !== Object; at = Object.getPrototypeOf(at)) {
    for (const name of functionsOf(at.prototype)) methods.add(name);
    for (const name of Object.getOwnPropertyNames(at)) statics.add(name);
  }
  return [
    ...near(methods, HOOKS).map(([name, meant]) =>
      `${type.name}.${name}() is never called by hotflow; did you mean ${meant}()?`
    ),
    ...near(statics, STATICS).map(([name, meant]) =>
      `static ${name} of ${type.name} is never read by hotflow; did you mean static ${meant}?`
    ),
  ];
}

/** The names of an object's own methods; getters are not called. */
function functionsOf(object: object): string[] {
  return Object.entries(Object.getOwnPropertyDescriptors(object))
    .filter(([, { value }]) => typeof value === "function").map(([name]) => name);
}

function near(names: ReadonlySet<string>, known: readonly string[]): [name: string, meant: string][] {
  return [...names].flatMap((name): [string, string][] => {
    const meant = known.includes(name) ? undefined : known.find((one) => isMisspelled(name, one));
    return meant === undefined || names.has(meant) ? [] : [[name, meant]];
  });
}

/**
 * Whether a name is another one with different case, letters swapped, one letter missing or, for long names, one letter
 * too many.
 */
function isMisspelled(name: string, meant: string): boolean {
  const [a, b] = [name, meant].map((text) => text.replaceAll(/[_$]/g, "").toLowerCase());
  if (a === b || [...a].sort().join() === [...b].sort().join()) return true;
  return lacksOne(a, b) || (b.length > 6 && lacksOne(b, a));
}

/** Whether the shorter text is the longer one without one of its letters. */
function lacksOne(shorter: string, longer: string): boolean {
  return shorter.length === longer.length - 1 &&
    Array.from(longer).some((_, at) => longer.slice(0, at) + longer.slice(at + 1) === shorter);
}
