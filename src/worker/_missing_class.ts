import { nearest, type Place } from "../errors/mod.ts";
import { classNamesIn, placeOfClass } from "../script/class_names.ts";
import { Executor, isExecutorClass } from "../executor/executor.ts";
import { basename, toPath } from "../paths.ts";
import { codeOf } from "../script/script_text.ts";
import { workerRuntime } from "../runtime/worker.ts";
import type { ModuleClasses } from "./_module_classes.ts";
import type { LoadOrder } from "../protocol/protocol.ts";

/** The class that is to be loaded is not there. */
export class MissingClassError extends TypeError {
  /** @param place Where the class is that was found in its place. */
  constructor(message: string, readonly place?: Place) {
    super(message);
  }
}

/** What is wrong, and where that is in a module. */
interface Reason {
  readonly message: string;
  readonly place?: Place;
}

/** Says why no Executor can be taken from the modules that were looked through. */
export function explainMissingClass(order: LoadOrder, all: readonly ModuleClasses[]): Reason {
  const exported = all.flatMap((found) => [...found.exportedClasses.keys()]);
  const kept = all.flatMap((found) => [...found.unexportedClasses.keys()]);
  const files = order.modules.filter(({ required }) => required).map(({ url }) => toPath(url)).join(", ");
  if (order.className === undefined) {
    const names = exported.length > 0 ? exported : kept;
    if (names.length > 1) {
      return { message: `Cannot choose an Executor in ${files}: ${choiceOf(exported, kept)}` };
    }
    const { message, place } = reasonIn(all);
    return { message: `Cannot find an Executor in ${files}: ${message}`, place };
  }
  const { className, known } = order;
  const names = [...new Set([...exported, ...kept, ...known])];
  const near = nearest(className, names.filter((name) => name !== className));
  const nearby = near === undefined ? "" : `; did you mean ${near}?`;
  const others = `known: ${names.join(", ") || "none"}`;
  if (files === "") {
    const advice = `${others}; \`metas.modules\` names its file`;
    return { message: `Cannot find the Executor ${className}: ${advice}${nearby}` };
  }
  const start = `Cannot find the Executor ${className} in ${files}: `;
  if (exported.length === 0 && kept.length === 0) {
    const { message, place } = reasonIn(all, className);
    return { message: `${start}${message}${nearby}`, place };
  }
  const there = `exported there: ${exported.join(", ") || "no Executor"}`;
  const rest = names.length > exported.length ? `; ${others}` : "";
  return { message: `${start}${there}${rest}${nearby}` };
}

function choiceOf(exported: readonly string[], kept: readonly string[]): string {
  return exported.length > 0
    ? `it exports ${exported.join(", ")}; name one, as in "#${exported[0]}"`
    : `it exports none of ${kept.join(", ")}; export one, or name it, as in "#${kept[0]}"`;
}

/** What modules have in the place of an Executor: the first thing that may be meant for one. */
function reasonIn(all: readonly ModuleClasses[], className?: string): Reason {
  const reasons = all.map((found) => reasonOf(found, className));
  return reasons.find(({ place }) => place?.line !== undefined) ?? reasons[0] ??
    { message: "export a class that extends Executor" };
}

function reasonOf({ path, others, exports }: ModuleClasses, className?: string): Reason {
  const text = workerRuntime.readText(path) ?? "";
  if (text.trim() === "") {
    return { message: "the file is empty; write a class that extends Executor", place: { file: path } };
  }
  const [name] = className !== undefined && others.has(className) ? [className] : others.keys();
  if (name !== undefined) {
    const at = placeOfClass(text, name);
    return { message: notExtended(name, others.get(name)), place: { file: path, ...at } };
  }
  for (const [name, value] of exports) {
    const type = (value as object | null | undefined)?.constructor;
    if (!isExecutorClass(type)) continue;
    return { message: `the export \`${name}\` is an instance of ${type.name}; export the class itself` };
  }
  const [unexported] = classNamesIn(codeOf(text));
  if (unexported !== undefined) {
    const at = placeOfClass(text, unexported);
    return { message: `the class ${unexported} is not exported; export it`, place: { file: path, ...at } };
  }
  const [made] = [...exports].filter(([, value]) => typeof value === "function" && value !== Executor);
  if (made !== undefined) {
    return { message: `the export \`${made[0]}\` is a function; export a class that extends Executor` };
  }
  return { message: `there is no class in ${basename(path)}: export a class that extends Executor` };
}

function notExtended(name: string, type: unknown): string {
  const parent = Object.getPrototypeOf(type) as { name: string };
  return parent === Function.prototype
    ? `the class ${name} does not extend Executor; write \`class ${name} extends Executor\``
    : `the class ${name} extends ${parent.name}, which does not extend Executor`;
}
