import { byPlace, type Problem } from "../config/problem.ts";
import { isMapping, type Mapping } from "../config/mapping.ts";
import { substitute } from "../config/substitute.ts";
import { YamlFile } from "../config/yaml_file.ts";
import { pathText, type YamlPath } from "../config/yaml_path.ts";
import { nearest } from "../errors/mod.ts";
import { checkExecutorYaml } from "../executor/check_executor_yaml.ts";
import { entryOf, pathOf, resolveUses, yamlPath } from "../executor/entry.ts";
import { runtime } from "../runtime/mod.ts";
import { readContent } from "../watch/content.ts";
import { type ExecutorSpecInput, FlowBuilder } from "../graph/flow_builder.ts";
import { diagnoseGraph } from "../graph/graph_diagnostics.ts";
import { aBoolean, aNumber, aPoll, aPort, aText, aTime, type Check, Diagnostics, shown } from "./_checks.ts";
import { ExecutorItem } from "./_executor_item.ts";
import type { FlowOptions, LoadOptions, OfExecutors } from "../options/options.ts";

/** What takes the place of what a Flow's YAML says of its Executors, also when it is read again. */
export type YamlOverrides = Pick<LoadOptions, OfExecutors> & {
  /** The options that were given besides, and stand above what the file says. */
  readonly givenOptions?: readonly string[];
};

/** What a Flow's YAML says. */
export interface FlowYaml {
  /** Its absolute path. */
  readonly path: string;
  /** What stands under `with`. */
  readonly options: Omit<FlowOptions, "log">;
  /** Whether its changes are applied while the Flow serves. */
  readonly reload: boolean;
  /** Whether it says so itself. */
  readonly reloadInFile: boolean;
  /** What was asked for, whatever it says. */
  readonly overrides: YamlOverrides;
  /** The hash of its content. */
  readonly hash: string | null;
  /** The Executors. */
  readonly builder: FlowBuilder;
}

/** What came of reading one: what it says, unless there are problems. */
export interface FlowYamlReading {
  readonly yaml?: FlowYaml;
  readonly problems: readonly Problem[];
  /** Other files that the problems may be mended in. */
  readonly files: readonly string[];
}

/** The keys of `with`, what they have to be, and the options they stand for. */
const WITH: Readonly<Record<string, readonly [Check, keyof FlowYaml["options"] | "reload"]>> = {
  port: [aPort, "port"],
  host: [aText, "host"],
  cors: [aBoolean, "cors"],
  body_limit: [aNumber, "bodyLimit"],
  timeout: [aTime, "timeout"],
  load_timeout: [aTime, "loadTimeout"],
  handover_timeout: [aTime, "handoverTimeout"],
  exclusive_timeout: [aTime, "exclusiveTimeout"],
  stuck_after: [aTime, "stuckAfter"],
  close_timeout: [aTime, "closeTimeout"],
  poll: [aPoll, "poll"],
  reload: [aBoolean, "reload"],
};
/** What an option is called under `with`. */
export function optionKey(option: string): string {
  return Object.entries(WITH).find(([, [, name]]) => name === option)?.[0] ?? option;
}

const TOP_KEYS = ["jtype", "with", "executors", "version"];

/**
 * Reads and checks a Flow's YAML as a whole.
 *
 * @param path The YAML.
 * @param overrides What was asked for, whatever it says.
 */
export async function readFlowYaml(
  path: string | URL,
  overrides: YamlOverrides = {},
): Promise<FlowYamlReading> {
  const absolute = pathOf(path);
  // Before its text: what is written in between is seen as a change.
  const { hash } = readContent(absolute);
  const file = await YamlFile.read(absolute);
  if (file === undefined) {
    return {
      problems: [{ path: "", message: "the Flow's YAML is not there", place: { file: absolute } }],
      files: [],
    };
  }
  const { value, problems } = await file.parse();
  if (value === undefined && problems.length > 0) return { problems, files: [] };
  const reading = new Reading(absolute, hash, overrides);
  const { yaml, elsewhere } = await reading.read(value);
  const placed = await file.problems(reading.diagnostics.all);
  const all = [...problems, ...placed].sort(byPlace);
  // What is wrong with a file that is named comes after what is wrong with this one.
  const found = [...all, ...elsewhere];
  return { ...(found.length === 0 && { yaml }), problems: found, files: reading.files };
}

