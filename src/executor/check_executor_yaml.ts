import type { Diagnostics } from "../config/diagnostics.ts";
import { configError, loadYaml } from "../config/load_yaml.ts";
import type { Problem } from "../config/problem.ts";
import { nearest } from "../errors/mod.ts";
import { runtime } from "../runtime/mod.ts";
import { dirname, isUrl, resolve } from "../paths.ts";
import { codeOf } from "../script/script_text.ts";
import { classNamesIn } from "../script/class_names.ts";
import { type ExecutorConfig, executorConfigOf } from "./executor_yaml.ts";
import { invalidFile } from "./named_file.ts";
import { registry } from "./registry.ts";

const WHAT = "the Executor's YAML";

/**
 * Reads an Executor's YAML.
 *
 * @param path The file's absolute path.
 * @returns The configuration.
 * @throws {LoadError} With file, line and column, when the file is missing, not YAML, or not valid.
 */
export async function readExecutorYaml(path: string): Promise<ExecutorConfig> {
  const yaml = await loadYaml(path, WHAT);
  if (yaml.fault === "missing" || yaml.fault === "unreadable") {
    throw configError(await yaml.problems(), yaml.fault);
  }
  const config = executorConfigOf(yaml.value, path, yaml.diagnostics);
  const problems = await yaml.problems();
  if (problems.length > 0) throw configError(problems, yaml.fault);
  return config;
}

/**
 * Checks an Executor's YAML, and whether the modules that it names exist. No module is imported.
 *
 * @param path The file's absolute path.
 * @returns Every problem; and the other files that may have to change to fix them.
 */
export async function checkExecutorYaml(path: string): Promise<{ problems: Problem[]; files: string[] }> {
  const yaml = await loadYaml(path, WHAT);
  if (yaml.fault === "missing" || yaml.fault === "unreadable") {
    return { problems: await yaml.problems(), files: [] };
  }
  const config = executorConfigOf(yaml.value, path, yaml.diagnostics);
  const files = await checkModules(config, path, yaml.diagnostics);
  return { problems: await yaml.problems(), files };
}

/** Checks that the modules exist, and that one of them contains the class; returns their files when that is not so. */
export async function checkModules(
  { jtype, jtypeAt, modules }: ExecutorConfig,
  path: string,
  diagnostics: Diagnostics,
): Promise<string[]> {
  const before = diagnostics.all.length;
  const files: string[] = [];
  const texts: (string | undefined)[] = [];
  for (const { path: module, at } of modules) {
    if (isUrl(module)) {
      texts.push(undefined);
      continue;
    }
    const file = resolve(dirname(path), module);
    const wrong = await invalidFile(file, dirname(path));
    if (wrong !== undefined) diagnostics.add(at.path, wrong);
    files.push(file);
    texts.push(wrong === undefined ? await runtime.readText(file) : undefined);
  }
  const isUnsure = jtype === "" || registry.names.includes(jtype) ||
    diagnostics.all.some(({ path }) => path.some((step) => step === "modules" || step === "py_modules"));
  const missing = isUnsure ? undefined : missingClass(jtype, texts);
  if (missing !== undefined) diagnostics.add(jtypeAt.path, missing);
  return diagnostics.all.length > before ? files : [];
}

/**
 * Finds out from the texts of modules that they cannot contain a class. Nothing is run.
 *
 * @param name The class's name.
 * @param texts The texts of the modules; `undefined` for those that cannot be read.
 * @returns What is wrong; `undefined` when the class may be there.
 */
export function missingClass(name: string, texts: readonly (string | undefined)[]): string | undefined {
  const known = texts.filter((text) => text !== undefined);
  if (known.length === 0 || known.length < texts.length) return undefined;
  // A class that a module re-exports is named there.
  const word = new RegExp(
    `(?<![\\p{ID_Continue}$])${name.replaceAll("$", "\\$")}(?![\\p{ID_Continue}$])`,
    "u",
  );
  if (known.some((text) => word.test(text) || /\bexport\s*\*/.test(text))) return undefined;
  const classes = known.flatMap((text) => classNamesIn(codeOf(text)));
  const near = nearest(name, classes);
  const found = classes.length === 0 ? "no class at all" : `only ${[...new Set(classes)].join(", ")}`;
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  return `there is no class ${name}${hint} (in its modules: ${found})`;
}
