/** The files that `hotflow new` writes. @module */
import { flowSchema, schemaText } from "../options/schema.ts";

/** The runtime that a project is for. */
export type Target = "deno" | "node" | "bun";

/** Where hotflow is installed from, when not from a registry. */
export interface Origin {
  /** The folder of its source. */
  readonly checkout?: string;
  /** The folder or the tarball of its npm package. */
  readonly npm?: string;
}

/** The values that differ between projects. */
export interface Project extends Origin {
  /** The package's name, derived from the folder's. */
  readonly name: string;
  /** hotflow's version. */
  readonly version: string;
}

/** The files of a project, by name. */
export function filesOf(target: Target, project: Project): Readonly<Record<string, string>> {
  const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
  return target === "deno"
    ? {
      "deno.json": json(denoConfig(project)),
      "my_executor.ts": executorOf("@hotflow/hotflow", true),
      "my_executor_test.ts": DENO_TEST,
      "flow.yml": flowOf("flow.schema.json"),
      // A package from JSR is in no folder of the project.
      "flow.schema.json": schemaText(flowSchema()),
      ".gitignore": ".hotflow/\n",
    }
    : {
      "package.json": json(manifestOf(target, project)),
      "flow.yml": flowOf("node_modules/hotflow/schema/flow.schema.json"),
      // Node cannot run decorators.
      "my_executor.ts": executorOf("hotflow", target === "bun"),
      "my_executor.test.ts": nodeTest(target),
      ".gitignore": ".hotflow/\nnode_modules/\n",
    };
}

/** The commands to run next; `checkout` is the folder of hotflow's source, when the project uses that. */
export function nextSteps(target: Target, deno: string, checkout?: string): readonly string[] {
  if (target === "node") return ["npm install", "npm start", "npm test"];
  if (target === "bun") return ["bun install", "bun run start", "bun test"];
  // deno task would print the tasks of a checkout, which are long.
  const task = checkout === undefined ? `${deno} task` : `${deno} task -q`;
  return [`${task} start`, `${task} test`];
}

function denoConfig({ version, checkout }: Project): object {
  const specifier = `jsr:@hotflow/hotflow@^${version}`;
  // The launcher finds the packages that hotflow needs even where JSR is out of reach.
  const deno = checkout === undefined
    ? "deno"
    : `deno run -A --no-config ${JSON.stringify(`${checkout}/tools/launch.ts`)} --own-config`;
  return {
    tasks: { start: `${deno} run -A ${specifier}/cli serve my_executor.ts`, test: `${deno} test -A` },
    imports: { "@hotflow/hotflow": specifier },
    // Without a lock file: the checksums of packages from another source than JSR differ.
    ...(checkout !== undefined && { links: [checkout], lock: false }),
  };
}

function manifestOf(target: Target, { name, version, npm }: Project): object {
  return {
    name,
    private: true,
    type: "module",
    scripts: target === "bun"
      ? { start: "bun --bun hotflow serve my_executor.ts", test: "bun test" }
      : { start: "hotflow serve my_executor.ts", test: "node --test" },
    dependencies: { hotflow: npm === undefined ? `^${version}` : `file:${npm}` },
  };
}

function executorOf(from: string, isDecorated: boolean): string {
  const table = '  static requests = { default: "greet", "/shout": "shout" };\n\n';
  const decorator = (options: string) => isDecorated ? `  @requests(${options})\n` : "";
  return `import { type DocumentArray, Executor${isDecorated ? ", requests" : ""} } from "${from}";

export class MyExecutor extends Executor {
${isDecorated ? "" : table}${decorator("")}  greet(docs: DocumentArray) {
    for (const doc of docs) doc.text = \`hello \${doc.text}\`;
  }

${decorator('{ on: "/shout" }')}  shout(docs: DocumentArray) {
    for (const doc of docs) doc.text = \`\${doc.text.toUpperCase()}!\`;
  }
}
`;
}

/** The same Executor as a Flow, with the schema that editors complete and check it by. */
function flowOf(schema: string): string {
  return `# yaml-language-server: $schema=${schema}
# hotflow flow flow.yml serves this.
jtype: Flow
executors:
  - uses: my_executor.ts
`;
}

const DENO_TEST = `import { strictEqual } from "node:assert/strict";
import { Flow } from "@hotflow/hotflow";

Deno.test("MyExecutor greets, and shouts", async () => {
  const uses = new URL("./my_executor.ts", import.meta.url);
  await using flow = await new Flow({ port: 0 }).add({ uses }).start();
  strictEqual((await flow.post("/", { text: "you" }))[0].text, "hello you");
  strictEqual((await flow.post("/shout", { text: "you" }))[0].text, "YOU!");
});
`;

function nodeTest(target: "node" | "bun"): string {
  return `import { strictEqual } from "node:assert/strict";
import { test } from "${target}:test";
import { Flow } from "hotflow";

test("MyExecutor greets, and shouts", async () => {
  const uses = new URL("./my_executor.ts", import.meta.url);
  const flow = await new Flow({ port: 0 }).add({ uses }).start();
  try {
    strictEqual((await flow.post("/", { text: "you" }))[0].text, "hello you");
    strictEqual((await flow.post("/shout", { text: "you" }))[0].text, "YOU!");
  } finally {
    await flow.close();
  }
});
`;
}
