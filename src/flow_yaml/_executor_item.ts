import { nearest } from "../errors/mod.ts";
import type { Diagnostics } from "../config/diagnostics.ts";
import { reasonOf } from "../config/check.ts";
import { isMapping, type Mapping, type YamlPath } from "../config/yaml_values.ts";
import { type Batching, batchingPlaces } from "../executor/batch_options.ts";
import { checkModules, missingClass } from "../executor/check_executor_yaml.ts";
import { isClassName, splitClassName } from "../script/class_names.ts";
import { type ExecutorConfig, executorConfigOf } from "../executor/executor_yaml.ts";
import { invalidFile, invalidModule } from "../executor/named_file.ts";
import { dirname, isUrl, resolve } from "../paths.ts";
import type { ExecutorSpecInput } from "../graph/flow_builder.ts";
import { withPaths } from "../options/isolation.ts";
import type { ExecutorPermissions } from "../options/options.ts";
import type { Reload } from "../options/settings.ts";
import { byYamlKey, defaultsOf, type OptionTables, yamlKey } from "../options/table.ts";
import { externalUses, isExternal, PLACE } from "./_external.ts";
import { adviceOn, adviceOnUses } from "./_jina_keys.ts";

/** Reads one of the `executors` of a Flow's YAML. */
export class ExecutorItem {
  /** The files that it names, and where. */
  readonly #files: [file: string, at: YamlPath][] = [];
  /** The configuration that is written in `uses` itself. */
  #inline?: ExecutorConfig;

  /**
   * @param file The YAML's absolute path: other paths are relative to it.
   * @param follow Whether and how it is reloaded, and whether it is restarted, by default; or that it never is.
   */
  constructor(
    private readonly file: string,
    private readonly item: Mapping,
    private readonly path: YamlPath,
    private readonly diagnostics: Diagnostics,
    private readonly tables: Pick<OptionTables, "executor" | "yamlOnly">,
    private readonly follow: Reload | "never",
  ) {}

  /**
   * Reads the item, as far as it is valid.
   *
   * @returns Whether it joins all branches before it; and the Executor to add, unless it only joins them.
   */
  read(): { joins: boolean; add?: ExecutorSpecInput } {
    const { item } = this;
    const { method, needs, reload, restart, permissions, ...options } = this.#options();
    const joins = method === "needs_all";
    if (joins && item.needs !== undefined) {
      this.#add("needs", "`method: needs_all` needs all open branches; delete `needs`");
    }
    if (isExternal(item)) return { joins, ...this.#external(joins) };
    const uses = this.#uses();
    if (uses === undefined && joins && !("uses" in item)) return { joins };
    const isYaml = typeof uses === "string" && /\.ya?ml$/.test(uses);
    const { follow } = this;
    const add = {
      ...defaultsOf(this.tables.executor),
      usesWith: {},
      ...options,
      uses: uses ?? "",
      ...(needs !== undefined && !joins && { needs }),
      ...(permissions !== undefined && {
        permissions: withPaths(
          permissions as ExecutorPermissions,
          (path) => resolve(dirname(this.file), path),
        ),
      }),
      ...this.#batchingAt(options.usesDynamicBatching as Batching | undefined),
      modules: this.#modules(),
      reload: follow !== "never" && (reload ?? follow),
      restart: follow !== "never" && (restart ?? (follow !== false && isYaml)),
    } as ExecutorSpecInput;
    return { add, joins };
  }

  /** The Executor to add when it runs elsewhere. */
  #external(joins: boolean): { add?: ExecutorSpecInput } {
    const { item, path, diagnostics } = this;
    const known = byYamlKey(this.tables.executor, this.tables.yamlOnly);
    const uses = externalUses(item, path, diagnostics, known) ?? [];
    const { name, needs } = item as Pick<ExecutorSpecInput, "name" | "needs">;
    const isValid = (key: string) => item[key] !== undefined && !diagnostics.has([...path, key]);
    return {
      add: {
        uses,
        ...(isValid("name") && { name }),
        ...(isValid("needs") && !joins && { needs }),
      } as ExecutorSpecInput,
    };
  }

