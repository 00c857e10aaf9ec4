import { classNamesIn } from "../script/class_names.ts";

/** The classes of the modules that were amended, by name; by the modules' paths. */
const declared = new Map<string, ReadonlyMap<string, unknown>>();

/** What amended modules call. */
(globalThis as Record<symbol, unknown>)[Symbol.for("hotflow.registerClasses")] = (
  path: string,
  classes: object,
) => declared.set(path, new Map(Object.entries(classes).filter(([, type]) => typeof type === "function")));

/** The classes of an amended module, whether or not it exports them. */
export function classesDeclaredIn(path: string): ReadonlyMap<string, unknown> {
  return declared.get(path) ?? new Map();
}

/**
 * Lets a module hand over its classes: a script that defines an Executor and starts the Flow seldom exports it. Names
 * that turn out to be no class of the module are harmless behind `typeof`, and no line of it changes its place.
 *
 * @param path The module's path.
 * @param code Its JavaScript.
 * @param text What is in its file, where a compiler has made another text of it.
 */
export function instrumentModule(path: string, code: string, text = code): string {
  const names = classNamesIn(text);
  if (names.length === 0) return code;
  const classes = names.map((name) => `${name}: typeof ${name} === "function" && ${name}`).join(", ");
  return `${code}\n;globalThis[Symbol.for("hotflow.registerClasses")]?.(${
    JSON.stringify(path)
  }, { ${classes} });\n`;
}
