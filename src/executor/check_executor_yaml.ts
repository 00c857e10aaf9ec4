import { byPlace, type Problem } from "../config/problem.ts";
import { substitute } from "../config/substitute.ts";
import { configError, YamlFile } from "../config/yaml_file.ts";
import { type Diagnostic, pathText, type YamlPath } from "../config/yaml_path.ts";
import { LoadError, nearest } from "../errors/mod.ts";
import { runtime } from "../runtime/mod.ts";
import { dirname, isUrl, resolve } from "../paths.ts";
import { codeOf } from "../script/script_text.ts";
import { classNamesIn } from "../script/class_names.ts";
import { ConfigError, type ExecutorConfig, executorConfigOf } from "./executor_yaml.ts";
import { invalidFile } from "./named_file.ts";
import { registry } from "./registry.ts";

type Mapping = Record<string | number, unknown>;

/** Stand where something was wrong. */
const MENDED = "";
const MENDED_CLASS = "$";

/**
 * Reads an Executor's YAML.
 *
 * @param path The file's absolute path.
 * @returns What it says.
 * @throws {LoadError} With file, line and column, when it is missing, not YAML, or not an Executor's configuration.
 */
export async function readExecutorYaml(path: string): Promise<ExecutorConfig> {
  const file = await YamlFile.read(path);
  if (file === undefined) {
    const message = "the Executor's YAML file is missing";
    throw new LoadError({
      name: "NotFound",
      code: "CONFIG_NOT_FOUND",
      message,
      stack: "",
      place: { file: path },
    });
  }
  const { value: raw, problems } = await file.parse();
  if (problems.length > 0) throw configError(problems, "SyntaxError");
  const { value, mistakes } = substitute(raw, (name) => runtime.env(name));
  try {
    const config = executorConfigOf(value, path);
    if (mistakes.length === 0) return config;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    mistakes.push(...diagnoseExecutor(value, path).mistakes);
  }
  throw configError(await file.problems(mistakes));
}

/**
 * Finds out what is wrong with an Executor's YAML. No module is imported.
 *
 * @param path The file's absolute path.
 * @returns Every problem, none when it can be served; and the other files that they may be mended in.
 */
export async function checkExecutorYaml(path: string): Promise<{ problems: Problem[]; files: string[] }> {
  const file = await YamlFile.read(path);
  if (file === undefined) {
    return {
      problems: [{ path: "", message: "the Executor's YAML is not there", place: { file: path } }],
      files: [],
    };
  }
  const { value: raw, problems } = await file.parse();
  if (raw === undefined && problems.length > 0) return { problems: [...problems], files: [] };
  const { value, mistakes: unknown } = substitute(raw, (name) => runtime.env(name));
  const { mistakes, config } = diagnoseExecutor(value, path);
  const named = config === undefined ? { mistakes: [], files: [] } : await lookAtModules(config, path);
  const placed = await file.problems([...unknown, ...mistakes, ...named.mistakes]);
  return {
    problems: [...problems, ...placed].sort(byPlace),
    files: named.files,
  };
}

/**
 * All that is wrong with an Executor's configuration: each mistake is mended in a copy, and that is checked again.
 *
 * @param value What a file says, or a part of it.
 * @param file The file's absolute path.
 * @param inside The way to that part.
 * @returns The mistakes, whose paths begin at `value`; and what it says besides.
 */
export function diagnoseExecutor(
  value: unknown,
  file: string,
  inside: YamlPath = [],
): { mistakes: Diagnostic[]; config?: ExecutorConfig } {
  const values = structuredClone(value);
  const mistakes: Diagnostic[] = [];
  /** Keys that were mistyped, by the right ones. */
  const typed = new Map<string, string>();
  for (;;) {
    try {
      return { mistakes, config: executorConfigOf(values, file, inside) };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      const path = error.path.map((step, at) => typed.get(pathText(error.path.slice(0, at + 1))) ?? step);
      mistakes.push({ path, message: error.message });
      if (error.near !== undefined) {
        const key = error.path[error.path.length - 1];
        typed.set(pathText([...error.path.slice(0, -1), error.near]), String(key));
      }
      if (!mend(values, error)) return { mistakes };
    }
  }
}

/** Puts something that passes in the place of what is wrong; answers whether it could. */
function mend(values: unknown, { path, near }: ConfigError): boolean {
  if (typeof values !== "object" || values === null || Array.isArray(values)) return false;
  if (path.length === 0) {
    return "jtype" in values ? false : Object.assign(values, { jtype: MENDED_CLASS }) !== undefined;
  }
  const holder = at(values, path.slice(0, -1));
  const key = path[path.length - 1];
  const value = holder[key];
  if (Array.isArray(holder)) holder[Number(key)] = MENDED;
  else delete holder[key];
  if (near !== undefined) holder[near] = value;
  else if (key === "jtype") holder[key] = MENDED_CLASS;
  return true;
}

function at(values: object, path: YamlPath): Mapping {
  return path.reduce((holder, step) => holder[step] as Mapping, values as Mapping);
}

/** The modules that are named and are not there, and a class that is in none of them. */
async function lookAtModules(
  { jtype, modules }: ExecutorConfig,
  path: string,
): Promise<{ mistakes: Diagnostic[]; files: string[] }> {
  const mistakes: Diagnostic[] = [];
  const files: string[] = [];
  const texts: (string | undefined)[] = [];
  for (const { path: module, at } of modules) {
    if (module === MENDED || isUrl(module)) {
      texts.push(undefined);
      continue;
    }
    const file = resolve(dirname(path), module);
    const message = await invalidFile(file, dirname(path));
    if (message !== undefined) mistakes.push({ path: at.path, message });
    files.push(file);
    texts.push(message === undefined ? await runtime.readText(file) : undefined);
  }
  const wrong = missingClass(jtype, texts);
  if (wrong !== undefined && !registry.names.includes(jtype)) {
    mistakes.push({ path: ["jtype"], message: wrong });
  }
  return { mistakes, files: mistakes.length > 0 ? files : [] };
}

/**
 * Whether modules cannot hold a class, by their texts: nothing is run to find out.
 *
 * @param name The class's name.
 * @param texts What is in the modules; `undefined` for those that cannot be read.
 * @returns What is wrong; `undefined` when it may be there.
 */
export function missingClass(name: string, texts: readonly (string | undefined)[]): string | undefined {
  const known = texts.filter((text) => text !== undefined);
  if (name === MENDED_CLASS || known.length === 0 || known.length < texts.length) return undefined;
  // What a module passes on from others has its name there.
  const word = new RegExp(
    `(?<![\\p{ID_Continue}$])${name.replaceAll("$", "\\$")}(?![\\p{ID_Continue}$])`,
    "u",
  );
  if (known.some((text) => word.test(text) || /\bexport\s*\*/.test(text))) return undefined;
  const classes = known.flatMap((text) => classNamesIn(codeOf(text)));
  const near = nearest(name, classes);
  const there = classes.length === 0 ? "no class at all" : `only ${[...new Set(classes)].join(", ")}`;
  return `there is no class ${name}${
    near === undefined ? "" : `; did you mean ${near}?`
  } (in its modules: ${there})`;
}
