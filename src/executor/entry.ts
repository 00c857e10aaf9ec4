import type { YamlLocation } from "../config/yaml_values.ts";
import { invalidArgument, nearest, preview } from "../errors/mod.ts";
import { runtime } from "../runtime/mod.ts";
import { dirname, isUrl, resolve, toPath, toUrl } from "../paths.ts";
import { isClassName, splitClassName } from "../script/class_names.ts";
import type { Batching, BatchingPlaces } from "./batch_options.ts";
import { type ExecutorClass, isExecutorClass } from "./executor.ts";
import { readExecutorYaml } from "./check_executor_yaml.ts";
import type { ExecutorConfig } from "./executor_yaml.ts";
import { registry } from "./registry.ts";
import { sourceOf } from "./source.ts";

/** A module that may contain the class. */
export interface Candidate {
  /** The module's URL. */
  readonly url: string;
  /** Whether the load fails when its import fails; otherwise the module is skipped. */
  readonly required: boolean;
  /** Where the YAML names it. */
  readonly namedAt?: YamlLocation;
}

/** What a deployment runs; a change of the YAML replaces it. */
export interface ExecutorEntry {
  /** The class; without it, the only Executor of the modules. */
  readonly className?: string;
  /** Where the YAML names the class. */
  readonly namedAt?: YamlLocation;
  /** The modules to look through, in this order. */
  readonly modules: readonly Candidate[];
  /** Whether the only Executor of the modules may replace a class that no longer exists. */
  readonly renamable: boolean;
  /** The constructor's arguments. */
  readonly with: Readonly<Record<string, unknown>>;
  /** The `metas` of the YAML. */
  readonly metas: Readonly<Record<string, unknown>>;
  /** Files that are not watched: patterns in the syntax of gitignore, relative to the Executor's folder. */
  readonly ignore: readonly string[];
  /** More files that are watched: patterns in the same syntax. */
  readonly watch: readonly string[];
  /** Overrides the `batch` of endpoints; left out where none is. */
  readonly batching?: Batching;
  /** Where a YAML has these; those that are given in code have no place. */
  readonly batchingAt?: BatchingPlaces;
  /** The YAML file it was read from. */
  readonly yaml?: string;
}

/** Names an Executor: a class, a module or YAML file (path or URL), or the name of an imported class. */
export type Uses = ExecutorClass | URL | string;

/** The options of `add` that concern the entry, in addition to what the YAML sets. */
export interface EntryOptions extends Partial<Pick<ExecutorEntry, "ignore" | "watch">> {
  /** More files that belong to the Executor, relative to the current folder. */
  readonly modules?: readonly (string | URL)[];
  /** Constructor arguments; each overrides that of the YAML's `with`. */
  readonly usesWith?: Readonly<Record<string, unknown>>;
  /** Options of batches; each overrides that of the YAML. */
  readonly usesDynamicBatching?: Batching;
  /** Where the Flow's YAML has these. */
  readonly batchingAt?: BatchingPlaces;
}

/** The absolute path of the YAML file that `uses` names; `undefined` when `uses` is something else. */
export function yamlPath(uses: Uses): string | undefined {
  const text = uses instanceof URL ? uses.href : uses;
  return typeof text === "string" && /\.ya?ml$/.test(text) ? pathOf(text) : undefined;
}

/**
 * Resolves `uses`. Reads the file when it is a YAML; no class is loaded.
 *
 * @throws {TypeError} When it cannot be an Executor.
 * @throws {LoadError} When the YAML is not valid.
 */