/** What a Flow's YAML itself says of its being followed. */
export async function saidReload(path: string | URL): Promise<boolean | undefined> {
  const value = (await (await YamlFile.read(pathOf(path)))?.parse())?.value;
  const said = isMapping(value) && isMapping(value.with) ? value.with.reload : undefined;
  return typeof said === "boolean" ? said : undefined;
}

/** One reading of a file's values. */
class Reading {
  readonly diagnostics = new Diagnostics();
  readonly files: string[] = [];

  constructor(
    private readonly path: string,
    private readonly hash: string | null,
    private readonly overrides: YamlOverrides,
  ) {}

  async read(value: unknown): Promise<{ yaml: FlowYaml; elsewhere: Problem[] }> {
    const { value: root, mistakes } = substitute(value, (name) => runtime.env(name));
    this.diagnostics.all.push(...mistakes);
    const top = this.#top(root);
    const { reload: said = false, ...options } = this.#with(top.with);
    const { path, hash, overrides } = this;
    const reload = overrides.reload ?? said;
    const builder = new FlowBuilder();
    const isNamed = isMeant("executors", top) && !("executors" in top);
    const elsewhere = isNamed ? [] : await this.#executors(top.executors, builder, reload);
    return {
      yaml: { path, hash, options, reload, reloadInFile: said, overrides: overrides, builder },
      elsewhere,
    };
  }

