import type { Diagnostics } from "../config/diagnostics.ts";
import { configError, type LoadedYaml, loadYaml } from "../config/load_yaml.ts";
import type { Problem } from "../config/diagnostics.ts";
import type { Environment } from "../config/substitute.ts";
import { nearest } from "../errors/mod.ts";
import { runtime } from "../runtime/mod.ts";
import { dirname, isUrl, resolve } from "../paths.ts";
import { codeOf } from "../script/script_text.ts";
import { classNamesIn } from "../script/class_names.ts";
import { type ExecutorConfig, executorConfigOf } from "./executor_yaml.ts";
import { invalidFile } from "./named_file.ts";
import { registry } from "./registry.ts";

async function load(path: string, env?: Environment): Promise<LoadedYaml & { config?: ExecutorConfig }> {
  const yaml = await loadYaml(path, "the Executor's YAML", env);
  return yaml.isReadable ? { ...yaml, config: executorConfigOf(yaml.value, path, yaml.diagnostics) } : yaml;
}

/**
 * Reads an Executor's YAML.
 *
 * @throws {LoadError} With file, line and column, when the file is missing, not YAML, or not valid.
 */
export async function readExecutorYaml(path: string): Promise<ExecutorConfig> {
  const { config, fault, problems } = await load(path);
  const found = await problems();
  if (config === undefined || found.length > 0) throw configError(found, fault);
  return config;
}

/**
 * Checks an Executor's YAML, and whether the modules that it names exist. No module is imported.
 *
 * @returns Every problem; and the other files that may have to change to fix them.
 */
export async function checkExecutorYaml(
  path: string,
  env?: Environment,
): Promise<{ problems: Problem[]; files: string[] }> {
  const { config, diagnostics, problems } = await load(path, env);
  const files = config === undefined ? [] : await checkModules(config, path, diagnostics);
  return { problems: await problems(), files };
}

/** Checks that the modules exist, and that one of them contains the class; returns their files when that is not so. */
export async function checkModules(
  { jtype, jtypeAt, modules }: ExecutorConfig,
  path: string,
  diagnostics: Diagnostics,
): Promise<string[]> {
  const before = diagnostics.all.length;
  const folder = dirname(path);
  const files: string[] = [];
  for (const { path: module, at } of modules.filter(({ path }) => !isUrl(path))) {
    const file = resolve(folder, module);
    const wrong = await invalidFile(file, folder);
    if (wrong !== undefined) diagnostics.add(at.path, wrong);
    files.push(file);
  }
  const isUnsure = jtype === "" || files.length < modules.length ||
    diagnostics.all.some(({ path }) => path.some((step) => step === "modules" || step === "py_modules"));
  const missing = isUnsure ? undefined : await missingClass(jtype, files);
  if (missing !== undefined) diagnostics.add(jtypeAt.path, missing);
  return diagnostics.all.length > before ? files : [];
}

/**
 * Finds out from the texts of modules that they cannot contain a class. Nothing is run.
 *
 * @returns What is wrong; `undefined` when the class may be there, or was imported by the program.
 */
export async function missingClass(name: string, files: readonly string[]): Promise<string | undefined> {
  if (registry.names.includes(name)) return undefined;
  const texts = await Promise.all(files.map((file) => runtime.readText(file)));
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
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  const found = classes.length === 0 ? "no class at all" : `only ${[...new Set(classes)].join(", ")}`;
  return `there is no class ${name}${hint} (in its modules: ${found})`;
}
