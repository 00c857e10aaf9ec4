import { isMapping, type Mapping } from "../config/mapping.ts";
import { pathText, type YamlPath } from "../config/yaml_path.ts";
import { diagnoseExecutor, missingClass } from "../executor/check_executor_yaml.ts";
import { isClassName, splitClassName } from "../script/class_names.ts";
import type { ExecutorConfig } from "../executor/executor_yaml.ts";
import { invalidFile, invalidModule } from "../executor/named_file.ts";
import { invalidPatterns } from "../executor/path_patterns.ts";
import { registry } from "../executor/registry.ts";
import { runtime } from "../runtime/mod.ts";
import { dirname, isUrl, resolve } from "../paths.ts";
import type { ExecutorSpecInput } from "../graph/flow_builder.ts";
import { aBoolean, aCount, aMapping, type Check, type Diagnostics, shown } from "./_checks.ts";
import { adviceOnUses } from "./_jina_keys.ts";
import { GATEWAY } from "../options/gateway_name.ts";

/** One of a Flow YAML's `executors`. */
export interface ListedExecutor {
  /** What is to be added; `undefined` for a mere join of all branches. */
  readonly add?: ExecutorSpecInput;
  /** Whether it gets the documents of all that nobody needs so far. */
  readonly joins: boolean;
}

const KEYS = [
  "uses",
  "name",
  "needs",
  "uses_with",
  "modules",
  "py_modules",
  "replicas",
  "reload",
  "restart",
  "ignore",
  "watch",
  "method",
];
const WANTED =
  'a module such as "./my_executor.ts", an Executor\'s YAML, the name of a class, or `{ jtype: … }`';

const aName: Check = (value) =>
  typeof value === "string" && /^[A-Za-z_][\w-]*$/.test(value) && value !== GATEWAY
    ? undefined
    : `a name other than "${GATEWAY}", of letters, digits, "_" and "-", a letter first`;
const names: Check = (value) =>
  [value].flat().every((item) => typeof item === "string" && item !== "")
    ? undefined
    : `the name of an Executor, a list of names, or "${GATEWAY}"`;
const paths: Check = (value) =>
  value === null || [value].flat().every((item) => typeof item === "string" && item !== "")
    ? undefined
    : "a path or a list of paths";
const aMethod: Check = (value) =>
  value === "add" || value === "needs_all" ? undefined : "`add` or `needs_all`";

/** Reads one of the `executors` of a Flow's YAML. */
export class ExecutorItem {
  /**
   * @param file The YAML's absolute path: other paths are relative to it.
   * @param item What is said of the Executor.
   * @param path Where.
   * @param diagnostics Takes what is wrong.
   * @param follow Whether it is reloaded and restarted when it does not say; or that it never is.
   */
  constructor(
    private readonly file: string,
    private readonly item: Mapping,
    private readonly path: YamlPath,
    private readonly diagnostics: Diagnostics,
    private readonly follow: boolean | "never",
  ) {}

  /** What it says, as far as that is right. */
  read(): ListedExecutor {
    const { diagnostics, item, path } = this;
    diagnostics.keys(item, path, KEYS, "executor");
    const joins = this.#value("method", aMethod) === "needs_all";
    if (joins && item.needs !== undefined) {
      diagnostics.add(
        [...path, "needs"],
        "`method: needs_all` needs whatever nobody needs so far; delete `needs`",
      );
    }
    const uses = this.#uses();
    if (uses === undefined && joins && !("uses" in item)) return { joins };
    const yaml = typeof uses === "string" && /\.ya?ml$/.test(uses);
    const name = this.#value<string>("name", aName);
    const needs = this.#value<string | string[]>("needs", names);
    const add: ExecutorSpecInput = {
      uses: uses ?? "",
      ...(name !== undefined && { name }),
      ...(needs !== undefined && !joins && { needs }),
      usesWith: this.#value<Mapping>("uses_with", aMapping) ?? {},
      modules: this.#modules(),
      replicas: this.#value<number>("replicas", aCount) ?? 1,
      reload: this.#flag("reload", true),
      restart: this.#flag("restart", yaml),
      ...this.#patterns("ignore"),
      ...this.#patterns("watch"),
    };
    return { add, joins };
  }

