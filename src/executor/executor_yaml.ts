import { type Diagnostics, shown } from "../config/diagnostics.ts";
import { isMapping, type Mapping } from "../config/yaml_values.ts";
import { type Check, expected } from "../config/check.ts";
import { pathText, type YamlLocation, type YamlPath } from "../config/yaml_values.ts";
import { nearest } from "../errors/mod.ts";
import { dirname, resolve } from "../paths.ts";
import { isClassName } from "../script/class_names.ts";
import {
  type Batching,
  batchingOf,
  type BatchingPlaces,
  batchingPlaces,
  checkYamlBatching,
} from "./batch_options.ts";
import { invalidModule } from "./named_file.ts";
import { checkYamlPatterns } from "./path_patterns.ts";

/** The configuration of an Executor, as its YAML describes it. */
export interface ExecutorConfig {
  /** The name of the class. */
  readonly jtype: string;
  /** Where the YAML names the class. */
  readonly jtypeAt: YamlLocation;
  /** The constructor's arguments. */
  readonly with: Readonly<Record<string, unknown>>;
  /** `name`, `workspace`, and any other keys. */
  readonly metas: Readonly<Record<string, unknown>>;
  /** The modules to search for the class, as they are written, and where. */
  readonly modules: readonly { readonly path: string; readonly at: YamlLocation }[];
  /** Files that are not watched: patterns in the syntax of gitignore. */
  readonly ignore: readonly string[];
  /** More files that are watched: patterns in the same syntax. */
  readonly watch: readonly string[];
  /** Overrides the `batch` of endpoints; left out where none is. */
  readonly batching?: Batching;
  /** Where these are. */
  readonly batchingAt?: BatchingPlaces;
}

const KEYS = [
  "jtype",
  "with",
  "metas",
  "modules",
  "py_modules",
  "uses_dynamic_batching",
  "dynamic_batching",
  "version",
] as const;
const META_KEYS = ["name", "modules", "py_modules", "workspace", "description", "ignore", "watch"] as const;
const ALL_KEYS: readonly string[] = [...KEYS, ...META_KEYS];
/** The keys of an Executor's YAML. */
export type ExecutorKey = typeof KEYS[number];
/** The keys of its `metas`. */
export type MetaKey = typeof META_KEYS[number];

const EXAMPLE = "`jtype: <the Executor's class>`";

const aMapping = expected((value) => value === null || isMapping(value), "a mapping");
const aClassName = expected(
  (value) => typeof value === "string" && isClassName(value),
  "the name of a class",
);
const aString = expected((value) => value === null || typeof value === "string", "a string");
const aPath = expected((value) => typeof value === "string", "a path");
const paths = expected(
  (value) => value === null || typeof value === "string" || Array.isArray(value),
  "a path or a list of paths",
);

/**
 * Reads an Executor's configuration, as far as it is valid; without a valid `jtype`, that is empty.
 *
 * @param value The values of a YAML file, or of the part that describes the Executor.
 * @param inside The path of that part.
 */
export function executorConfigOf(
  value: unknown,
  file: string,
  diagnostics: Diagnostics,
  inside: YamlPath = [],
): ExecutorConfig {
  if (value === null || value === undefined) {
    diagnostics.add(inside, `the file is empty; expected ${EXAMPLE}`);
  } else if (!isMapping(value)) {
    diagnostics.add(inside, `the file has to be a mapping, not ${shown(value)}`);
  }
  const top = new Section(value, KEYS, diagnostics, inside);
  for (const key of ["ignore", "watch"]) {
    if (key in top.values) top.add(key, `\`${key}\` belongs below \`metas\``, true);
  }
  // Ignored, they would leave the Executor with more permissions than it is given.
  for (const key of ["isolation", "permissions"]) {
    if (key in top.values) {
      top.add(key, `\`${key}\` belongs to the Flow: set it where the Executor is added`, true);
    }
  }
  const metas = new Section(top.get("metas", aMapping), META_KEYS, diagnostics, inside, top.nameOf("metas"));
  metas.get("name", aString);
  const workspace = metas.get("workspace", aString);
  // Jina documents the first one, and reads the second one.
  const batching = ["uses_dynamic_batching", "dynamic_batching"].map((key) => {
    const options = batchingOf(top.get(key, checkYamlBatching));
    const places = batchingPlaces(options, { file, path: [...inside, top.nameOf(key)] });
    return { options, places };
  }).filter(({ options }) => Object.keys(options).length > 0);
  return {
    jtype: isMapping(value) ? jtypeOf(top) : "",
    jtypeAt: { file, path: [...inside, "jtype"] },
    with: top.get("with", aMapping) as Mapping ?? {},
    // A path in a YAML is relative to that YAML.
    metas: {
      ...metas.values,
      ...(typeof workspace === "string" && { workspace: resolve(dirname(file), workspace) }),
    },
    modules: [top, metas].flatMap((section) =>
      ["modules", "py_modules"].flatMap((key) => section.modules(key, file))
    ),
    ignore: metas.patterns("ignore"),
    watch: metas.patterns("watch"),
    ...(batching.length > 0 && {
      batching: Object.assign({}, ...batching.map(({ options }) => options)),
      batchingAt: Object.assign({}, ...batching.map(({ places }) => places)),
    }),
  };
}

