import type { YamlLocation } from "../config/yaml_path.ts";
import { invalidArgument, nearest } from "../errors/mod.ts";
import { runtime } from "../runtime/mod.ts";
import { dirname, isUrl, resolve, toPath, toUrl } from "../paths.ts";
import { isClassName, splitClassName } from "../script/class_names.ts";
import { type ExecutorClass, isExecutorClass } from "./executor.ts";
import { readExecutorYaml } from "./check_executor_yaml.ts";
import type { ExecutorConfig } from "./executor_yaml.ts";
import { registry } from "./registry.ts";
import { sourceOf } from "./requests.ts";

/** A module that may hold the class. */
export interface Candidate {
  /** The module's URL. */
  readonly url: string;
  /** Whether a failure of its import is a failure of the load; otherwise it is only passed over. */
  readonly required: boolean;
  /** Where the YAML names it. */
  readonly namedAt?: YamlLocation;
}

/** What a deployment runs: the entry that a change of the YAML swaps. */
export interface ExecutorEntry {
  /** The class; without it, the only Executor of the modules. */
  readonly className?: string;
  /** Where the YAML names the class. */
  readonly namedAt?: YamlLocation;
  /** The modules to look through, in this order. */
  readonly modules: readonly Candidate[];
  /** Whether the only Executor of the modules may take the place of a class that is gone. */
  readonly renamable: boolean;
  /** The constructor's arguments. */
  readonly with: Readonly<Record<string, unknown>>;
  /** The `metas` of the YAML. */
  readonly metas: Readonly<Record<string, unknown>>;
  /** What is not watched: patterns in the syntax of gitignore, relative to the Executor's folder. */
  readonly ignore: readonly string[];
  /** What is watched besides its source files: patterns of the same kind. */
  readonly watch: readonly string[];
  /** The YAML file it was read from. */
  readonly yaml?: string;
}

/** What names an Executor: a class, a module or YAML file (path or URL), or the name of an imported class. */
export type Uses = ExecutorClass | URL | string;

/** What `add` says besides `uses`. */
export interface EntryOptions {
  /** More files that belong to the Executor, relative to the current folder. */
  readonly modules?: readonly (string | URL)[];
  /** Constructor arguments; each overrides that of the YAML's `with`. */
  readonly usesWith?: Readonly<Record<string, unknown>>;
  /** What is not watched, besides what the YAML says. */
  readonly ignore?: readonly string[];
  /** What is watched as well, besides what the YAML says. */
  readonly watch?: readonly string[];
}

/**
 * The YAML file that `uses` names.
 *
 * @param uses What `add` was given.
 * @returns The absolute path, or `undefined` when `uses` is something else.
 */
export function yamlPath(uses: Uses): string | undefined {
  const text = uses instanceof URL ? uses.href : uses;
  return typeof text === "string" && /\.ya?ml$/.test(text) ? pathOf(text) : undefined;
}

/**
 * Finds out what `uses` names. Reads the YAML file when it is one; no class is loaded.
 *
 * @param uses What `add` was given.
 * @param options What `add` says besides.
 * @returns The entry.
 * @throws {TypeError} When it names nothing that could be an Executor.
 * @throws {LoadError} When the YAML is not right.
 */
export async function resolveUses(uses: Uses, options: EntryOptions = {}): Promise<ExecutorEntry> {
  const extra = (options.modules ?? []).map((module) => required(moduleUrl(module, runtime.cwd())));
  const { usesWith = {}, ignore = [], watch = [] } = options;
  if (typeof uses === "function") {
    if (!isExecutorClass(uses)) {
      throw invalidArgument(`Cannot use ${(uses as { name: string }).name}: it does not extend Executor`);
    }
    const modules = [required(sourceOf(uses)), ...extra];
    return { className: uses.name, modules, renamable: true, with: usesWith, metas: {}, ignore, watch };
  }
  const yaml = yamlPath(uses);
  if (yaml !== undefined) {
    return { ...entryOf(await readExecutorYaml(yaml), options), yaml };
  }
  if (typeof uses === "string" && isClassName(uses)) {
    return {
      className: uses,
      modules: [...extra, ...namedClass(uses)],
      renamable: true,
      with: usesWith,
      metas: {},
      ignore,
      watch,
    };
  }
  if (uses === "" || (typeof uses !== "string" && !(uses instanceof URL))) {
    throw invalidArgument(
      `Cannot use ${
        String(uses)
      }: \`uses\` wants an Executor class, a module such as "./my_executor.ts", or a YAML file`,
    );
  }
  const [module, className] = splitClassName(String(uses));
  const url = moduleUrl(module, runtime.cwd());
  return {
    ...(className !== undefined && { className }),
    modules: [required(url), ...extra],
    renamable: true,
    with: usesWith,
    metas: {},
    ignore,
    watch,
  };
}

/**
 * What an Executor's configuration makes a deployment run.
 *
 * @param config The configuration; its modules are relative to the file it stands in.
 * @param options What `add` says besides.
 * @returns The entry.
 */
export function entryOf(
  config: ExecutorConfig,
  { modules = [], usesWith = {}, ignore = [], watch = [] }: EntryOptions,
): ExecutorEntry {
  const { jtype, jtypeAt, metas } = config;
  const stated = [
    ...config.modules.map(({ path, at }) => ({
      ...required(moduleUrl(path, dirname(jtypeAt.file))),
      namedAt: at,
    })),
    ...modules.map((module) => required(moduleUrl(module, runtime.cwd()))),
  ];
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
  };
}

function required(url: string): Candidate {
  return { url, required: true };
}

/**
 * Where a class that the program has imported may be. A script's own classes need not have registered: without
 * decorators nothing tells of them.
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
  throw invalidArgument(
    `Cannot use "${name}": no Executor class of that name was imported (known: ${
      registry.names.join(", ") || "none"
    })` +
      `${
        near === undefined ? "" : `; did you mean "${near}"?`
      }. A file is named with its path, as in "./my_executor.ts"`,
  );
}

/** The URL of a module that a person named; a path is relative to `folder`. */
function moduleUrl(module: string | URL, folder: string): string {
  const text = String(module);
  return isUrl(text) ? text : toUrl(resolve(folder, text));
}

/** The absolute path of a file that is named by its path or URL. */
export function pathOf(file: string | URL): string {
  const text = String(file);
  return text.startsWith("file:") ? toPath(text) : resolve(runtime.cwd(), text);
}
