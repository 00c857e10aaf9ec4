/** The package as its users run it, on each runtime: the two scenarios, and what is said where something cannot work. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { limited, limitTest } from "../support/limited.ts";
import { FlowProcess } from "../support/process.ts";
import type { TempFolder } from "../support/temp_folder.ts";
import { type RuntimeName, RUNTIMES } from "../../tools/runtimes.ts";
import { installed, pathOf, run } from "./_installed.ts";

const PLAIN = `static requests = { default: "foo" };\n  `;
const DECORATED = `@requests()\n  `;

/** An Executor in a file of its own, and what serves it. */
function reloadFiles(bind: string): { executor: string; flow: string } {
  return {
    executor: `import { Executor, requests } from "hotflow";
export class MyExecutor extends Executor {
  static source = import.meta.url;
  ${bind}foo(docs) {
    for (const doc of docs) doc.text = "I am coming from the first version of MyExecutor";
  }
}
`,
    flow: `import { Flow } from "hotflow";
import { MyExecutor } from "./my_executor.EXT";

const flow = await new Flow({ port: 0 }).add({ uses: MyExecutor, reload: true }).start();
console.log(flow.port);
await flow.block();
`,
  };
}

/** A script that defines its Executors, and serves the one that a YAML names. */
function restartFlow(bind: string): string {
  const executor = (name: string) =>
    `class ${name} extends Executor {
  ${bind}foo(docs) {
    for (const doc of docs) doc.text = "${name}";
  }
}
`;
  return `import { Executor, Flow, requests } from "hotflow";
${executor("MyExecutorBeforeRestart")}
${executor("MyExecutorAfterRestart")}
if (import.meta.main) {
  const flow = await new Flow({ port: 0 }).add({ uses: "executor.yml", restart: true }).start();
  console.log(flow.port);
  await flow.block();
}
`;
}

const CLIENT = `import { Client, DocumentArray } from "hotflow";
console.log((await new Client({ port: Number(process.argv[2]) }).post("/", DocumentArray.empty(1)))[0].text);
`;

/** One way to write Executors on one runtime. */
interface Way {
  readonly name: string;
  readonly runtime: RuntimeName;
  readonly args: readonly string[];
  readonly extension: string;
  readonly bind: string;
  readonly packages: readonly string[];
}

const WAYS: readonly Way[] = RUNTIMES.flatMap((runtime) => {
  const way = { runtime, args: [], packages: [] };
  const plain = { ...way, name: `${runtime}, plain JavaScript`, extension: "js", bind: PLAIN };
  if (runtime === "bun") {
    return [plain, { ...way, name: "bun, TypeScript with decorators", extension: "ts", bind: DECORATED }];
  }
  return [plain, { ...way, name: `${runtime}, TypeScript`, extension: "ts", bind: PLAIN }, {
    ...way,
    name: `${runtime}, TypeScript with decorators through tsx`,
    args: ["--import", "tsx"],
    extension: "ts",
    bind: DECORATED,
    packages: ["tsx@4"],
  }];
});

