import { isMapping } from "../config/mapping.ts";
import type { YamlLocation, YamlPath } from "../config/yaml_path.ts";
import { nearest, preview } from "../errors/mod.ts";
import { dirname, resolve } from "../paths.ts";
import { invalidModule } from "./named_file.ts";
import { invalidPatterns } from "./path_patterns.ts";

/** What an Executor's YAML says. */
export interface ExecutorConfig {
  /** The class's name. */
  readonly jtype: string;
  /** Where it says so. */
  readonly jtypeAt: YamlLocation;
  /** The constructor's arguments. */
  readonly with: Readonly<Record<string, unknown>>;
  /** `name`, `workspace`, and whatever else is there. */
  readonly metas: Readonly<Record<string, unknown>>;
  /** The modules to look through, as they are written, and where. */
  readonly modules: readonly { readonly path: string; readonly at: YamlLocation }[];
  /** What is not watched: patterns in the syntax of gitignore. */
  readonly ignore: readonly string[];
  /** What is watched besides its source files: patterns of the same kind. */
  readonly watch: readonly string[];
}

const KEYS = ["jtype", "with", "metas", "modules", "py_modules", "version"];
const CLASS_NAME = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;
const META_KEYS = ["name", "modules", "py_modules", "workspace", "description", "ignore", "watch"];

/** What is wrong with an Executor's configuration, the way to it, and for a mistyped key the right one. */
export class ConfigError extends Error {
  constructor(message: string, readonly path: YamlPath = [], readonly near?: string) {
    super(message);
  }
}

/**
 * Checks an Executor's configuration.
 *
 * @param value What a file says, or a part of it.
 * @param file The file's absolute path.
 * @param inside The way to that part.
 * @returns The configuration. `py_modules` is accepted for `modules`, in `metas` and at the top.
 * @throws {ConfigError} When it is none; its path begins at `value`.
 */
export function executorConfigOf(value: unknown, file: string, inside: YamlPath = []): ExecutorConfig {
  if (value === null || value === undefined) {
    throw new ConfigError("the file is empty; wanted is `jtype: <the Executor's class>`");
  }
  const top = recordOf(value);
  for (const key of ["ignore", "watch"]) {
    if (key in top) throw new ConfigError(`\`${key}\` belongs below \`metas\``, [key]);
  }
  checkKeys(top, KEYS);
  const metas = recordOf(top.metas, "metas");
  checkKeys(metas, META_KEYS, "metas");
  const modules = (holder: Record<string, unknown>, ...path: string[]) =>
    modulesOf(holder, path).map(({ module, at }) => ({
      path: module,
      at: { file, path: [...inside, ...at] },
    }));
  return {
    jtype: jtypeOf(top.jtype),
    jtypeAt: { file, path: [...inside, "jtype"] },
    with: recordOf(top.with, "with"),
    metas: { ...metas, ...optionalText(metas, "name"), ...workspaceOf(metas, file) },
    modules: [
      ...modules(top, "modules"),
      ...modules(top, "py_modules"),
      ...modules(metas, "metas", "modules"),
      ...modules(metas, "metas", "py_modules"),
    ],
    ignore: patternsOf(metas, "ignore"),
    watch: patternsOf(metas, "watch"),
  };
}

/** A path in a YAML is relative to that YAML. */
function workspaceOf(metas: Record<string, unknown>, file: string): Record<string, string> {
  const { workspace } = optionalText(metas, "workspace");
  return workspace === undefined ? {} : { workspace: resolve(dirname(file), workspace) };
}

function recordOf(value: unknown, key?: string): Record<string, unknown> {
  if (value === null || value === undefined) return {};
  if (isMapping(value)) return value;
  const what = key === undefined ? "the file" : `\`${key}\``;
  throw new ConfigError(
    `${what} has to be a mapping, not ${preview(value)}`,
    key === undefined ? [] : [key],
  );
}

function jtypeOf(value: unknown): string {
  if (value === "Flow") {
    throw new ConfigError("this describes a whole Flow, and one Executor's YAML is wanted", ["jtype"]);
  }
  if (typeof value === "string" && CLASS_NAME.test(value)) return value;
  if (value === undefined) {
    throw new ConfigError("`jtype` is missing; wanted is `jtype: <the Executor's class>`");
  }
  throw new ConfigError(`\`jtype\` has to be the name of a class, not ${preview(value)}`, ["jtype"]);
}

function optionalText(metas: Record<string, unknown>, key: string): { [key: string]: string | undefined } {
  const value = metas[key];
  if (value === undefined || value === null) return {};
  if (typeof value !== "string") {
    throw new ConfigError(`\`metas.${key}\` has to be text, not ${preview(value)}`, ["metas", key]);
  }
  return { [key]: value };
}

function modulesOf(
  holder: Record<string, unknown>,
  path: readonly string[],
): { module: string; at: YamlPath }[] {
  const key = path[path.length - 1];
  const value = holder[key] ?? [];
  return (Array.isArray(value) ? value : [value]).map((module: unknown, index) => {
    const at = Array.isArray(value) ? [...path, index] : path;
    if (typeof module !== "string") {
      throw new ConfigError(`\`${key}\` has to be a path or a list of paths, not ${preview(module)}`, at);
    }
    const wrong = invalidModule(module);
    if (wrong !== undefined) throw new ConfigError(wrong, at);
    return { module, at };
  });
}

function patternsOf(metas: Record<string, unknown>, key: "ignore" | "watch"): string[] {
  const value = metas[key];
  const list = typeof value === "string" ? [value] : value ?? [];
  const wrong = invalidPatterns(list, key);
  if (wrong !== undefined) throw new ConfigError(`\`metas.${key}\`: ${wrong}`, ["metas", key]);
  return list as string[];
}

/** A key that looks like a slip of the pen is an error; other unknown keys may be meant for someone else. */
function checkKeys(holder: Record<string, unknown>, known: readonly string[], inside?: string): void {
  for (const key of Object.keys(holder)) {
    const near = [...known, ...KEYS].includes(key) ? undefined : nearest(key, known);
    if (near === undefined || near in holder) continue;
    const path = inside === undefined ? [key] : [inside, key];
    throw new ConfigError(`unknown key \`${path.join(".")}\`; did you mean \`${near}\`?`, path, near);
  }
}
