/** Projects to export, and their exports. */
import { parse } from "@std/yaml/parse";
import { composeFiles } from "../../src/export/compose.ts";
import { kubernetesFiles } from "../../src/export/kubernetes.ts";
import type { Files } from "../../src/export/plan.ts";
import { type ExportOptions, readPlan } from "../../src/export/read_plan.ts";
import { PACKAGE } from "../support/target.ts";
import { TempFolder } from "../support/temp_folder.ts";

/** An Executor that says what it is, and which process it runs in. */
export function executorText(name: string, says = name): string {
  return `import { Executor, requests } from ${JSON.stringify(PACKAGE)};
export class ${name} extends Executor {
  @requests()
  say(docs) { for (const doc of docs) doc.text += ${JSON.stringify(` ${says} `)} + this.word + process.pid; }
  word = "";
  constructor(args, given) { super(args, given); this.word = args.word ?? ""; }
}
`;
}

/** A Flow of an Executor in a module, one in a YAML of its own, one in the YAML itself, and one elsewhere. */
export const FLOW = `jtype: Flow
with: { port: 8080, reload: true, timeout: 5000, close_timeout: 4000 }
executors:
  - name: shout
    uses: shout.ts#Shout
    replicas: 2
    uses_with: { word: "\${{ ENV.WORD }}", api_key: "hunter2" }
  - name: my_count
    uses: count/executor.yml
    needs: gateway
    ignore: data/
  - name: inline
    needs: gateway
    uses: { jtype: Shout, with: { port: "\${{ root.with.port }}" }, metas: { workspace: ws, modules: [shout.ts] } }
  - { name: far, uses: "grpc://10.0.0.5:54321", needs: gateway }
  - { method: needs_all }
`;

/** Writes a project. */
export async function makeProject(files: Readonly<Record<string, string>> = {}): Promise<TempFolder> {
  const folder = await TempFolder.make();
  const all = {
    "hello/package.json": '{ "name": "@some/Hello_World" }\n',
    "hello/flow.yml": FLOW,
    "hello/shout.ts": executorText("Shout"),
    "hello/count/count.ts": executorText("Count"),
    "hello/count/executor.yml":
      'jtype: Count\nwith: { word: "${{ ENV.COUNT_WORD }}" }\nmetas: { workspace: ../ws }\nmodules: [count.ts]\n',
    ...files,
  };
  for (const [name, text] of Object.entries(all)) await folder.write(name, text);
  return folder;
}

const placeOf = (folder: string) => ({ header: "# header", folder, context: ".." });

/** What both exports of a project's Flow contain, by the name of the file, with its folder. */
export async function exported(folder: TempFolder, options: Partial<ExportOptions> = {}): Promise<Files> {
  const given = { runtime: "deno", version: "1.2.3", env: () => undefined, ...options } as const;
  const plan = await readPlan(folder.at("hello/flow.yml"), given);
  const all = [
    ...Object.entries(composeFiles(plan, placeOf("compose"))).map((
      [name, text],
    ) => [`compose/${name}`, text]),
    ...Object.entries(kubernetesFiles(plan, placeOf("k8s"))).map(([name, text]) => [`k8s/${name}`, text]),
  ];
  return Object.fromEntries(all);
}

// deno-lint-ignore no-explicit-any -- values of YAML
export type Values = any;

/** The documents of a YAML file. */
export function documentsOf(text: string): Values[] {
  return text.split(/^---$/m).map((part) => parse(part));
}

/** The document of a kind. */
export function ofKind(text: string, kind: string): Values {
  return documentsOf(text).find((document) => document.kind === kind);
}