for (const way of WAYS) {
  Deno.test(`${way.name}: a saved Executor is reloaded, a broken one keeps the old version`, async () => {
    await using folder = await installed(way.packages);
    const command = [await pathOf(way.runtime), ...way.args];
    const { executor, flow } = reloadFiles(way.bind);
    const file = `my_executor.${way.extension}`;
    await folder.write(file, executor);
    await folder.write("client.js", CLIENT);
    await using running = await FlowProcess.serve(
      folder,
      flow.replace("EXT", way.extension),
      `flow.${way.extension}`,
      command,
    );
    const says = (text: string) => asked(folder, command, running.port, text);
    await says("I am coming from the first version of MyExecutor");

    await folder.write(file, executor.replace("the first version", "a new version"));
    const { message } = await running.log.waitFor(/INFO executor0\/rep-0 detected changes/);
    assertEquals(message, `detected changes in: ['${folder.at(file)}']. Refreshing the Executor`);
    await running.log.waitFor(/INFO executor0\/rep-0 version 2 serves after [\d.]+ ms$/);
    await says("I am coming from a new version of MyExecutor");

    const broken = executor.replace("foo(docs)", "foo((docs)");
    await folder.write(file, broken);
    await running.log.waitFor(/ERROR executor0\/rep-0 could not load the new version; version 2 keeps/);
    const line = broken.split("\n").findIndex((text) => text.includes("foo((")) + 1;
    const place = await running.log.waitFor(/SyntaxError: /);
    assertMatch(place.message, new RegExp(` at ${folder.at(file)}:${line}:\\d+$`));
    await says("I am coming from a new version of MyExecutor");

    await folder.write(file, executor.replace("the first version", "the last version"));
    await running.log.waitFor(/INFO executor0\/rep-0 version 4 serves/);
    await says("I am coming from the last version of MyExecutor");
    running.signal("SIGINT");
    assertEquals(await running.exited(), 0);
  });

  Deno.test(`${way.name}: a changed YAML puts the other class in its place`, async () => {
    await using folder = await installed(way.packages);
    const command = [await pathOf(way.runtime), ...way.args];
    const path = await folder.write("executor.yml", "jtype: MyExecutorBeforeRestart\n");
    await folder.write("client.js", CLIENT);
    await using running = await FlowProcess.serve(
      folder,
      restartFlow(way.bind),
      `yaml_flow.${way.extension}`,
      command,
    );
    await asked(folder, command, running.port, "MyExecutorBeforeRestart");
    await folder.write("executor.yml", "jtype: MyExecutorAfterRestart\n");
    const { message } = await running.log.waitFor(/INFO Flow change in/);
    const observed = `change in Executor configuration YAML ${path} observed, restarting Executor deployment`;
    assertEquals(message, observed);
    await running.log.waitFor(/INFO executor0\/rep-0 version 2 serves/);
    await asked(folder, command, running.port, "MyExecutorAfterRestart");
    await folder.write("executor.yml", "jtype: MyExecutorAftrRestart\n");
    await running.log.waitFor(/did you mean MyExecutorAfterRestart\? at .*executor\.yml:1:1$/);
    await asked(folder, command, running.port, "MyExecutorAfterRestart");
  });
}

/** Asks with the package's own client, in a process of its own. */
async function asked(
  folder: TempFolder,
  command: readonly string[],
  port: number,
  text: string,
): Promise<void> {
  const { stdout, stderr } = await run([...command, "client.js", String(port)], folder.path);
  assertEquals(stdout, text, stderr);
}

for (const runtime of RUNTIMES) {
  Deno.test(`${runtime}: what a handler gets is of the classes that its module imports`, async () => {
    await using folder = await installed();
    await folder.write(
      "same.js",
      `import { Document, DocumentArray, Executor } from "hotflow";
export class Same extends Executor {
  static requests = { default: "look" };
  look(docs) {
    const same = [docs instanceof DocumentArray, docs[0] instanceof Document, this instanceof Executor];
    docs[0].text = String(same);
  }
}
`,
    );
    const flow = `import { Flow } from "hotflow";
const flow = await new Flow({ port: 0 }).add({ uses: "./same.js" }).start();
console.log((await flow.post("/", [{}]))[0].text);
await flow.close();
`;
    await folder.write("flow.js", flow);
    const { stdout, stderr, code } = await run([await pathOf(runtime), "flow.js"], folder.path);
    assertEquals([code, stdout], [0, "true,true,true"], stderr);
  });

  Deno.test(`${runtime}: reload: "in-place" is taken, except by Bun, which says why`, async () => {
    await using folder = await installed();
    await folder.write("my_executor.js", reloadFiles(PLAIN).executor);
    await folder.write(
      "flow.yml",
      "jtype: Flow\nexecutors:\n  - { uses: my_executor.js, reload: in-place }\n",
    );
    const flow = `import { checkFlowYaml, Flow } from "hotflow";
const added = (() => {
  try {
    return new Flow().add({ uses: "./my_executor.js", reload: "in-place" }) && "taken";
  } catch ({ code, message }) {
    return code + " " + message;
  }
})();
console.log(added);
for (const { message } of await checkFlowYaml("flow.yml")) console.log(message);
`;
    await folder.write("flow.js", flow);
    const { stdout, stderr } = await run([await pathOf(runtime), "flow.js"], folder.path);
    const why = 'Bun has no hooks for resolving modules, so it cannot reload in place; use true or "fresh"';
    const refused = [
      `INVALID_ARGUMENT Cannot add an Executor with reload in-place: ${why}`,
      `\`executors[0].reload\`: ${why}`,
    ];
    assertEquals(stdout.split("\n"), runtime === "bun" ? refused : ["taken"], stderr);
  });

  Deno.test(`${runtime}: the package can be required from CommonJS`, async () => {
    await using folder = await installed([], "commonjs");
    await folder.write(
      "flow.js",
      `const { Executor, Flow } = require("hotflow"); console.log(typeof Flow, typeof Executor);`,
    );
    const { stdout, code, stderr } = await run([await pathOf(runtime), "flow.js"], folder.path);
    assertEquals([code, stdout], [0, "function function"], stderr);
  });

  Deno.test(`${runtime}: a port in use is named`, async () => {
    await using folder = await installed();
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = taken.addr as Deno.NetAddr;
    await folder.write("my_executor.js", reloadFiles(PLAIN).executor);
    const flow = `import { Flow } from "hotflow";
await new Flow({ port: ${port} }).add({ uses: "./my_executor.js" }).start();
`;
    await folder.write("flow.js", flow);
    const { code, stderr } = await run([await pathOf(runtime), "flow.js"], folder.path);
    assert(code !== 0);
    assertMatch(stderr, new RegExp(`Cannot serve at 127.0.0.1:${port}: the port is in use`));
  });
}