  #top(root: unknown): Mapping {
    const { diagnostics } = this;
    if (!isMapping(root)) {
      const what = root === null || root === undefined ? "the file is empty" : `the file is ${shown(root)}`;
      diagnostics.add([], `${what}; a mapping with \`jtype: Flow\` and \`executors\` is wanted`);
      return { executors: undefined };
    }
    diagnostics.keys(root, [], TOP_KEYS, "flow");
    if (!isMeant("jtype", root)) diagnostics.add([], "`jtype` is missing; wanted is `jtype: Flow`");
    else if ("jtype" in root && root.jtype !== undefined && root.jtype !== "Flow") {
      const near = typeof root.jtype === "string" ? nearest(root.jtype, ["Flow"]) : undefined;
      const executor = near !== undefined
        ? "; did you mean Flow?"
        : typeof root.jtype === "string" && !("executors" in root)
        ? "; an Executor's YAML is served by naming it in `uses`"
        : "";
      diagnostics.add(["jtype"], `\`jtype\` has to be Flow, not ${shown(root.jtype)}${executor}`);
    }
    return root;
  }

  #with(given: unknown): FlowYaml["options"] & { reload?: boolean } {
    if (given === undefined || given === null) return {};
    if (!isMapping(given)) {
      this.diagnostics.add(
        ["with"],
        `\`with\` has to be a mapping, such as { port: 12345 }, not ${shown(given)}`,
      );
      return {};
    }
    this.diagnostics.keys(given, ["with"], Object.keys(WITH), "flow");
    return Object.fromEntries(
      Object.entries(WITH).flatMap(([key, [check, option]]) => {
        const value = given[key];
        const fits = value !== undefined && this.diagnostics.check(value, ["with", key], check);
        return fits ? [[option, value]] : [];
      }),
    );
  }

  async #executors(given: unknown, builder: FlowBuilder, follow: boolean): Promise<Problem[]> {
    const { diagnostics } = this;
    if (!Array.isArray(given) || given.length === 0) {
      if (diagnostics.all.some(({ path }) => path.length === 0)) return [];
      const at = given === undefined ? [] : ["executors"];
      const instead = given === undefined ? "is missing" : `is ${shown(given)}`;
      diagnostics.add(at, `\`executors\` ${instead}; a list of Executors is wanted, each with \`uses\``);
      return [];
    }
    const elsewhere: Problem[] = [];
    /** Where each Executor of the builder is said. */
    const places: YamlPath[] = [];
    let complete = true;
    for (const [index, item] of given.entries()) {
      const path = ["executors", index];
      if (!isMapping(item)) {
        complete = false;
        diagnostics.add(path, `an Executor has to be a mapping with \`uses\`, not ${shown(item)}`);
        continue;
      }
      const executor = new ExecutorItem(
        this.path,
        item,
        path,
        diagnostics,
        this.overrides.reload === false ? "never" : follow,
      );
      const { add, joins } = executor.read();
      this.files.push(...executor.files);
      if (joins) this.#join(builder, path);
      if (add === undefined) continue;
      builder.add(this.#applyOverrides(add));
      places.push(path);
      await executor.lookForFiles();
      if (!diagnostics.all.some((mistake) => isWithin(mistake.path, path))) {
        elsewhere.push(...await this.#resolve(builder, path));
      }
    }
    if (complete) this.#topology(builder, places);
    return elsewhere;
  }

  #applyOverrides(add: ExecutorSpecInput): ExecutorSpecInput {
    const { replicas = add.replicas, ignore, watch } = this.overrides;
    return {
      ...add,
      ...(replicas !== undefined && { replicas }),
      ...(ignore && { ignore: [...add.ignore ?? [], ...ignore] }),
      ...(watch && { watch: [...add.watch ?? [], ...watch] }),
    };
  }

  #join(builder: FlowBuilder, path: YamlPath): void {
    if (!builder.isEmpty) return builder.join();
    this.diagnostics.add(path, "`method: needs_all` joins the Executors before it, and there are none");
  }

  /** Whether what the Executor added last uses can be made out; reads its YAML when it is one. */
  async #resolve(builder: FlowBuilder, path: YamlPath): Promise<Problem[]> {
    const { uses, ...options } = builder.executors[builder.executors.length - 1];
    try {
      if (typeof uses === "object" && "jtype" in uses) {
        entryOf(uses, options);
        return [];
      }
      const yaml = yamlPath(uses);
      if (yaml === undefined) {
        await resolveUses(uses, options);
        return [];
      }
      const { problems, files } = await checkExecutorYaml(yaml);
      this.files.push(...files);
      const way = pathText([...path, "uses"]);
      return problems.map((problem) => ({ ...problem, path: way }));
    } catch (error) {
      this.diagnostics.add([...path, "uses"], (error as Error).message);
      return [];
    }
  }

  /** What is wrong with the ways between the Executors; not asked while it is not known what they need. */
  #topology({ executors, answers }: FlowBuilder, places: readonly YamlPath[]): void {
    const isUnsure = this.diagnostics.all.some(({ path }) =>
      path[0] === "executors" && (path.length < 2 || ["name", "needs", "method"].includes(String(path[2])))
    );
    if (isUnsure) return;
    for (const { index, about, need, message } of diagnoseGraph(executors, answers)) {
      const isList = need !== undefined && executors[index].needs.length > 1;
      const said = message.replace("let needsAll() join", "let an item `method: needs_all` at the end join");
      this.diagnostics.add([...places[index], about, ...(isList ? [need] : [])], said);
    }
  }
}

function isWithin(path: YamlPath, outer: YamlPath): boolean {
  return outer.every((step, index) => path[index] === step);
}

/** Whether a key is there, or one that was to be it: that one is reported already. */
function isMeant(key: string, top: Mapping): boolean {
  const others = key === "executors" ? ["deployments", "pods"] : [];
  return Object.keys(top).some((name) =>
    name === key || others.includes(name) || (!TOP_KEYS.includes(name) && nearest(name, TOP_KEYS) === key)
  );
}
