/** `Flow.reload()`: everything is loaded anew, whether or not it has changed. */
import { assertEquals, assertInstanceOf, assertMatch, assertRejects } from "@std/assert";
import { Flow, LoadError } from "../../mod.ts";
import { LogTrap } from "../support/log_trap.ts";
import { executorSource } from "../support/flow_fixture.ts";
import { TempFolder } from "../support/temp_folder.ts";

/** Counts the requests since it was made. */
const COUNTER = executorSource("unused").replace(
  /foo\(docs\) \{.*\}/,
  "foo(docs) { this.count = (this.count ?? 0) + 1; for (const doc of docs) doc.text = String(this.count); }",
);

Deno.test("reload() loads a new version of an Executor whose files have not changed and are not watched", async () => {
  await using folder = await TempFolder.make();
  const log = new LogTrap();
  const uses = await folder.write("my_executor.ts", COUNTER);
  await using flow = await new Flow({ port: 0, log: log.sink }).add({ uses }).start();
  const ask = async () => (await flow.post("/", { text: "" }))[0].text;
  assertEquals([await ask(), await ask()], ["1", "2"]);
  await flow.reload();
  assertEquals([await ask(), await ask()], ["1", "2"]);
  await flow.reload({ fresh: true });
  assertEquals(await ask(), "1");
  const { event } = await log.waitFor(/executor0\/rep-0 version 2 serves after/);
  assertEquals(event?.kind === "served" && [event.cause, event.files, event.version], ["reload", [], 2]);
});

Deno.test("reload() loses no request, and gives every deployment and replica a new version", async () => {
  await using folder = await TempFolder.make();
  const log = new LogTrap();
  const uses = await folder.write("my_executor.ts", executorSource("a"));
  const other = await folder.write("other.ts", executorSource("b"));
  await using flow = await new Flow({ port: 0, log: log.sink })
    .add({ uses, replicas: 2, reload: true }).add({ uses: other }).start();
  const asked = Array.from({ length: 20 }, () => flow.post("/", { text: "" }));
  await Promise.all([flow.reload(), flow.reload(), ...asked]);
  const status = await (await fetch(`http://127.0.0.1:${flow.port}/status`)).json();
  for (const { version, lastError } of status.deployments) {
    assertEquals([version >= 2, lastError], [true, null]);
  }
  assertEquals((await Promise.all(asked)).map(([doc]) => doc.text), Array(20).fill("b"));
});

Deno.test("reload() rejects with what is wrong while the version before keeps serving, and recovers", async () => {
  await using folder = await TempFolder.make();
  const log = new LogTrap();
  const uses = await folder.write("my_executor.ts", executorSource("good"));
  await using flow = await new Flow({ port: 0, log: log.sink }).add({ uses }).start();
  await folder.write("my_executor.ts", executorSource("bad").replace("foo(docs)", "foo((docs)"));
  const error = await assertRejects(() => flow.reload());
  assertInstanceOf(error, LoadError);
  assertEquals(error.place, { file: uses, line: 4, column: 7 });
  assertEquals((await flow.post("/", { text: "" }))[0].text, "good");
  const failed = await log.waitFor(/ERROR executor0\/rep-0 could not load the new version; version 1 keeps/);
  assertEquals(failed.event?.kind === "failed" && [failed.event.serving, failed.event.error.place], [
    1,
    error.place,
  ]);
  await folder.write("my_executor.ts", executorSource("better"));
  await flow.reload();
  assertEquals((await flow.post("/", { text: "" }))[0].text, "better");
});

Deno.test("reload() reads a YAML again, whether or not it is watched", async () => {
  await using folder = await TempFolder.make();
  await folder.write("one.ts", executorSource("one", "One"));
  await folder.write("two.ts", executorSource("two", "Two"));
  const yaml = (name: string) => `jtype: ${name}\nmetas:\n  modules: [one.ts, two.ts]\n`;
  const uses = await folder.write("executor.yml", yaml("One"));
  await using flow = await new Flow({ port: 0, log: () => {} }).add({ uses }).start();
  await folder.write("executor.yml", yaml("Two"));
  await flow.reload();
  assertEquals((await flow.post("/", { text: "" }))[0].text, "two");
});

Deno.test("reload() refuses a Flow that does not run", async () => {
  const flow = new Flow({ port: 0, log: () => {} });
  const before = await assertRejects(() => flow.reload(), Error);
  assertMatch(before.message, /^Cannot reload a Flow that is not running: start it first$/);
  await flow.close();
  await assertRejects(() => flow.reload(), Error, "Cannot reload a Flow");
  await assertRejects(
    () => flow.reload({ frsh: true } as never),
    TypeError,
    'Cannot reload a Flow with the option "frsh"; did you mean "fresh"?',
  );
});
