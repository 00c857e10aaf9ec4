import { construct, type Executor, type ExecutorClass } from "../executor/executor.ts";
import { misspellings } from "../executor/lifecycle.ts";
import { bindingsOf } from "../executor/requests.ts";
import type { LogSink } from "../log/logger.ts";
import { toPath } from "../paths.ts";
import { classesIn, type ModuleClasses } from "./_module_classes.ts";
import { missingClassError } from "./_missing_class.ts";
import { versionedUrl } from "./_versioned.ts";
import type { LoadOrder } from "../protocol/protocol.ts";

/** A loaded Executor. */
export interface LiveVersion {
  readonly executor: Executor;
  readonly className: string;
  /** Method names by endpoint. */
  readonly bindings: ReadonlyMap<string, string>;
}

/** The class of a version. */
export interface FoundClass {
  readonly type: ExecutorClass;
  readonly className: string;
}

/** Constructs an Executor and sets it up. */
export async function constructExecutor(
  { type, className }: FoundClass,
  order: LoadOrder,
  sink: LogSink,
): Promise<LiveVersion> {
  const bindings = bindingsOf(type);
  const { deployment, replica, version, metas, workspace } = order;
  const executor = construct(type, { ...order.with }, {
    runtime: { deployment, replica, version },
    metas: { name: deployment, ...metas },
    workspace,
    sink,
  });
  // Once for all replicas.
  if (replica === 0) { for (const note of misspellings(executor)) executor.logger.warning(note); }
  await executor.setup?.();
  return { executor, className, bindings };
}

/**
 * Imports the modules and finds the class.
 *
 * @throws {MissingClassError} When they contain no such class.
 */
export async function findClass(order: LoadOrder): Promise<FoundClass> {
  const all: ModuleClasses[] = [];
  let skipped: string | undefined;
  for (const { url, required } of order.modules) {
    const found = await importModule(url, order.version, required);
    if (typeof found === "string") {
      skipped ??= found;
      continue;
    }
    const type = order.className === undefined ? undefined : named(found, order.className);
    if (type !== undefined) return { type, className: type.name || String(order.className) };
    all.push(found);
  }
  const exported = new Map(all.flatMap((found) => [...found.exportedClasses]));
  const declared = new Map(all.flatMap((found) => [...found.declaredClasses]));
  const choice = [
    ...new Map([...(exported.size > 0 ? exported : declared)].map(([name, type]) => [type, name])),
  ];
  if (choice.length === 1 && (order.className === undefined || order.mayRename)) {
    const [[type, name]] = choice;
    return { type, className: type.name || name };
  }
  throw missingClassError(order, all, skipped);
}

/** The class of a name: that of an export, or of the class itself. */
function named(
  { exportedClasses: exported, declaredClasses: declared }: ModuleClasses,
  name: string,
): ExecutorClass | undefined {
  const byClass = (types: Iterable<ExecutorClass>) => [...types].find((type) => type.name === name);
  return exported.get(name) ?? byClass(exported.values()) ?? declared.get(name) ??
    byClass(declared.values());
}

/** The classes of a module; a note for error messages when it could not be imported and is not required. */
async function importModule(
  url: string,
  version: number,
  required: boolean,
): Promise<ModuleClasses | string> {
  try {
    return classesIn(toPath(url), await import(versionedUrl(url, version)));
  } catch (error) {
    if (required) throw error;
    return `; ${toPath(url)} could not be imported: ${(error as Error).message}`;
  }
}