  /** A value when it is there and right. */
  #value<T>(key: string, check: Check): T | undefined {
    const value = this.item[key];
    return value !== undefined && this.diagnostics.check(value, [...this.path, key], check)
      ? value as T ?? undefined
      : undefined;
  }

  /** Whether it is followed; `can` when it does not say and the Flow is. */
  #flag(key: "reload" | "restart", can: boolean): boolean {
    const said = this.#value<boolean>(key, aBoolean);
    return this.follow !== "never" && (said ?? (this.follow && can));
  }

  #patterns(key: "ignore" | "watch"): { ignore?: string[]; watch?: string[] } {
    const value = this.item[key];
    if (value === undefined) return {};
    const given = typeof value === "string" ? [value] : value;
    const wrong = invalidPatterns(given, key);
    if (wrong === undefined) return { [key]: given };
    const path = [...this.path, key];
    this.diagnostics.add(path, `\`${pathText(path)}\`: ${wrong}`);
    return {};
  }

  #modules(): string[] {
    return ["modules", "py_modules"].flatMap((key) => {
      const given = [this.#value<string | string[]>(key, paths) ?? []].flat();
      return given.map((module, index) => {
        const at = [...this.path, key, ...(Array.isArray(this.item[key]) ? [index] : [])];
        const advice = adviceOnUses(module);
        const wrong = advice === undefined ? invalidModule(module) : `${module}: ${advice}`;
        if (wrong !== undefined) this.diagnostics.add(at, wrong);
        return this.#absolute(module, at);
      });
    });
  }

  #uses(): ExecutorSpecInput["uses"] | undefined {
    const { uses } = this.item;
    const path = [...this.path, "uses"];
    if (uses === undefined) {
      if (!("uses" in this.item) && this.item.method === undefined) {
        this.diagnostics.add(this.path, `\`uses\` is missing; wanted is ${WANTED}`);
      }
      return undefined;
    }
    if (isMapping(uses)) return this.#inline(uses, path);
    if (typeof uses !== "string" || uses === "") {
      this.diagnostics.add(path, `\`uses\` has to be ${WANTED}, not ${shown(uses)}`);
      return undefined;
    }
    const advice = adviceOnUses(uses);
    if (advice !== undefined) {
      this.diagnostics.add(path, `\`uses: ${uses}\` cannot be run: ${advice}`);
      return undefined;
    }
    if (!isClassName(uses)) return this.#absolute(uses, path);
    // Jina's way to choose a class: its name here, and its file among the modules.
    const isListed = this.item.modules !== undefined || this.item.py_modules !== undefined;
    const jtypeAt = { file: this.file, path };
    const config = { jtype: uses, jtypeAt, with: {}, metas: {}, modules: [], ignore: [], watch: [] };
    return isListed ? config : uses;
  }

  #inline(uses: Mapping, path: YamlPath): ExecutorConfig | undefined {
    const { mistakes, config } = diagnoseExecutor(uses, this.file, path);
    for (const { path: way, message } of mistakes) this.diagnostics.add([...path, ...way], message);
    const modules = (config?.modules ?? []).filter(({ path }) => path !== "").map(({ path, at }) => {
      const advice = adviceOnUses(path);
      if (advice !== undefined) this.diagnostics.add(at.path, `${path}: ${advice}`);
      return { path: this.#absolute(path, at.path), at };
    });
    return config === undefined || mistakes.length > 0 ? undefined : { ...config, modules };
  }

  /** A path is relative to the YAML; what is no file is left as it is. */
  #absolute(path: string, at: YamlPath): string {
    if (isUrl(path)) return path;
    const absolute = resolve(dirname(this.file), path);
    this.#files.push([splitClassName(absolute)[0], at]);
    return absolute;
  }
  readonly #files: [file: string, at: YamlPath][] = [];

  /** The files that it names. */
  get files(): string[] {
    return this.#files.map(([file]) => file);
  }

  /** Looks whether the files that it names are there. */
  async lookForFiles(): Promise<void> {
    for (const [file, at] of this.#files) {
      if (this.diagnostics.has(at)) continue;
      const wrong = await invalidFile(file, dirname(this.file), true);
      if (wrong !== undefined) this.diagnostics.add(at, wrong);
    }
    await this.#lookForClass();
  }

  /** Whether a class that is named can be in its modules. */
  async #lookForClass(): Promise<void> {
    const { uses, modules, py_modules } = this.item;
    const at = [...this.path, "uses"];
    const isListed = modules !== undefined || py_modules !== undefined;
    const named = typeof uses === "string"
      ? (isListed && isClassName(uses) ? uses : splitClassName(uses)[1])
      : undefined;
    const name = isMapping(uses) ? uses.jtype : named;
    const way = isMapping(uses) ? [...at, "jtype"] : at;
    if (typeof name !== "string" || this.diagnostics.has(way) || registry.names.includes(name)) {
      return;
    }
    const texts = await Promise.all(this.#files.map(([file]) => runtime.readText(file)));
    const wrong = missingClass(name, texts);
    if (wrong !== undefined) this.diagnostics.add(way, wrong);
  }
}
