import type { Executor, ExecutorClass } from "./executor.ts";

/**
 * What an Executor may have in addition to its handlers; hotflow calls what is there. All are optional and may be `async`.
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
  /** Prepares the Executor: loads a model, opens a connection. The version serves when it has ended. */
  setup?(): unknown;
  /**
   * Releases what the Executor holds. Called after the last request of its version; it may take the Flow's
   * `closeTimeout`. Of an exclusive Executor it is called before the `setup()` of the next version.
   */
  close?(): unknown;
  /** Gives what the next version continues with on a reload: any value that can be cloned. */
  saveState?(): unknown;
  /** Takes what `saveState()` of the version before gave. Called after `setup()`, before the first request. */
  // deno-lint-ignore no-explicit-any -- each class names the type of its own state
  restoreState?(state: any): unknown;
}

/**
 * The same, declared so that a subclass may leave out the word `override`, which Deno's compiler settings otherwise
 * demand of each method that a base class declares: they do not demand it for abstract ones.
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

/** What {@linkcode Executor} extends: it declares the methods of {@linkcode ExecutorLifecycle} and has none. */
export const ExecutorBase: new () => ExecutorLifecycle & AbstractLifecycle = Object as never;

const HOOKS = ["setup", "close", "saveState", "restoreState"] as const;
const STATICS = ["exclusive", "requests", "source"] as const;

/**
 * Finds methods and static fields that look like misspelled ones, which would never be called or read.
 *
 * @param executor The Executor.
 * @returns One sentence for each.
 */
export function misspellings(executor: Executor): string[] {
  const type = executor.constructor as ExecutorClass;
  const methods = new Set(Object.getOwnPropertyNames(executor));
  const statics = new Set<string>();
  for (let at: object | null = type; isSubclass(at); at = Object.getPrototypeOf(at)) {
    for (const name of Object.getOwnPropertyNames(at.prototype)) methods.add(name);
    for (const name of Object.getOwnPropertyNames(at)) statics.add(name);
  }
  const functions = [...methods].filter((name) => typeof valueOf(executor, name) === "function");
  return [
    ...near(functions, HOOKS).map(([name, meant]) =>
      `${type.name}.${name}() is never called by hotflow; did you mean ${meant}()?`
    ),
    ...near([...statics], STATICS).map(([name, meant]) =>
      `static ${name} of ${type.name} is never read by hotflow; did you mean static ${meant}?`
    ),
  ];
}

/** Whether it is a class between the user's and Executor itself, whose own prototype is Object. */
function isSubclass(value: object | null): value is { prototype: object } {
  return typeof value === "function" && Object.getPrototypeOf(value) !== Object && value !== Object &&
    value !== Function.prototype;
}

/** A property's value, without running a getter. */
function valueOf(executor: object, name: string): unknown {
  for (let at: object | null = executor; at !== null; at = Object.getPrototypeOf(at)) {
    const found = Object.getOwnPropertyDescriptor(at, name);
    if (found !== undefined) return found.value;
  }
}

function near(
  names: readonly string[],
  known: readonly string[],
): (readonly [name: string, meant: string])[] {
  return names.filter((name) => !known.includes(name)).flatMap((name) => {
    const meant = known.find((one) => isMisspelled(name, one));
    return meant === undefined || names.includes(meant) ? [] : [[name, meant] as const];
  });
}

/** Whether a name is another one in other case, with letters swapped, or with one letter missing or, if long, too many. */
function isMisspelled(name: string, meant: string): boolean {
  const [a, b] = [name, meant].map((text) => text.replaceAll(/[_$]/g, "").toLowerCase());
  if (a === b || [...a].sort().join() === [...b].sort().join()) return true;
  return lacksOne(a, b) || (b.length > 6 && lacksOne(b, a));
}

/** Whether a text is another one without one of its letters. */
function lacksOne(shorter: string, longer: string): boolean {
  return shorter.length === longer.length - 1 &&
    Array.from(longer).some((_, at) => longer.slice(0, at) + longer.slice(at + 1) === shorter);
}
