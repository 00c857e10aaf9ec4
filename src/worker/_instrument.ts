import { classNamesIn } from "../script/class_names.ts";
import { withoutVersion } from "./version_modules.ts";

/** The classes of instrumented modules by name, by the URL of the module. */
const declared = new Map<string, ReadonlyMap<string, unknown>>();

(globalThis as Record<symbol, unknown>)[Symbol.for("hotflow.registerClasses")] = (
  url: string,
  classes: object,
) => declared.set(url, new Map(Object.entries(classes).filter(([, type]) => typeof type === "function")));

/** The classes that an instrumented module declares, exported or not. Bun drops the version of a URL. */
export function classesDeclaredIn(url: string): ReadonlyMap<string, unknown> {
  return declared.get(url) ?? declared.get(withoutVersion(url)) ?? new Map();
}

/**
 * Appends code to a module that registers its classes, since a script that defines an Executor and starts the Flow
 * seldom exports the class. `typeof` protects names that are not classes of the module; line numbers stay the same.
 *
 * @param text The text of the module's file, when a compiler has changed it.
 */
export function instrumentModule(url: string, code: string, text = code): string {
  const names = classNamesIn(text);
  if (names.length === 0) return code;
  const classes = names.map((name) => `${name}: typeof ${name} === "function" && ${name}`).join(", ");
  return `${code}\n;globalThis[Symbol.for("hotflow.registerClasses")]?.(${
    JSON.stringify(url)
  }, { ${classes} });\n`;
}
