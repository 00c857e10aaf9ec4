/** Finds the file that a command line names. @module */
import { nearest } from "../errors/mod.ts";
import { splitClassName } from "../script/class_names.ts";
import { runtime } from "../runtime/mod.ts";
import { basename, dirname, join, relative, resolve } from "../paths.ts";
import { withoutComments } from "../script/script_text.ts";
import { didYouMean, Failure } from "./errors.ts";

const SOURCE = /(?<!\.d)\.(?:[cm]?[jt]s|[jt]sx)$/;
const TEST = /(?:^|[._])(?:test|spec)\.[^.]+$/;

/**
 * Finds the module to serve: the file itself, or the one in a folder that exports Executors; `#Name` chooses one of
 * several.
 *
 * @throws {Failure} When there is none, or more than one.
 */
export async function findModule(given: string): Promise<string> {
  const isThere = runtime.writtenAt(resolve(runtime.cwd(), given)) !== undefined;
  // The name of a file or folder may contain a "#" as well.
  const [path, name] = isThere ? [given] : splitClassName(given);
  const suffix = name === undefined ? "" : `#${name}`;
  const whole = resolve(runtime.cwd(), path);
  if (await runtime.isFolder(whole)) return `${await moduleIn(whole, path)}${suffix}`;
  await checkFile(path, "serve");
  if (/\.ya?ml$/.test(path)) {
    const command = await kindOfYaml(path) === "flow" ? "flow" : "executor";
    throw new Failure(`Cannot serve "${path}": it is a YAML file; hotflow ${command} ${path} serves it`);
  }
  if (SOURCE.test(path)) return `${whole}${suffix}`;
  throw new Failure(
    `Cannot serve "${path}": expected a module (.ts, .tsx, .mts, .cts, .js, .jsx, .mjs, .cjs), a folder with one, or a YAML file with hotflow executor`,
  );
}

/** Checks that a file exists. @throws {Failure} With the nearest name that exists. */
export async function checkFile(path: string, action: string): Promise<void> {
  const whole = resolve(runtime.cwd(), path);
  if (await runtime.isFolder(whole)) {
    throw new Failure(`Cannot ${action} "${path}": it is a folder; expected a file`);
  }
  if (await runtime.readText(whole) !== undefined) return;
  const entries = await runtime.list(dirname(whole));
  if (entries === undefined) {
    throw new Failure(`Cannot ${action} "${path}": there is no folder ${dirname(whole)}`);
  }
  const names = entries.filter(({ isFolder }) => !isFolder).map(({ name }) => name);
  const near = nearest(basename(whole), names);
  const hint = didYouMean(near && join(dirname(path), near));
  throw new Failure(`Cannot ${action} "${path}": there is no such file in ${dirname(whole)}${hint}`);
}

/** Checks that a YAML file exists. @throws {Failure} */
export async function checkYaml(path: string, action: string): Promise<void> {
  if (!/\.ya?ml$/.test(path)) {
    const instead = SOURCE.test(path) ? `; to serve a module, hotflow serve ${path}` : "";
    throw new Failure(`Cannot ${action} "${path}": expected a YAML file (.yml, .yaml)${instead}`);
  }
  await checkFile(path, action);
}

/** Whether a YAML file describes a whole Flow, or one Executor; by its name when its text does not show it. */
export async function kindOfYaml(path: string): Promise<"flow" | "executor"> {
  const text = await runtime.readText(resolve(runtime.cwd(), path)) ?? "";
  const has = (key: string, value = "") => new RegExp(`^["']?${key}["']?\\s*:${value}`, "m").test(text);
  if (/^(?:--- *)?!Flow\b/m.test(text) || has("jtype", "\\s*[\"']?Flow[\"']?\\s*(?:#.*)?$")) return "flow";
  if (["executors", "deployments", "pods"].some((key) => has(key))) return "flow";
  return !has("jtype") && /flow/i.test(basename(path)) ? "flow" : "executor";
}

/** The only module in a folder that exports Executors. No module is run: a script may do anything. */
async function moduleIn(folder: string, given: string): Promise<string> {
  const entries = await runtime.list(folder) ?? [];
  const names = entries.filter(({ name, isFolder }) => !isFolder && SOURCE.test(name) && !TEST.test(name))
    .map(({ name }) => name).sort();
  const texts = await Promise.all(names.map((name) => runtime.readText(join(folder, name))));
  const found = names.filter((_, index) => exportsExecutor(texts[index] ?? ""));
  const first = join(folder, found[0] ?? "");
  if (found.length === 1) return first;
  if (found.length > 1) {
    throw new Failure(
      `Cannot serve the folder "${given}": several of its modules export an Executor: ${found.join(", ")}\n` +
        `Name one: hotflow serve ${relative(runtime.cwd(), first)}`,
    );
  }
  const why = entries.length === 0
    ? "it is empty"
    : names.length === 0
    ? "it has no source files"
    : `none of its modules exports an Executor (${names.join(", ")})`;
  throw new Failure(
    `Cannot serve the folder "${given}": ${why}\nName a file: hotflow serve FILE; or make a project: hotflow new NAME`,
  );
}

/** Whether a module's text looks as if it exports an Executor. */
function exportsExecutor(text: string): boolean {
  const code = withoutComments(text);
  return /\bexports?\b/.test(code) && /\bclass\b[^{]*\bextends\b/.test(code) &&
    (/\bextends\s+Executor\b/.test(code) || /@requests\b|\bstatic\s+(?:readonly\s+)?requests\b/.test(code));
}
