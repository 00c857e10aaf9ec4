import { nearest } from "../errors/mod.ts";
import { construct, type ExecutorClass, isExecutorClass } from "../executor/executor.ts";
import type { Executor } from "../executor/executor.ts";
import { misspellings } from "../executor/lifecycle.ts";
import { bindingsOf } from "../executor/requests.ts";
import type { LogSink } from "../log/logger.ts";
import { toPath } from "../runtime/paths.ts";
import type { LoadOrder } from "./protocol.ts";

/** The classes that modules do not export, by the modules' URLs without their version. */
const handedOver = new Map<string, ExecutorClass[]>();

/** What amended modules call. */
(globalThis as Record<symbol, unknown>)[Symbol.for("hotflow.found")] = (url: string, types: unknown[]) =>
  handedOver.set(withoutVersion(url), types.filter(isExecutorClass));

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

/** The class that is to be loaded is not there. */
export class MissingExecutor extends TypeError {}

/** The Executor classes of a module: the exported ones by their export's name, and those it keeps to itself. */
interface Found {
  readonly exported: Map<string, ExecutorClass>;
  readonly kept: Map<string, ExecutorClass>;
  /** Why a module that need not be there was passed over. */
  readonly passedOver?: string;
}

/** Imports the modules with the version in their URL, and finds the class. */
export async function findClass(order: LoadOrder): Promise<FoundClass> {
  const all: Found = { exported: new Map(), kept: new Map() };
  let passedOver: string | undefined;
  for (const { url, required } of order.modules) {
    const found = await importModule(url, order.version, required);
    const type = order.className === undefined ? undefined : named(found, order.className);
    if (type !== undefined) return { type, className: type.name || String(order.className) };
    for (const [name, type] of found.exported) all.exported.set(name, type);
    for (const [name, type] of found.kept) all.kept.set(name, type);
    passedOver ??= found.passedOver;
  }
  const choice = [...new Set((all.exported.size > 0 ? all.exported : all.kept).values())];
  if (choice.length === 1 && (order.className === undefined || order.mayRename)) {
    return { type: choice[0], className: choice[0].name };
  }
  throw new MissingExecutor(`${missing(order, all)}${passedOver ?? ""}`);
}

function named(found: Found, name: string): ExecutorClass | undefined {
  const byClass = [...found.exported.values()].find((type) => type.name === name);
  return found.exported.get(name) ?? byClass ?? found.kept.get(name);
}

function missing({ className, modules, known }: LoadOrder, found: Found): string {
  const files = modules.filter(({ required }) => required).map(({ url }) => toPath(url)).join(", ");
  const exported = [...found.exported.keys()];
  const names = [...new Set([...exported, ...found.kept.keys(), ...known])];
  const there = exported.length === 0 ? "no Executor" : exported.join(", ");
  if (className === undefined) {
    return exported.length > 1
      ? `Cannot choose an Executor in ${files}: it exports ${there}; name one, as in "#${exported[0]}"`
      : `Cannot find an Executor in ${files}: export a class that extends Executor`;
  }
  const near = nearest(className, names.filter((name) => name !== className));
  const others = `known: ${names.join(", ") || "none"}`;
  const instead = files === ""
    ? `${others}; \`metas.modules\` names its file`
    : `exported there: ${there}${names.length > exported.length ? `; ${others}` : ""}`;
  return `Cannot find the Executor ${className}${files === "" ? "" : ` in ${files}`}: ${instead}` +
    `${near === undefined ? "" : `; did you mean ${near}?`}`;
}

async function importModule(url: string, version: number, required: boolean): Promise<Found> {
  try {
    const module = await import(urlOf(url, version)) as Record<string, unknown>;
    const classes = Object.entries(module).filter((entry): entry is [string, ExecutorClass] =>
      isExecutorClass(entry[1])
    );
    return {
      exported: new Map(classes.map(([name, type]) => [name === "default" ? type.name : name, type])),
      kept: new Map((handedOver.get(url) ?? []).map((type) => [type.name, type])),
    };
  } catch (error) {
    if (required) throw error;
    const passedOver = `; ${toPath(withoutVersion(url))} could not be looked through: ${
      (error as Error).message
    }`;
    return { exported: new Map(), kept: new Map(), passedOver };
  }
}

/** The URL that a version imports a module under: stacks tell it, and no runtime has it in its cache. */
export function urlOf(url: string, version: number): string {
  return url.startsWith("file:") ? `${url}?v=${version}` : url;
}

function withoutVersion(url: string): string {
  return url.replace(/\?v=\d+$/, "");
}

/** Words that a text may have where a class has its name. */
const RESERVED =
  /^(?:await|break|case|catch|class|const|continue|debugger|default|delete|do|else|enum|export|extends|false|finally|for|function|if|import|in|instanceof|let|new|null|return|static|super|switch|this|throw|true|try|typeof|var|void|while|with|yield)$/;

/**
 * Lets a module hand over the classes it does not export: a script that defines an Executor and starts the Flow
 * seldom exports it. Names that turn out to be no class of the module are harmless behind `typeof`.
 *
 * @param code The module's JavaScript.
 * @param text What is in its file, where a compiler has made another text of it.
 */
export function amendModule(code: string, text = code): string {
  if (!/(?:^|\*\/\s*)(?:import|export)\b/m.test(text)) return code;
  const names = [...text.matchAll(/(?:^|\*\/\s*)(?:class|let|const|var) ([\w$]+) (?:= class .*)?extends /gm)]
    .map(([, name]) => name).filter((name) => !RESERVED.test(name));
  if (names.length === 0) return code;
  const types = names.map((name) => `typeof ${name} === "function" && ${name}`).join(", ");
  return `${code}\n;globalThis[Symbol.for("hotflow.found")]?.(import.meta.url, [${types}]);\n`;
}
