/** Permissions and environment variables of an Executor in a process of its own, on Deno. */
import { assertEquals, assertMatch, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { checkFlowYaml, Flow } from "../../mod.ts";
import { FlowProcess } from "../support/process.ts";
import { PACKAGE, target } from "../support/target.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { serveIsolated } from "./_isolated.ts";

/** An Executor that tries things, and tells how that went. */
const TRYING = `import { Executor, requests } from ${JSON.stringify(PACKAGE)};
import { prefix } from "./sub/prefix.ts";
export class Trying extends Executor {
  @requests({ on: "/read" })
  read(docs) { for (const doc of docs) doc.text = attempt(() => Deno.readTextFileSync(doc.text)); }
  @requests({ on: "/env" })
  env(docs) { for (const doc of docs) doc.text = attempt(() => JSON.stringify(globalThis.Deno ? Deno.env.toObject() : process.env)); }
  @requests({ on: "/fetch" })
  async fetch(docs) {
    for (const doc of docs) doc.text = await fetch(doc.text).then((answer) => answer.text(), (error) => error.name);
  }
}
function attempt(action) {
  try { return prefix + action(); } catch (error) { return prefix + error.name; }
}
`;

async function writeTrying(folder: TempFolder): Promise<void> {
  await folder.write("isolated.ts", TRYING);
  await folder.write("sub/prefix.ts", 'export const prefix = "v1 ";\n');
  await folder.write("data/note.txt", "a note");
  await folder.write("secret.txt", "a secret");
}

const onDeno = { ignore: target.name !== "deno" };

Deno.test("permissions are the process's own: what is listed, and the imports", onDeno, async () => {
  await using folder = await TempFolder.make();
  await writeTrying(folder);
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    () => new Response("reached"),
  );
  const { port } = server.addr;
  // Relative to the current folder, which is that of the script.
  const permissions = { read: ["./data"], net: [`127.0.0.1:${port}`] };
  await using running = await serveIsolated(folder, [{ name: "one", reload: true, permissions }]);
  const textOf = async (endpoint: string, text: string) => (await running.ask(endpoint, text)).text;
  assertEquals(await textOf("/read", folder.at("data/note.txt")), "v1 a note");
  assertEquals(await textOf("/read", folder.at("secret.txt")), "v1 NotCapable");
  assertEquals(await textOf("/read", "/etc/hostname"), "v1 NotCapable");
  assertEquals(await textOf("/env", ""), "v1 NotCapable");
  assertEquals(await textOf("/fetch", `http://127.0.0.1:${port}`), "reached");
  assertEquals(await textOf("/fetch", `http://127.0.0.1:${running.port}/status`), "NotCapable");
  // A file that was not there when the standby was started.
  await folder.write("sub/newer.ts", 'export const prefix = "v2 ";\n');
  await running.log.waitFor(/version 2 serves/);
  await folder.write("isolated.ts", TRYING.replace("prefix.ts", "newer.ts"));
  await running.log.waitFor(/version 3 serves/);
  assertEquals(await textOf("/read", folder.at("data/note.txt")), "v2 a note");
  assertEquals(await textOf("/read", folder.at("secret.txt")), "v2 NotCapable");
});

Deno.test("in place, a file that the process may not read yet takes a new process", onDeno, async () => {
  await using folder = await TempFolder.make();
  await writeTrying(folder);
  const add = { name: "one", reload: "in-place", permissions: { read: ["./data"] } } as const;
  await using running = await serveIsolated(folder, [add]);
  await folder.write("sub/newer.ts", 'export const prefix = "v2 ";\n');
  await running.log.waitFor(/version 2 serves .*in place/);
  await folder.write("isolated.ts", TRYING.replace("prefix.ts", "newer.ts"));
  await running.log.waitFor(/takes a new process/);
  await running.log.waitFor(/version 3 serves/);
  assertEquals((await running.ask("/read", folder.at("data/note.txt"))).text, "v2 a note");
  await folder.write("sub/newer.ts", 'export const prefix = "v3 ";\n');
  await running.log.waitFor(/version 4 serves .*in place/);
  assertEquals((await running.ask("/read", folder.at("secret.txt"))).text, "v3 NotCapable");
});

Deno.test("paths of permissions in a Flow's YAML are relative to it", onDeno, async () => {
  await using folder = await TempFolder.make();
  await writeTrying(folder);
  await folder.write(
    "sub/flow.yml",
    `jtype: Flow
executors:
  - uses: ../isolated.ts
    isolation: process
    permissions: { read: [../data] }
`,
  );
  await using running = await FlowProcess.serve(
    folder,
    `import { Flow } from ${JSON.stringify(PACKAGE)};
const flow = await (await Flow.load("sub/flow.yml", { port: 0 })).start();
console.log(flow.port);
await flow.block();
`,
  );
  assertEquals((await running.ask("/read", folder.at("data/note.txt"))).text, "v1 a note");
  assertEquals((await running.ask("/read", folder.at("secret.txt"))).text, "v1 NotCapable");
});