  /** The valid values by the names of the options, except `uses` and `modules`. */
  #options(): Record<string, unknown> {
    const known = byYamlKey(this.tables.executor, this.tables.yamlOnly);
    const keys = [...known.keys()].filter((key) => isExternal(this.item) || !PLACE.includes(key));
    this.diagnostics.checkKeys(this.item, this.path, keys, (key) => adviceOn(key, "executor"));
    const values: Record<string, unknown> = {};
    for (const [key, [name, { check, checkYaml = check, fromYaml }]] of known) {
      const value = this.item[key];
      if (name === "uses" || value === undefined) continue;
      const isValid = this.diagnostics.check(value, [...this.path, key], checkYaml);
      if (!isValid || value === null || name === "modules") continue;
      values[name] = fromYaml === undefined ? value : fromYaml(value);
    }
    return values;
  }

  #batchingAt(batching: Batching | undefined): Pick<ExecutorSpecInput, "batchingAt"> {
    if (batching === undefined) return {};
    const path = [...this.path, yamlKey("usesDynamicBatching")];
    return { batchingAt: batchingPlaces(batching, { file: this.file, path }) };
  }

  #modules(): string[] {
    return ["modules", "py_modules"].flatMap((key) => {
      const value = this.item[key] ?? [];
      if (this.diagnostics.has([...this.path, key])) return [];
      return ([value].flat() as string[]).map((module, index) => {
        const at = [...this.path, key, ...(Array.isArray(value) ? [index] : [])];
        const advice = adviceOnUses(module);
        const wrong = advice === undefined ? invalidModule(module) : `${module}: ${advice}`;
        if (wrong !== undefined) this.diagnostics.add(at, wrong);
        return this.#absolute(module, at);
      });
    });
  }

  #uses(): ExecutorSpecInput["uses"] | undefined {
    const { uses, method } = this.item;
    const path = [...this.path, "uses"];
    const { check, checkYaml = check } = this.tables.executor.uses;
    if (uses === undefined) {
      const violation = checkYaml(uses);
      // A misspelled key has been reported.
      const isMisspelled = Object.keys(this.item).some((key) => nearest(key, ["uses"]) !== undefined);
      if (!isMisspelled && method === undefined && violation !== undefined) {
        this.diagnostics.add(this.path, `\`uses\` is missing; ${reasonOf(violation)}`);
      }
      return undefined;
    }
    if (isMapping(uses)) return this.#readInline(uses, path);
    if (!this.diagnostics.check(uses, path, checkYaml) || typeof uses !== "string") return undefined;
    const advice = adviceOnUses(uses);
    if (advice !== undefined) return this.#add("uses", `cannot run \`uses: ${uses}\`: ${advice}`);
    if (!isClassName(uses)) return this.#absolute(uses, path);
    // Jina chooses a class by its name in `uses`, and its file among the modules.
    const jtypeAt = { file: this.file, path };
    const config = { jtype: uses, jtypeAt, with: {}, metas: {}, modules: [], ignore: [], watch: [] };
    return this.#hasModules ? config : uses;
  }

  #readInline(uses: Mapping, path: YamlPath): ExecutorConfig | undefined {
    const config = executorConfigOf(uses, this.file, this.diagnostics, path);
    for (const { path: module, at } of config.modules) {
      const advice = adviceOnUses(module);
      if (advice !== undefined) this.diagnostics.add(at.path, `${module}: ${advice}`);
    }
    this.#inline = config;
    return this.diagnostics.hasWithin(path) ? undefined : config;
  }

  get #hasModules(): boolean {
    return this.item.modules !== undefined || this.item.py_modules !== undefined;
  }

  /** A path is relative to the YAML; a URL is not. */
  #absolute(path: string, at: YamlPath): string {
    if (isUrl(path)) return path;
    const absolute = resolve(dirname(this.file), path);
    this.#files.push([splitClassName(absolute)[0], at]);
    return absolute;
  }

  #add(key: string, message: string): undefined {
    this.diagnostics.add([...this.path, key], message);
  }

  /** Checks that the files that it names exist, and that a class that it names can be in them. */
  async checkFiles(): Promise<string[]> {
    for (const [file, at] of this.#files) {
      if (this.diagnostics.has(at)) continue;
      const wrong = await invalidFile(file, dirname(this.file), true);
      if (wrong !== undefined) this.diagnostics.add(at, wrong);
    }
    const files = this.#files.map(([file]) => file);
    if (this.#inline !== undefined) {
      return [...files, ...await checkModules(this.#inline, this.file, this.diagnostics)];
    }
    const { uses } = this.item;
    if (typeof uses !== "string" || this.diagnostics.has([...this.path, "uses"])) return files;
    const name = this.#hasModules && isClassName(uses) ? uses : splitClassName(uses)[1];
    const missing = name === undefined ? undefined : await missingClass(name, files);
    if (missing !== undefined) this.#add("uses", missing);
    return files;
  }
}
