import project from "../deno.json" with { type: "json" };

/** What an Executor, or a peer's handler, has beside the text that it answers with. */
export interface Work {
  /** 300 local modules; the main file is edited, or one of them that imports nothing. */
  readonly modules?: "main" | "leaf";
  /** The npm package typescript. */
  readonly library?: true;
  /** 200 MB that take 2 s to make: made by each version, or kept from one to the next. */
  readonly model?: "made" | "kept";
}

/** Who runs the files: Executors on Deno and on Node, handlers of `bun --hot` and of `deno --watch`. */
export type Flavour = "deno" | "node" | "bun" | "watch";

/** The library, as Deno imports it and as npm installs it. */
const LIBRARY = project.imports.typescript;
export const NPM_LIBRARY = LIBRARY.replace("npm:", "");

/** 20 modules that import 14 leaves each. */
const GROUPS = 20;
const LEAVES = 14;

/** The leaf that is edited. */
export const LEAF = "modules/leaf_0_0.ts";

/** The main file, which is edited in most workloads. */
export function mainFile(flavour: Flavour): string {
  return { deno: "my_executor.ts", node: "my_executor.js", bun: "handler.ts", watch: "handler.ts" }[flavour];
}

/** All files of a workload, by their paths. */
export function workFiles(work: Work, flavour: Flavour): Record<string, string> {
  const executor = flavour === "deno" || flavour === "node";
  const main = executor ? executorSource(work, flavour) : handlerSource(work);
  return {
    [mainFile(flavour)]: [...importsOf(work, flavour), main].join("\n"),
    ...work.modules === undefined ? {} : moduleFiles(work.modules),
    ...work.model === undefined ? {} : { "model.ts": MODEL },
  };
}

function executorSource(work: Work, flavour: "deno" | "node"): string {
  const made = work.model === "kept" ? 'this.keep("model", makeModel)' : "makeModel()";
  const members = [
    ...flavour === "deno"
      ? []
      : ["static source = import.meta.url;", 'static requests = { default: "foo" };'],
    ...work.model === undefined
      ? []
      : ["#model = new Float32Array();", `async setup() { this.#model = await ${made}; }`],
    ...flavour === "deno" ? ["@requests() foo(docs: DocumentArray) {"] : ["foo(docs) {"],
  ];
  const names = flavour === "deno" ? "type DocumentArray, Executor, requests" : "Executor";
  return `import { ${names} } from "../../mod.ts";

export class MyExecutor extends Executor {
  ${members.join("\n  ")}
    for (const doc of docs) doc.text = ${answerOf(work, "this.#model")};
  }
}
`;
}

/** The peers have no `setup()`: their model is made when the module is evaluated. */
function handlerSource(work: Work): string {
  const kept = "(globalThis as { model?: Float32Array }).model ??= await makeModel()";
  return `${
    work.model === undefined ? "" : `const model = ${work.model === "kept" ? kept : "await makeModel()"};`
  }
export class MyHandler {
  foo(docs: { text?: string }[]) {
    for (const doc of docs) doc.text = ${answerOf(work, "model")};
  }
}
`;
}

function importsOf({ modules, library, model }: Work, flavour: Flavour): string[] {
  const specifier = flavour === "deno" || flavour === "watch" ? LIBRARY : "typescript";
  return [
    ...modules === undefined
      ? []
      : groups((group) => `import * as g${group} from "./modules/group_${group}.ts";`),
    ...library ? [`import ts from "${specifier}";`] : [],
    ...model === undefined ? [] : ['import { makeModel } from "./model.ts";'],
  ];
}

/** An expression that uses all that the workload has, so that none of it can be left out. */
function answerOf({ modules, library, model }: Work, theModel: string): string {
  return [
    ...modules === "leaf" ? [] : ['"version 0."'],
    ...modules === undefined ? [] : ["g0.text", `(${groups((group) => `g${group}.sum`).join(" + ")})`],
    ...library ? ["ts.version"] : [],
    ...model === undefined ? [] : [`${theModel}.length`],
  ].join(" + ");
}

function groups(line: (group: number) => string): string[] {
  return Array.from({ length: GROUPS }, (_, group) => line(group));
}

function moduleFiles(edited: "main" | "leaf"): Record<string, string> {
  const files: Record<string, string> = {};
  for (let group = 0; group < GROUPS; group++) {
    const leaves = Array.from({ length: LEAVES }, (_, leaf) => leaf);
    const imports = leaves.map((leaf) => `import * as leaf${leaf} from "./leaf_${group}_${leaf}.ts";`);
    const values = leaves.map((leaf) => `leaf${leaf}.valueOf({ a: ${leaf}, b: ${group} })`);
    files[`modules/group_${group}.ts`] = `${imports.join("\n")}
export const sum: number = ${values.join(" + ")};
export const text: string = leaf0.text;
`;
    for (const leaf of leaves) files[`modules/leaf_${group}_${leaf}.ts`] = leafSource(group, leaf);
  }
  if (edited === "leaf") files[LEAF] = leafSource(0, 0).replace("leaf 0 0", "version 0.");
  return files;
}

function leafSource(group: number, leaf: number): string {
  return `export interface Pair {
  readonly a: number;
  readonly b: number;
}

/** The value of a pair in leaf ${leaf} of group ${group}. */
export function valueOf({ a, b }: Pair): number {
  return a * ${leaf + 1} + b * ${group + 1};
}

export const text: string = "leaf ${group} ${leaf}";
`;
}

/** Each call is noted beside the server's folder, so that calls can be counted. */
const MODEL = `import { appendFileSync } from "node:fs";

const BYTES = 200_000_000;
const STEPS = 20;
const MS = 2000;

export async function makeModel(): Promise<Float32Array> {
  appendFileSync("../made", ".");
  const begin = performance.now();
  const model = new Float32Array(BYTES / 4);
  for (let step = 1; step <= STEPS; step++) {
    const size = model.length / STEPS;
    model.fill(step, (step - 1) * size, step * size);
    const rest = begin + (MS / STEPS) * step - performance.now();
    await new Promise((resolve) => setTimeout(resolve, rest));
  }
  return model;
}
`;