Deno.test("env replaces the inherited variables", async () => {
  await using folder = await TempFolder.make();
  await writeTrying(folder);
  await using running = await serveIsolated(folder, [{ name: "one", env: { MODE: "test" } }]);
  assertEquals((await running.ask("/env")).text, 'v1 {"MODE":"test"}');
});

Deno.test("env may contain another home folder: packages are found all the same", onDeno, async () => {
  await using folder = await TempFolder.make();
  await writeTrying(folder);
  const env = { HOME: folder.path, XDG_CACHE_HOME: folder.path };
  await using running = await serveIsolated(folder, [{ name: "one", env }]);
  assertEquals(JSON.parse((await running.ask("/env")).text.replace("v1 ", "")), env);
});

Deno.test("without env, a process has the variables of the Flow", async () => {
  await using folder = await TempFolder.make();
  await writeTrying(folder);
  await using running = await serveIsolated(folder, [{ name: "one" }]);
  assertStringIncludes((await running.ask("/env")).text, '"PATH":');
});

Deno.test("what only a process has is refused without isolation, in code and in YAML", async () => {
  for (const options of [{ memory: 512 }, { permissions: { read: true } }, { env: { A: "b" } }]) {
    const [name] = Object.keys(options);
    const error = assertThrows(() => new Flow().add({ uses: "./a.ts", ...options }), TypeError);
    assertMatch(error.message, new RegExp(`^Cannot add an Executor with ${name}: .*isolation`));
    assertEquals((error as Error & { code?: string }).code, "INVALID_ARGUMENT");
  }
  await using folder = await TempFolder.make();
  await folder.write("a.ts", "export {};\n");
  const item = "  - uses: a.ts\n    memory: 512\n";
  const path = await folder.write("flow.yml", `jtype: Flow\nexecutors:\n${item}`);
  const [problem] = await checkFlowYaml(path);
  assertEquals([problem.path, problem.place.line], ["executors[0].memory", 4]);
  assertMatch(problem.message, /isolation/);
});

Deno.test("invalid values are refused, with what is expected", () => {
  for (
    const [options, expected] of [
      [{ isolation: "container" }, /expected "thread" or "process"/],
      [{ memory: 1 }, /expected a whole number from 32/],
      [{ permissions: { reed: true } }, /unknown kind "reed"; known: read/],
      [{ permissions: { read: "./data" } }, /`read` has to be true, false or a list/],
      [{ env: ["A"] }, /expected an object of texts/],
      [{ env: { A: 1 } }, /A.*expected a text/],
      [{ env: { A: "x\0y" } }, /A.*null character/],
    ] as [object, RegExp][]
  ) {
    const add = { uses: "./a.ts", isolation: "process", ...options };
    assertMatch(assertThrows(() => new Flow().add(add as never), Error).message, expected);
  }
});

Deno.test("env in a Flow's YAML is what is written there, and problems name the variable", async () => {
  await using folder = await TempFolder.make();
  await writeTrying(folder);
  const yaml = (env: string) =>
    folder.write(
      "flow.yml",
      `jtype: Flow
executors:
  - uses: isolated.ts
    isolation: process
    env: ${env}
`,
    );
  for (const [env, name] of [["{ A: null }", "A"], ["{ A: x, B: [1] }", "B"]]) {
    const [problem] = await checkFlowYaml(await yaml(env));
    assertEquals(problem.path, `executors[0].env.${name}`);
    assertMatch(problem.message, /has to be a text/);
  }
  await yaml('{ V: 1.10, O: 0755, T: True, D: 2026-01-01, S: "1.0", E: "${{ ENV.PATH }}" }');
  await using running = await FlowProcess.serve(
    folder,
    `import { Flow } from ${JSON.stringify(PACKAGE)};
const flow = await (await Flow.load("flow.yml", { port: 0 })).start();
console.log(flow.port);
await flow.block();
`,
  );
  const seen = JSON.parse((await running.ask("/env")).text.replace("v1 ", ""));
  const { E: path, ...others } = seen;
  assertEquals(others, { V: "1.10", O: "0755", T: "True", D: "2026-01-01", S: "1.0" });
  assertEquals(path, Deno.env.get("PATH"));
});

Deno.test("isolation that overrides the file's is named where it does not fit", async () => {
  await using folder = await TempFolder.make();
  await folder.write("a.ts", "export {};\n");
  const item = "  - uses: a.ts\n    isolation: process\n    memory: 128\n";
  const path = await folder.write("flow.yml", `jtype: Flow\nexecutors:\n${item}`);
  const error = await assertRejects(() => Flow.load(path, { isolation: "thread" }));
  assertMatch((error as Error).message, /`executors\[0\]\.memory`: .*`--isolation thread`.*overrides/);
});
