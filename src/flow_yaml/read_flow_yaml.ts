import { type Check, expected } from "../config/check.ts";
import { type Diagnostics, type Problem, shown } from "../config/diagnostics.ts";
import { loadYaml } from "../config/load_yaml.ts";
import type { Environment } from "../config/substitute.ts";
import { isMapping, type Mapping, pathText, type YamlPath } from "../config/yaml_values.ts";
import { nearest } from "../errors/mod.ts";
import { checkExecutorYaml } from "../executor/check_executor_yaml.ts";
import { isRemote } from "../executor/remote_address.ts";
import { entryOf, pathOf, resolveUses, yamlPath } from "../executor/entry.ts";
import { readContent } from "../watch/content.ts";
import { type ExecutorSpecInput, FlowBuilder } from "../graph/flow_builder.ts";
import { diagnoseGraph } from "../graph/graph_diagnostics.ts";
import { isolationMismatch } from "../options/isolation.ts";
import type { FlowOptions } from "../options/options.ts";
import { portMismatch, type Reload, type YamlOverrides } from "../options/settings.ts";
import { byYamlKey, OPTIONS, type OptionTables } from "../options/table.ts";
import { ExecutorItem } from "./_executor_item.ts";
import { adviceOn } from "./_jina_keys.ts";

/** A valid Flow YAML. */
export interface FlowYaml {
  /** Its absolute path. */
  readonly path: string;
  /** The options under `with`. */
  readonly options: Omit<FlowOptions, "log">;
  /** Whether its changes are applied while the Flow serves, and how its Executors are reloaded by default. */
  readonly reload: Reload;
  /** The `reload` of the file itself. */
  readonly reloadInFile: Reload;
  /** Options that override those of the file. */
  readonly overrides: YamlOverrides;
  /** The hash of its content. */
  readonly hash: string | null;
  /** The Executors. */
  readonly builder: FlowBuilder;
}

/** The result of reading a Flow's YAML. */
export interface FlowYamlReading {
  /** The file, when it is valid. */
  readonly yaml?: FlowYaml;
  readonly problems: readonly Problem[];
  /** Other files that may have to change to fix the problems. */
  readonly files: readonly string[];
}

/** How to join all branches in YAML. */
const JOIN = "let an item `method: needs_all` at the end join all ends";
const aMapping = expected(isMapping, "a mapping, such as { port: 12345 }");
const TOP_KEYS = ["jtype", "with", "executors", "version"];

const WHAT = "the Flow's YAML";
/** Variables of the environment are texts: `1.10` and `0755` stay what they are. */
export const TEXTS = ["executors", "*", "env", "*"];

/**
 * Reads and checks a Flow's YAML as a whole.
 *
 * @param env The environment variables that expressions stand for; by default those of the process.
 */
export async function readFlowYaml(
  path: string | URL,
  overrides: YamlOverrides = {},
  tables: OptionTables = OPTIONS,
  env?: Environment,
): Promise<FlowYamlReading> {
  const absolute = pathOf(path);
  // The hash is read before the text, so that a save in between counts as a change.
  const { hash } = readContent(absolute);
  const { value, isReadable, diagnostics, problems } = await loadYaml(absolute, WHAT, env, TEXTS);
  if (!isReadable) return { problems: await problems(), files: [] };
  const reading = new Reading(absolute, hash, overrides, tables, diagnostics, env);
  const yaml = await reading.read(value);
  // Problems of other files come after those of this one.
  const all = [...await problems(), ...reading.elsewhere];
  return { ...(all.length === 0 && { yaml }), problems: all, files: reading.files };
}

/** The `with.reload` of a Flow's YAML; `undefined` when there is none, or it is invalid. */
export async function reloadIn(path: string | URL): Promise<Reload | undefined> {
  const { value } = await loadYaml(pathOf(path), WHAT);
  const reload = isMapping(value) && isMapping(value.with) ? value.with.reload : undefined;
  return OPTIONS.load.reload.check(reload) === undefined ? reload as Reload : undefined;
}

/** One reading of a file's values. */
class Reading {
  /** Other files that may have to change to fix the problems. */
  readonly files: string[] = [];
  /** Problems of other files. */
  readonly elsewhere: Problem[] = [];
  readonly #builder = new FlowBuilder();

  constructor(
    private readonly path: string,
    private readonly hash: string | null,
    private readonly overrides: YamlOverrides,
    private readonly tables: OptionTables,
    private readonly diagnostics: Diagnostics,
    private readonly env?: Environment,
  ) {}

  async read(root: unknown): Promise<FlowYaml> {
    const top = this.#top(root);
    const { reload: reloadInFile = false, ...options } = this.#with(top.with);
    const { path, hash, overrides } = this;
    const reload = overrides.reload ?? reloadInFile;
    const isMisspelled = isMeant("executors", top) && !("executors" in top);
    if (!isMisspelled) await this.#executors(top.executors, reload);
    return { path, hash, options, reload, reloadInFile, overrides, builder: this.#builder };
  }

  #top(root: unknown): Mapping {
    const { diagnostics } = this;
    if (!isMapping(root)) {
      const what = root === null || root === undefined ? "the file is empty" : `the file is ${shown(root)}`;
      diagnostics.add([], `${what}; expected a mapping with \`jtype: Flow\` and \`executors\``);
      return {};
    }
    diagnostics.checkKeys(root, [], TOP_KEYS, (key) => adviceOn(key, "flow"));
    if (!isMeant("jtype", root)) diagnostics.add([], "`jtype` is missing; expected `jtype: Flow`");
    else if ("jtype" in root && root.jtype !== undefined && root.jtype !== "Flow") {
      const { jtype } = root;
      const hint = typeof jtype === "string" && nearest(jtype, ["Flow"]) !== undefined
        ? "; did you mean Flow?"
        : typeof jtype === "string" && !("executors" in root)
        ? "; to serve an Executor's YAML, name it in `uses` of a Flow"
        : "";
      diagnostics.add(["jtype"], `\`jtype\` has to be Flow, not ${shown(jtype)}${hint}`, true);
    }
    return root;
  }

