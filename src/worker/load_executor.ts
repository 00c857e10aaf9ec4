import { construct, type Executor, type ExecutorClass, type Keep } from "../executor/executor.ts";
import { misspellings } from "../executor/lifecycle.ts";
import { bindingsOf } from "../executor/bindings.ts";
import type { Binding } from "../executor/endpoint_options.ts";
import type { LogSink } from "../log/logger.ts";
import { toPath } from "../paths.ts";
import { classesIn, type ModuleClasses } from "./_module_classes.ts";
import { missingClassError } from "./_missing_class.ts";
import { loadedUrl } from "./module_graph.ts";
import type { VersionModules } from "./version_modules.ts";
import type { LoadOrder } from "../protocol/protocol.ts";

/** A loaded Executor. */
export interface LiveVersion {
  readonly executor: Executor;
  readonly className: string;
  /** Methods by endpoint. */
  readonly bindings: ReadonlyMap<string, Binding>;
}

/** The class of a version. */
export interface FoundClass {
  readonly type: ExecutorClass;
  readonly className: string;
}

/** What a worker provides to an Executor. */
export interface Services {
  readonly sink: LogSink;
  readonly keep: Keep;
  /** Called before `setup()`. */
  onConstructed(executor: Executor): void;
}

/** Constructs an Executor and sets it up. */
export async function constructExecutor(
  { type, className }: FoundClass,
  order: LoadOrder,
  { onConstructed, ...services }: Services,
): Promise<LiveVersion> {
  const bindings = bindingsOf(type, order.batching);
  const { deployment, replica, version, workspace } = order;
  const runtime = { deployment, replica, version };
  const metas = { name: deployment, ...order.metas };
  const executor = construct(type, { ...order.with }, { runtime, metas, workspace, ...services });
  onConstructed(executor);
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
export async function findClass(order: LoadOrder, loading: VersionModules): Promise<FoundClass> {
  const all: ModuleClasses[] = [];
  let skipped: string | undefined;
  for (const { url, required } of order.modules) {
    try {
      const loaded = loading.urlOf(loadedUrl(url));
      all.push(classesIn(toPath(url), loaded, await import(loaded)));
    } catch (error) {
      if (required) throw error;
      skipped ??= `; ${toPath(url)} could not be imported: ${(error as Error).message}`;
      continue;
    }
    const type = order.className === undefined ? undefined : named(all[all.length - 1], order.className);
    if (type !== undefined) return { type, className: type.name || String(order.className) };
  }
  const exported = new Map(all.flatMap(({ exportedClasses }) => [...exportedClasses]));
  const declared = new Map(all.flatMap(({ declaredClasses }) => [...declaredClasses]));
  const choices = exported.size > 0 ? exported : declared;
  const [[type, name] = [], ...others] = new Map([...choices].map(([name, type]) => [type, name]));
  if (type !== undefined && others.length === 0 && (order.className === undefined || order.mayRename)) {
    return { type, className: type.name || String(name) };
  }
  throw missingClassError(order, all, [...exported.keys()], [...declared.keys()], skipped);
}

/** The class of a name: that of an export, or of the class itself. */
function named({ exportedClasses, declaredClasses }: ModuleClasses, name: string): ExecutorClass | undefined {
  for (const types of [exportedClasses, declaredClasses]) {
    const type = types.get(name) ?? [...types.values()].find((type) => type.name === name);
    if (type !== undefined) return type;
  }
}
