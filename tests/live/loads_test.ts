/** What the events say of saves: loads, their parts, what has changed, and errors. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { executorSource, PACKAGE } from "../support/flow_fixture.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { Served } from "../flow/_serve.ts";
import { EventReader } from "./_reader.ts";

const FILE = "my_executor.ts";

Deno.test("GET /events says hello, then what each save has changed and how long its parts took", async () => {
  await using folder = await TempFolder.make();
  const uses = await folder.write(FILE, executorSource("v1"));
  await using served = await Served.start({ uses, name: "mine", reload: true });
  await using reader = await EventReader.open(served.at("/"));
  const hello = await reader.next("hello");
  assertEquals(hello.id, `${hello.boot}-0`);
  assertEquals([hello.status.deployments[0].name, hello.status.page, hello.troubles], ["mine", true, []]);
  assertEquals([hello.process.pid, hello.editor], [Deno.pid, "vscode://file/{path}:{line}:{column}"]);
  assertEquals(hello.loads.map(({ cause, files }) => [cause, files]), [["start", []]]);
  assertEquals(hello.log.map(({ name }) => name), ["Flow"]);

  await folder.write(FILE, executorSource("v2"));
  assertEquals((await reader.next("changed")).files, [uses]);
  const load = await reader.next("load");
  assertEquals([load.deployment, load.version, load.cause, load.error], ["mine", 2, "reload", undefined]);
  assertEquals(load.files.map(({ path }) => path), [uses]);
  assertMatch(load.files[0].diff!, /^@@ -1,6 \+1,6 @@\n(?: .*\n){3}-.*"v1".*\n\+.*"v2".*\n/);
  const { event = -1, load: imported = -1, setup = -1, swap = -1 } = load.phases;
  for (const ms of [event, imported, setup, swap]) assert(ms >= 0, JSON.stringify(load.phases));
  assert(Math.abs(imported + setup + swap - load.ms) < 0.1, JSON.stringify(load));
  const { deployment } = await reader.next("deployment", ({ deployment: { version } }) => version === 2);
  assertEquals([deployment.name, deployment.history.length], ["mine", 2]);
  assertEquals(
    (await reader.next("log", ({ message }) => message.startsWith("version 2 serves"))).level,
    "info",
  );
});

Deno.test("GET /events says why a load failed, and which good save or undone one ends that", async () => {
  await using folder = await TempFolder.make();
  const uses = await folder.write(FILE, executorSource("v1"));
  await using served = await Served.start({ uses, name: "mine", reload: true });
  await using reader = await EventReader.open(served.at("/"));
  await reader.next("hello");

  const broken = executorSource("v1").replace("foo(docs)", "foo((docs)");
  await folder.write(FILE, broken);
  const failed = await reader.next("load");
  assertEquals([failed.error?.file, failed.error?.line], [uses, 4]);
  assertMatch(failed.error!.snippet!, /\^/);
  assertMatch(failed.files[0].diff!, /^\+ .*foo\(\(docs\)/m);
  assertEquals(Object.keys(failed.phases), ["event", "load"]);
  await reader.next("deployment", ({ deployment: { lastError } }) => lastError !== null);

  await folder.write(FILE, executorSource("v1"));
  assertEquals((await reader.next("reverted")).deployment, "mine");
  await folder.write(FILE, executorSource("v3"));
  const good = await reader.next("load", ({ error }) => error === undefined);
  assertMatch(good.files[0].diff!, /^-.*"v1".*\n\+.*"v3"/m);
});

const SETS_UP = executorSource("v1", "MyExecutor", "  setup() { throw new RangeError('no model'); }");

Deno.test("GET /events has the part of a load that failed: setup() was reached", async () => {
  await using folder = await TempFolder.make();
  const uses = await folder.write(FILE, executorSource("v1"));
  await using served = await Served.start({ uses, reload: true });
  await using reader = await EventReader.open(served.at("/"));
  await reader.next("hello");
  await folder.write(FILE, SETS_UP);
  const { error, phases } = await reader.next("load");
  assertEquals([error?.name, Object.keys(phases)], ["RangeError", ["event", "load", "setup"]]);
});

const READS = `import { Executor, requests } from ${JSON.stringify(PACKAGE)};
import { word } from "./word.ts";
export class Reads extends Executor {
  @requests() say(docs) { for (const doc of docs) doc.text = word; }
}
`;

Deno.test("GET /events shows changes of modules alone: not of files of watch, of YAML, or of data", async () => {
  await using folder = await TempFolder.make();
  await folder.write("reads.ts", READS);
  await folder.write("word.ts", 'export const word = "one";\n');
  await folder.write(".env", "TOKEN=secret-1\n");
  const uses = await folder.write(
    "executor.yml",
    "jtype: Reads\nwith: { key: secret-1 }\npy_modules: [reads.ts]\n",
  );
  await using served = await Served.start({ uses, reload: true, restart: true, watch: [".env"] });
  await using reader = await EventReader.open(served.at("/"));
  await reader.next("hello");

  const change = async (name: string, text: string) => {
    const from = reader.events.length;
    const path = await folder.write(name, text);
    return (await reader.next("load", ({ files }) => files.some((one) => one.path === path), from)).files;
  };
  assertMatch(
    (await change("word.ts", 'export const word = "two";\n'))[0].diff!,
    /\+export const word = "two";/,
  );
  const files = [
    ...await change(".env", "TOKEN=secret-2\n"),
    ...await change("executor.yml", "jtype: Reads\nwith: { key: secret-2 }\npy_modules: [reads.ts]\n"),
  ];
  assertEquals(files.map(({ path, ...rest }) => [path, rest]), [[folder.at(".env"), {}], [uses, {}]]);
  const loads = reader.events.filter(({ kind }) => kind !== "hello");
  assertEquals(JSON.stringify(loads).includes("secret"), false);
});

Deno.test("GET /events has the times of a load in place, and what was kept", async () => {
  await using folder = await TempFolder.make();
  const source = (text: string) =>
    executorSource(text, "MyExecutor", "  async setup() { await this.keep('model', () => ({})); }");
  const uses = await folder.write(FILE, source("v1"));
  await using served = await Served.start({ uses, reload: "in-place" });
  await using reader = await EventReader.open(served.at("/"));
  await reader.next("hello");
  await folder.write(FILE, source("v2"));
  const { kept, phases, files } = await reader.next("load");
  assertEquals([kept, Object.keys(phases)], [["model"], ["event", "load", "setup", "swap"]]);
  assertMatch(files[0].diff!, /"v2"/);
});

Deno.test("GET /events shows with a good load what was saved for loads that had failed before", async () => {
  await using folder = await TempFolder.make();
  await folder.write("word.ts", 'export const word = "one";\n');
  const uses = await folder.write("reads.ts", READS);
  await using served = await Served.start({ uses, name: "mine", reload: true });
  await using reader = await EventReader.open(served.at("/"));
  await reader.next("hello");
  await folder.write("reads.ts", READS.replace("say(docs)", "say((docs)"));
  await reader.next("load", ({ error }) => error !== undefined);
  const from = reader.events.length;
  const word = await folder.write("word.ts", 'export const word = "two";\n');
  const broken = await reader.next("load", () => true, from);
  assertEquals(broken.files.map(({ path }) => path), [word, uses]);
  await folder.write("reads.ts", READS);
  const good = await reader.next("load", ({ error }) => error === undefined);
  assertEquals(good.files.map(({ path, diff }) => [path, diff?.split("\n").at(-1)]), [
    [uses, ""],
    [word, '+export const word = "two";'],
  ]);
});

Deno.test("GET /events says that a save was undone before its load had ended", async () => {
  await using folder = await TempFolder.make();
  const source = (text: string, setUp: string) =>
    executorSource(text, "MyExecutor", `  async setup() {${setUp}}`);
  const uses = await folder.write(FILE, source("v1", ""));
  await using served = await Served.start({ uses, name: "mine", reload: true });
  await using reader = await EventReader.open(served.at("/"));
  await reader.next("hello");
  await folder.write(FILE, source("v2", " await new Promise(() => setInterval(() => {}, 1000)); "));
  await reader.next("changed");
  await folder.write(FILE, source("v1", ""));
  assertEquals((await reader.next("reverted")).deployment, "mine");
});