  #with(values: unknown): FlowYaml["options"] & { reload?: Reload } {
    const path = ["with"];
    if (values === undefined || values === null || !this.diagnostics.check(values, path, aMapping)) return {};
    const mapping = values as Mapping;
    const known = byYamlKey(this.tables.flow, this.tables.load);
    this.diagnostics.checkKeys(mapping, path, [...known.keys()], (key) => adviceOn(key, "flow"));
    const isValid = (key: string, check: Check) =>
      this.diagnostics.check(mapping[key], [...path, key], check);
    const options = Object.fromEntries(
      [...known].filter(([key, [, { check, checkYaml = check }]]) =>
        mapping[key] !== undefined && isValid(key, checkYaml)
      ).map(([key, [option]]) => [option, mapping[key]]),
    );
    const { givenOptions = [] } = this.overrides;
    const mismatch = ["port", "protocol"].some((name) => givenOptions.includes(name))
      ? undefined
      : portMismatch(options);
    if (mismatch !== undefined) this.diagnostics.add([...path, "port"], mismatch, true);
    return options;
  }

  async #executors(given: unknown, reload: Reload): Promise<void> {
    const { diagnostics } = this;
    if (!Array.isArray(given) || given.length === 0) {
      const isMissing = given === undefined;
      const state = isMissing ? "is missing" : `is ${shown(given)}`;
      const message = `\`executors\` ${state}; expected a list of Executors, each with \`uses\``;
      return diagnostics.add(isMissing ? [] : ["executors"], message, !isMissing);
    }
    const follow = this.overrides.reload === false ? "never" : reload;
    /** The path of each Executor of the builder. */
    const places: YamlPath[] = [];
    let complete = true;
    for (const [index, item] of given.entries()) {
      const path = ["executors", index];
      if (!isMapping(item)) {
        complete = false;
        diagnostics.add(path, `an Executor has to be a mapping with \`uses\`, not ${shown(item)}`);
        continue;
      }
      const executor = new ExecutorItem(this.path, item, path, diagnostics, this.tables, follow);
      const { add, joins } = executor.read();
      if (joins && !this.#builder.isEmpty) this.#builder.join();
      else if (joins) {
        diagnostics.add(path, "`method: needs_all` joins the Executors before it, but there are none");
      }
      if (add === undefined) continue;
      const overridden = this.#applyOverrides(add);
      const mismatch = isolationMismatch(overridden, add.isolation);
      if (mismatch !== undefined) {
        const [key, reason] = mismatch;
        diagnostics.refuse([...path, key], reason);
      }
      this.#builder.add(overridden);
      places.push(path);
      this.files.push(...await executor.checkFiles());
      if (!diagnostics.hasWithin(path)) await this.#resolve([...path, "uses"]);
    }
    if (complete) this.#topology(places);
  }

  #applyOverrides(add: ExecutorSpecInput): ExecutorSpecInput {
    if (isRemote(add.uses)) return add;
    const { replicas = add.replicas, isolation, ignore, watch } = this.overrides;
    return {
      ...add,
      ...(replicas !== undefined && { replicas }),
      ...(isolation !== undefined && { isolation }),
      ...(ignore && { ignore: [...add.ignore ?? [], ...ignore] }),
      ...(watch && { watch: [...add.watch ?? [], ...watch] }),
    };
  }

  /** Resolves `uses` of the Executor added last; checks its YAML when it is one. */
  async #resolve(path: YamlPath): Promise<void> {
    const { uses: given, ...options } = this.#builder.executors[this.#builder.executors.length - 1];
    if (isRemote(given)) return;
    const uses = given as Exclude<typeof given, readonly unknown[]>;
    try {
      if (typeof uses === "object" && "jtype" in uses) return void entryOf(uses, options);
      const yaml = yamlPath(uses);
      if (yaml === undefined) return void await resolveUses(uses, options);
      const { problems, files } = await checkExecutorYaml(yaml, this.env);
      this.files.push(...files);
      for (const { namesPath: _, ...problem } of problems) {
        this.elsewhere.push({ ...problem, path: pathText(path) });
      }
    } catch (error) {
      this.diagnostics.add(path, (error as Error).message);
    }
  }

  /** Checks the graph of the Executors, unless their names or needs are invalid themselves. */
  #topology(places: readonly YamlPath[]): void {
    const { executors, answers } = this.#builder;
    const isUnsure = this.diagnostics.all.some(({ path }) =>
      path[0] === "executors" && (path.length < 2 || ["name", "needs", "method"].includes(String(path[2])))
    );
    if (isUnsure) return;
    for (const { index, about, need, message } of diagnoseGraph(executors, answers, JOIN)) {
      const isList = need !== undefined && executors[index].needs.length > 1;
      this.diagnostics.add([...places[index], about, ...(isList ? [need] : [])], message);
    }
  }
}

/** Whether a key is there, or a misspelling of it, which is reported already. */
function isMeant(key: string, top: Mapping): boolean {
  const others = key === "executors" ? ["deployments", "pods"] : [];
  return Object.keys(top).some((name) =>
    name === key || others.includes(name) || (!TOP_KEYS.includes(name) && nearest(name, TOP_KEYS) === key)
  );
}
