/** A Flow's YAML. @module */
import { Flow } from "../flow/flow.ts";
import type { AddOptions, FlowOptions } from "../flow/options.ts";
import { LoadError } from "../errors/mod.ts";
import { readExecutorYaml } from "../executor/executor_yaml.ts";
import { runtime } from "../runtime/mod.ts";
import { dirname, resolve } from "../runtime/paths.ts";
import { Failure } from "./errors.ts";

/** Something that is wrong with a configuration file. */
export interface Problem {
  readonly path: string;
  readonly message: string;
  readonly place: { readonly file: string; readonly line?: number; readonly column?: number };
  readonly snippet?: string;
}

/** What is there once Flows can be loaded from YAML. */
interface Loader {
  load?(path: string, options?: FlowOptions, each?: Partial<AddOptions>): Promise<Flow>;
}

/** Makes the Flow that a YAML file describes. */
export async function loadFlow(
  path: string,
  options: FlowOptions,
  each: Partial<AddOptions>,
): Promise<Flow> {
  const { load } = Flow as unknown as Loader;
  if (load === undefined) throw new Failure(`Cannot serve "${path}": this version reads no Flow YAML yet`);
  return await load.call(Flow, path, options, each);
}

/** All that is wrong with a Flow's YAML. */
export async function problemsOfFlow(path: string): Promise<readonly Problem[]> {
  await Promise.resolve();
  throw new Failure(`Cannot check "${path}": this version reads no Flow YAML yet`);
}

/** What is wrong with an Executor's YAML, and with the modules that it names. */
export async function problemsOfExecutor(path: string): Promise<readonly Problem[]> {
  try {
    const { modules } = await readExecutorYaml(path);
    const missing: Problem[] = [];
    for (const [at, module] of modules.entries()) {
      const file = resolve(dirname(path), module);
      if (/^[a-z][a-z+.-]+:/i.test(module) || await runtime.readText(file) !== undefined) continue;
      missing.push({ path: `modules[${at}]`, message: `there is no file ${file}`, place: { file: path } });
    }
    return missing;
  } catch (error) {
    if (!(error instanceof LoadError)) throw error;
    const { message, place = { file: path }, snippet } = error.info;
    return [{ path: "", message, place, ...(snippet !== undefined && { snippet }) }];
  }
}