export async function resolveUses(uses: Uses, options: EntryOptions = {}): Promise<ExecutorEntry> {
  const { usesWith = {}, usesDynamicBatching: batching, batchingAt, ignore = [], watch = [] } = options;
  const extra = requiredModules(options.modules);
  const entry = (modules: readonly Candidate[], className?: string): ExecutorEntry => {
    const own = {
      modules,
      renamable: true,
      with: usesWith,
      metas: {},
      ignore,
      watch,
      ...(batching && { batching }),
      ...(batchingAt && { batchingAt }),
    };
    return className === undefined ? own : { className, ...own };
  };
  if (typeof uses === "function") {
    if (isExecutorClass(uses)) return entry([required(sourceOf(uses)), ...extra], uses.name);
    throw invalidArgument(`Cannot use ${(uses as { name: string }).name}: it does not extend Executor`);
  }
  const yaml = yamlPath(uses);
  if (yaml !== undefined) return { ...entryOf(await readExecutorYaml(yaml), options), yaml };
  if (typeof uses === "string" && isClassName(uses)) return entry([...extra, ...namedClass(uses)], uses);
  if (uses === "" || (typeof uses !== "string" && !(uses instanceof URL))) {
    throw invalidArgument(
      `Cannot use "${preview(uses)}": ` +
        'expected an Executor class, a module such as "./my_executor.ts", or a YAML file',
    );
  }
  const [module, className] = splitClassName(String(uses));
  return entry([required(moduleUrl(module, runtime.cwd())), ...extra], className);
}

/** The entry of an Executor's configuration, whose modules are relative to its file. */
export function entryOf(
  config: ExecutorConfig,
  { modules, usesWith = {}, usesDynamicBatching = {}, batchingAt, ignore = [], watch = [] }: EntryOptions,
): ExecutorEntry {
  const { jtype, jtypeAt, metas } = config;
  const stated = [
    ...config.modules.map(({ path, at }) => ({
      ...required(moduleUrl(path, dirname(jtypeAt.file))),
      namedAt: at,
    })),
    ...requiredModules(modules),
  ];
  const batching = { ...config.batching, ...usesDynamicBatching };
  const own = Object.entries(config.batchingAt ?? {}).filter(([key]) =>
    !Object.hasOwn(usesDynamicBatching, key)
  );
  const known = candidates(jtype).filter(({ url }) => !stated.some((other) => other.url === url));
  return {
    className: jtype,
    namedAt: jtypeAt,
    modules: [...stated, ...known],
    renamable: false,
    with: { ...config.with, ...usesWith },
    metas,
    ignore: [...config.ignore, ...ignore],
    watch: [...config.watch, ...watch],
    ...(Object.keys(batching).length > 0 && {
      batching,
      batchingAt: { ...Object.fromEntries(own), ...batchingAt },
    }),
  };
}

function required(url: string): Candidate {
  return { url, required: true };
}

function requiredModules(modules: readonly (string | URL)[] = []): Candidate[] {
  return modules.map((module) => required(moduleUrl(module, runtime.cwd())));
}

/**
 * The modules that may contain a class that the program has imported. A script's own classes may not be registered:
 * without decorators, nothing registers them.
 */
function candidates(name: string): Candidate[] {
  const urls = registry.candidates(name);
  const main = registry.hasScript ? runtime.mainModule() : undefined;
  if (main !== undefined && !urls.some((url) => registry.isAt(name, url))) urls.push(main);
  return [...new Set(urls)].map((url) => ({ url, required: registry.isAt(name, url) }));
}

function namedClass(name: string): Candidate[] {
  const found = registry.candidates(name).find((url) => registry.isAt(name, url));
  if (found !== undefined) return [required(found)];
  if (!registry.knowsAllNames) return candidates(name);
  const near = nearest(name, registry.names);
  const known = registry.names.join(", ") || "none";
  const hint = near === undefined ? "." : `; did you mean "${near}"?`;
  throw invalidArgument(
    `Cannot use "${name}": no Executor class of that name was imported (known: ${known})${hint} ` +
      'Name a file by its path, such as "./my_executor.ts"',
  );
}

/** The URL of a module; a path is relative to `folder`. */
function moduleUrl(module: string | URL, folder: string): string {
  const text = String(module);
  return isUrl(text) ? text : toUrl(resolve(folder, text));
}

/** The absolute path of a file, given by its path or URL. */
export function pathOf(file: string | URL): string {
  const text = String(file);
  return text.startsWith("file:") ? toPath(text) : resolve(runtime.cwd(), text);
}
