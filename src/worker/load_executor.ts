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

/** The class that a version runs. */
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
  // Replicas are alike: the first one speaks for all.
  if (replica === 0) { for (const note of misspellings(executor)) executor.logger.warning(note); }
  await executor.setup?.();
  return { executor, className, bindings };
}

/** Imports the modules, and finds the class. */
export async function findClass(order: LoadOrder): Promise<FoundClass> {
  const all: ModuleClasses[] = [];
  let passedOver: string | undefined;
  for (const { url, required } of order.modules) {
    const found = await importModule(url, order.version, required);
    if (typeof found === "string") {
      passedOver ??= found;
      continue;
    }
    const type = order.className === undefined ? undefined : named(found, order.className);
    if (type !== undefined) return { type, className: type.name || String(order.className) };
    all.push(found);
  }
  const exported = new Map(all.flatMap((found) => [...found.exportedClasses]));
  const kept = new Map(all.flatMap((found) => [...found.unexportedClasses]));
  const choice = [...new Map([...(exported.size > 0 ? exported : kept)].map(([name, type]) => [type, name]))];
  if (choice.length === 1 && (order.className === undefined || order.mayRename)) {
    const [[type, name]] = choice;
    return { type, className: type.name || name };
  }
  throw missingClassError(order, all, passedOver);
}

function named(
  { exportedClasses: exported, unexportedClasses: kept }: ModuleClasses,
  name: string,
): ExecutorClass | undefined {
  const byClass = (types: Iterable<ExecutorClass>) => [...types].find((type) => type.name === name);
  return exported.get(name) ?? byClass(exported.values()) ?? kept.get(name) ?? byClass(kept.values());
}

/** What is in a module; why it was passed over, when it need not be there. */
async function importModule(
  url: string,
  version: number,
  required: boolean,
): Promise<ModuleClasses | string> {
  try {
    return classesIn(toPath(url), await import(versionedUrl(url, version)));
  } catch (error) {
    if (required) throw error;
    return `; ${toPath(url)} could not be looked through: ${(error as Error).message}`;
  }
}