function jtypeOf(top: Section): string {
  const key = top.nameOf("jtype");
  if (!(key in top.values)) top.addMissing(`\`jtype\` is missing; expected ${EXAMPLE}`);
  else if (top.values[key] !== "Flow") return top.get("jtype", aClassName) as string ?? "";
  else top.add("jtype", "this describes a whole Flow; expected the YAML of one Executor");
  return "";
}

/** A mapping whose misspelled keys are reported, and read as the keys that they are nearest to. */
class Section {
  readonly values: Mapping;
  /** The misspelled keys, by the right ones. */
  readonly #misspelled = new Map<string, string>();

  constructor(
    values: unknown,
    known: readonly string[],
    private readonly diagnostics: Diagnostics,
    private readonly inside: YamlPath,
    private readonly key?: string,
  ) {
    this.values = isMapping(values) ? values : {};
    // Other unknown keys may belong to another program.
    for (const key of Object.keys(this.values).filter((key) => !ALL_KEYS.includes(key))) {
      const near = nearest(key, known);
      if (near === undefined || near in this.values || this.#misspelled.has(near)) continue;
      this.#misspelled.set(near, key);
      this.add(near, `unknown key \`${pathText(this.#path(near))}\`; did you mean \`${near}\`?`, true);
    }
  }

  /** The key as it is written. */
  nameOf(key: string): string {
    return this.#misspelled.get(key) ?? key;
  }

  /** @param namesKey Whether the message contains the key with its path. */
  add(key: string, message: string, namesKey = false): void {
    const isWhole = this.inside.length === 0;
    this.diagnostics.add([...this.inside, ...this.#path(key)], message, namesKey && isWhole);
  }

  addMissing(message: string): void {
    this.diagnostics.add(this.inside, message);
  }

  /** A value, when it is there and valid. */
  get(key: string, check: Check): unknown {
    const value = this.values[this.nameOf(key)];
    return value !== undefined && this.#check(value, this.#path(key), check) ? value ?? undefined : undefined;
  }

  modules(key: string, file: string): ExecutorConfig["modules"] {
    const value = this.get(key, paths) ?? [];
    return [value].flat().flatMap((module: unknown, index) => {
      const path = [...this.#path(key), ...(Array.isArray(value) ? [index] : [])];
      const at = [...this.inside, ...path];
      if (!this.#check(module, path, aPath)) return [];
      const wrong = invalidModule(module as string);
      if (wrong !== undefined) this.diagnostics.add(at, wrong);
      return wrong === undefined ? [{ path: module as string, at: { file, path: at } }] : [];
    });
  }

  patterns(key: "ignore" | "watch"): string[] {
    const value = this.get(key, (value) => checkYamlPatterns(value ?? [], key)) ?? [];
    return [value].flat() as string[];
  }

  /** The path of a key within the Executor's configuration, as messages write it. */
  #path(key: string): YamlPath {
    return [...(this.key === undefined ? [] : [this.key]), this.nameOf(key)];
  }

  #check(value: unknown, path: YamlPath, check: Check): boolean {
    return this.diagnostics.check(value, [...this.inside, ...path], check, path);
  }
}
