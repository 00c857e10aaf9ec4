import type { Problem } from "../config/problem.ts";
import { YamlFile } from "../config/yaml_file.ts";
import type { Mistake, YamlPath } from "../config/yaml_path.ts";
import { runtime } from "../runtime/mod.ts";
import { dirname, resolve } from "../runtime/paths.ts";
import { ConfigMistake, executorConfigOf } from "./executor_yaml.ts";

type Mapping = Record<string | number, unknown>;

/** Stands where something was wrong. */
const MENDED = "";

/**
 * Finds out what is wrong with an Executor's YAML. No module is imported.
 *
 * @param path The file's absolute path.
 * @returns Every problem; none when it can be served.
 */
export async function checkExecutorYaml(path: string): Promise<Problem[]> {
  const file = await YamlFile.read(path);
  if (file === undefined) {
    return [{ path: "", message: "the Executor's YAML is not there", place: { file: path } }];
  }
  const { value, problems } = await file.parse();
  if (value === undefined && problems.length > 0) return [...problems];
  const values = structuredClone(value);
  const mistakes = [...mistakesIn(values, path), ...await missingModules(values, path)];
  const placed = await Promise.all(mistakes.map((mistake) => file.problem(mistake)));
  return [...problems, ...placed].sort(({ place: a }, { place: b }) =>
    (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)
  );
}

/** All that is wrong: each mistake is mended in the values, and they are checked again. */
function mistakesIn(values: unknown, path: string): Mistake[] {
  const mistakes: Mistake[] = [];
  for (;;) {
    try {
      executorConfigOf(values, path);
      return mistakes;
    } catch (error) {
      if (!(error instanceof ConfigMistake)) throw error;
      mistakes.push({ path: error.path, message: error.message });
      if (!mend(values, error)) return mistakes;
    }
  }
}

/** Puts something that passes in the place of what is wrong; answers whether it could. */
function mend(values: unknown, { path, near }: ConfigMistake): boolean {
  if (typeof values !== "object" || values === null || Array.isArray(values)) return false;
  if (path.length === 0) {
    return "jtype" in values ? false : Object.assign(values, { jtype: "?" }) !== undefined;
  }
  const holder = at(values, path.slice(0, -1));
  const key = path[path.length - 1];
  const value = holder[key];
  if (Array.isArray(holder)) holder[Number(key)] = MENDED;
  else delete holder[key];
  if (near !== undefined) holder[near] = value;
  else if (key === "jtype") holder[key] = "?";
  return true;
}

function at(values: object, path: YamlPath): Mapping {
  return path.reduce((holder, step) => holder[step] as Mapping, values as Mapping);
}

/** The modules that are named and are not there. */
async function missingModules(values: unknown, path: string): Promise<Mistake[]> {
  const missing: Mistake[] = [];
  for (const way of [["modules"], ["py_modules"], ["metas", "modules"], ["metas", "py_modules"]]) {
    const value = way.reduce<unknown>((holder, key) => (holder as Mapping | null | undefined)?.[key], values);
    for (const [index, name] of [value ?? []].flat().entries()) {
      if (typeof name !== "string" || name === MENDED || /^[a-z][a-z+.-]+:/i.test(name)) continue;
      const file = resolve(dirname(path), name);
      if (await runtime.readText(file) !== undefined) continue;
      missing.push({
        path: Array.isArray(value) ? [...way, index] : way,
        message: `there is no file ${file}`,
      });
    }
  }
  return missing;
}
