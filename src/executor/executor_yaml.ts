import { parse } from "@std/yaml/parse";
import { type ErrorInfo, LoadError, nearest, type Place, preview, snippetOf } from "../errors/mod.ts";
import { runtime } from "../runtime/mod.ts";
import { dirname, resolve } from "../runtime/paths.ts";
import { type Spot, YamlPlaces } from "./_yaml_places.ts";
import { wrongPatterns } from "./ignore_patterns.ts";

/** What an Executor's YAML says. */
export interface ExecutorConfig {
  /** The class's name. */
  readonly jtype: string;
  /** Where it says so. */
  readonly jtypeAt: Place;
  /** The constructor's arguments. */
  readonly with: Readonly<Record<string, unknown>>;
  /** `name`, `workspace`, and whatever else is there. */
  readonly metas: Readonly<Record<string, unknown>>;
  /** The modules to look through, as they are written, and where. */
  readonly modules: readonly { readonly path: string; readonly at: Place }[];
  /** What is not watched: patterns in the syntax of gitignore. */
  readonly ignore: readonly string[];
}

const KEYS = ["jtype", "with", "metas", "modules", "py_modules", "version"];
const META_KEYS = ["name", "modules", "py_modules", "workspace", "description", "ignore"];

/**
 * Reads and checks an Executor's YAML. `py_modules` is accepted for `modules`, in `metas` and at the top.
 *
 * @param path The file's absolute path.
 * @returns What it says.
 * @throws {LoadError} With file, line and column, when it is missing, not YAML, or not an Executor's configuration.
 */
export async function readExecutorYaml(path: string): Promise<ExecutorConfig> {
  const text = await runtime.readText(path);
  if (text === undefined) {
    throw new LoadError({
      name: "NotFound",
      message: "the Executor's YAML file is missing",
      stack: "",
      place: { file: path },
    });
  }
  const file = new YamlFile(path, text);
  const top = file.parse();
  file.checkKeys(top, KEYS);
  const metas = file.record(top.metas, "metas");
  file.checkKeys(metas, META_KEYS, "metas");
  if ("ignore" in top) throw file.error("`ignore` belongs below `metas`", "ignore");
  return {
    jtype: file.jtype(top.jtype),
    jtypeAt: file.placeOf("jtype"),
    with: file.record(top.with, "with"),
    metas: { ...metas, ...file.optionalText(metas, "name"), ...workspaceOf(file, metas, path) },
    modules: [
      ...file.modules(top, "modules"),
      ...file.modules(top, "py_modules"),
      ...file.modules(metas, "metas", "modules"),
      ...file.modules(metas, "metas", "py_modules"),
    ],
    ignore: file.ignore(metas),
  };
}

/** A path in a YAML is relative to that YAML. */
function workspaceOf(file: YamlFile, metas: Record<string, unknown>, path: string): Record<string, string> {
  const { workspace } = file.optionalText(metas, "workspace");
  return workspace === undefined ? {} : { workspace: resolve(dirname(path), workspace) };
}

/** One YAML file while it is checked; knows where its keys stand. */
class YamlFile {
  readonly #places: YamlPlaces;

  constructor(private readonly path: string, private readonly text: string) {
    this.#places = new YamlPlaces(text);
  }

  parse(): Record<string, unknown> {
    const tab = this.text.split("\n").findIndex((line) => /^ *\t+ *\S/.test(line));
    if (tab >= 0) {
      throw this.#errorAt("indentation by a tab is not YAML; use spaces", { line: tab + 1, column: 1 });
    }
    let value: unknown;
    try {
      value = parse(this.text);
    } catch (error) {
      throw this.#syntaxError(error as Error);
    }
    if (value === null || value === undefined) {
      throw this.error("the file is empty; wanted is `jtype: <the Executor's class>`");
    }
    return this.record(value, undefined);
  }

  record(value: unknown, key: string | undefined): Record<string, unknown> {
    if (value === null || value === undefined) return {};
    if (typeof value === "object" && !Array.isArray(value)) return value as Record<string, unknown>;
    throw this.error(
      `${key === undefined ? "the file" : `\`${key}\``} has to be a mapping, not ${preview(value)}`,
      ...(key === undefined ? [] : [key]),
    );
  }

  jtype(value: unknown): string {
    if (typeof value === "string" && value !== "") return value;
    if (value === undefined) {
      throw this.error("`jtype` is missing; wanted is `jtype: <the Executor's class>`");
    }
    throw this.error(`\`jtype\` has to be the name of a class, not ${preview(value)}`, "jtype");
  }

  optionalText(metas: Record<string, unknown>, key: string): { [key: string]: string | undefined } {
    const value = metas[key];
    if (value === undefined || value === null) return {};
    if (typeof value !== "string") {
      throw this.error(`\`metas.${key}\` has to be text, not ${preview(value)}`, "metas", key);
    }
    return { [key]: value };
  }

  modules(holder: Record<string, unknown>, ...path: string[]): ExecutorConfig["modules"] {
    const key = String(path.at(-1));
    const value = holder[key] ?? [];
    return (Array.isArray(value) ? value : [value]).map((item: unknown) => {
      if (typeof item === "string") {
        return { path: item, at: { file: this.path, ...this.#places.value(path, item) } };
      }
      throw this.error(`\`${key}\` has to be a path or a list of paths, not ${preview(item)}`, ...path);
    });
  }

  ignore(metas: Record<string, unknown>): string[] {
    const value = metas.ignore ?? [];
    const list = typeof value === "string" ? [value] : value;
    const wrong = wrongPatterns(list);
    if (wrong !== undefined) throw this.error(`\`metas.ignore\`: ${wrong}`, "metas", "ignore");
    return list as string[];
  }

  /** A key that looks like a slip of the pen is an error; other unknown keys may be meant for someone else. */
  checkKeys(holder: Record<string, unknown>, known: readonly string[], inside?: string): void {
    for (const key of Object.keys(holder)) {
      const near = known.includes(key) ? undefined : nearest(key, known);
      if (near === undefined || near in holder) continue;
      const path = inside === undefined ? [key] : [inside, key];
      throw this.error(`unknown key \`${path.join(".")}\`; did you mean \`${near}\`?`, ...path);
    }
  }

  #errorAt(message: string, at: Spot): LoadError {
    return new LoadError(this.#info("SyntaxError", message, at));
  }

  error(message: string, ...path: string[]): LoadError {
    return new LoadError(this.#info("ConfigError", message, this.#places.key(path)));
  }

  /** Where a key stands, given after those that it is inside of. */
  placeOf(...path: string[]): Place {
    return { file: this.path, ...this.#places.key(path) };
  }

  #syntaxError(error: Error): LoadError {
    // "… at line 2, column 3:" is followed by the parser's own snippet.
    const [, message, line, column] = /^([\s\S]*?) at line (\d+), column (\d+)/.exec(error.message) ??
      [, error.message];
    const at = line === undefined ? { line: 1, column: 1 } : { line: Number(line), column: Number(column) };
    return new LoadError(this.#info("SyntaxError", String(message).replace(/^Cannot .*?: /, ""), at));
  }

  #info(name: string, message: string, at: Spot): ErrorInfo {
    const place: Place = { file: this.path, ...at };
    return { name, message, stack: "", place, snippet: snippetOf(this.text, at.line, at.column) };
  }
}
