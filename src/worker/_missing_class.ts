import { type ErrorInfo, nearest } from "../errors/mod.ts";
import { classNamesIn, placeOfClass } from "../script/class_names.ts";
import { Executor, isExecutorClass } from "../executor/executor.ts";
import { basename, toPath } from "../paths.ts";
import { codeOf } from "../script/script_text.ts";
import { workerRuntime } from "../runtime/worker.ts";
import type { ModuleClasses } from "./_module_classes.ts";
import type { LoadOrder } from "../protocol/protocol.ts";

/** No module contains the class to load. */
export class MissingClassError extends TypeError {
  constructor(message: string, readonly details: Partial<ErrorInfo>) {
    super(message);
  }
}

/** What a module contains in place of an Executor, and where. */
type Reason = Pick<ErrorInfo, "message" | "place">;

/**
 * Explains why none of the modules' classes can be loaded.
 *
 * @param all The modules that could be imported.
 * @param exported The names of the Executors that they export.
 * @param unexported The names of the others that they declare.
 * @param skipped A note on a module that could not be imported, for the end of the message.
 */
export function missingClassError(
  order: LoadOrder,
  all: readonly ModuleClasses[],
  exported: readonly string[],
  unexported: readonly string[],
  skipped = "",
): MissingClassError {
  const files = order.modules.filter(({ required }) => required).map(({ url }) => toPath(url)).join(", ");
  const { className } = order;
  const choices = exported.length > 0 ? exported : unexported;
  if (className === undefined && choices.length > 1) {
    const choice = exported.length > 0
      ? `it exports ${exported.join(", ")}; name one, as in "#${exported[0]}"`
      : `it exports none of ${unexported.join(", ")}; export one, or name it, as in "#${unexported[0]}"`;
    const message = `Cannot choose an Executor in ${files}: ${choice}${skipped}`;
    return new MissingClassError(message, { code: "EXECUTOR_AMBIGUOUS", choices });
  }
  const { message, place } = className === undefined
    ? reasonIn(all)
    : whyNotNamed(className, order.known, all, exported, unexported, files);
  const reason = `${message}${skipped}`;
  const what = className === undefined ? "an Executor" : `the Executor ${className}`;
  return new MissingClassError(`Cannot find ${what}${files === "" ? "" : ` in ${files}`}: ${reason}`, {
    code: "EXECUTOR_NOT_FOUND",
    ...(className !== undefined && { className }),
    reason,
    ...(place && { place }),
  });
}

function whyNotNamed(
  className: string,
  known: readonly string[],
  all: readonly ModuleClasses[],
  exported: readonly string[],
  unexported: readonly string[],
  files: string,
): Reason {
  const names = [...new Set([...exported, ...unexported, ...known])];
  const near = nearest(className, names.filter((name) => name !== className));
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  const others = `known: ${names.join(", ") || "none"}`;
  if (files === "") return { message: `${others}; \`metas.modules\` names its file${hint}` };
  if (exported.length === 0 && unexported.length === 0) {
    const reason = reasonIn(all, className);
    return { ...reason, message: `${reason.message}${hint}` };
  }
  const there = `exported there: ${exported.join(", ") || "no Executor"}`;
  const rest = names.length > exported.length ? `; ${others}` : "";
  return { message: `${there}${rest}${hint}` };
}

/** What the modules contain in place of an Executor: preferably something with a known line. */
function reasonIn(all: readonly ModuleClasses[], className?: string): Reason {
  const reasons = all.map((found) => reasonOf(found, className));
  return reasons.find(({ place }) => place?.line !== undefined) ?? reasons[0] ??
    { message: "export a class that extends Executor" };
}

function reasonOf({ path: file, others, exports }: ModuleClasses, className?: string): Reason {
  const text = workerRuntime.readText(file) ?? "";
  if (text.trim() === "") {
    return { message: "the file is empty; write a class that extends Executor", place: { file } };
  }
  const [name] = className !== undefined && others.has(className) ? [className] : others.keys();
  if (name !== undefined) {
    return { message: notExtended(name, others.get(name)), place: { file, ...placeOfClass(text, name) } };
  }
  for (const [name, value] of exports) {
    const type = (value as object | null | undefined)?.constructor;
    if (!isExecutorClass(type)) continue;
    return { message: `the export \`${name}\` is an instance of ${type.name}; export the class itself` };
  }
  const [unexported] = classNamesIn(codeOf(text));
  if (unexported !== undefined) {
    const message = `the class ${unexported} is not exported; export it`;
    return { message, place: { file, ...placeOfClass(text, unexported) } };
  }
  for (const [name, value] of exports) {
    if (typeof value !== "function" || value === Executor) continue;
    return { message: `the export \`${name}\` is a function; export a class that extends Executor` };
  }
  return { message: `there is no class in ${basename(file)}: export a class that extends Executor` };
}

function notExtended(name: string, type: unknown): string {
  const parent = Object.getPrototypeOf(type) as { name: string };
  return parent === Function.prototype
    ? `the class ${name} does not extend Executor; write \`class ${name} extends Executor\``
    : `the class ${name} extends ${parent.name}, which does not extend Executor`;
}