Deno.test("node 20: one clear sentence says which Node is needed", async () => {
  await using folder = await installed();
  await folder.write("flow.js", `import { Flow } from "hotflow"; new Flow();`);
  const { code, stderr } = await run([await pathOf("node 20"), "flow.js"], folder.path);
  assert(code !== 0);
  assertMatch(stderr, /^Error: Cannot run on Node\.js 20\.[\d.]+: hotflow needs 22\.18 or newer$/m);
});

Deno.test("node 24: where Node runs no decorators, the error says what to do", async () => {
  await using folder = await installed();
  await folder.write("my_executor.ts", reloadFiles(DECORATED).executor);
  const flow = `import { Flow } from "hotflow";
await new Flow({ port: 0 }).add({ uses: "./my_executor.ts" }).start();
`;
  await folder.write("flow.js", flow);
  const { code, stderr } = await run([await pathOf("node 24"), "flow.js"], folder.path);
  assert(code !== 0);
  assertMatch(stderr, /Node\.js itself runs no decorators: .*`node --import tsx flow\.ts`/);
  assertMatch(stderr, /my_executor\.ts:4:3/);
});

Deno.test("node 24: a module in a package that calls itself CommonJS is told how to be one", async () => {
  await using folder = await installed([], "commonjs");
  await folder.write("my_executor.js", reloadFiles(PLAIN).executor);
  const flow = `import { Flow } from "hotflow";
await new Flow({ port: 0 }).add({ uses: "./my_executor.js" }).start();
`;
  await folder.write("flow.mjs", flow);
  const { code, stderr } = await run([await pathOf("node 24"), "flow.mjs"], folder.path);
  assert(code !== 0);
  assertMatch(stderr, /outside a module; set `"type": "module"` in the nearest package\.json/);
});

for (const runtime of RUNTIMES) {
  limitTest(`${runtime}: where the system allows no more watches, folders are polled`, async () => {
    for (const what of ["watches", "instances"] as const) {
      await using folder = await installed();
      await folder.write("lib/a.js", "export const a = 1;\n");
      await folder.write("my_executor.js", reloadFiles(PLAIN).executor);
      const flow = reloadFiles(PLAIN).flow.replace("EXT", "js");
      const command = limited(what, what === "watches" ? 1 : 0, [await pathOf(runtime)]);
      await using running = await FlowProcess.serve(folder, flow, "flow.js", command);
      await running.log.waitFor(new RegExp(`^WARNING Flow the system .*fs.inotify.max_user_${what} `));
      await folder.write("lib/a.js", "export const a = 2;\n");
      await running.log.waitFor(/version 2 serves/);
    }
  });
}
