/** `static exclusive = true`: versions that are never there together, since only one can hold what they need. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Latch } from "../support/latch.ts";
import { target } from "../support/target.ts";
import { FlowFixture } from "../support/flow_fixture.ts";
import { FILE, Reloading } from "../support/reloading.ts";
import { ask } from "../support/traffic.ts";
import { EXIT, flowYaml, freePort, GREETING, holding, SLOW } from "./_holding.ts";
import { executorWith, reloadTest } from "./_serving.ts";

reloadTest(
  "an exclusive Executor that holds a port is reloaded under traffic: nothing is lost",
  async (fixture) => {
    const port = freePort();
    const reloading = await Reloading.begin(fixture, { files: { [FILE]: holding(port, "v1") }, clients: 4 });
    for (const text of ["v2", "v3", "v4"]) await reloading.saved(text, holding(port, text));
    assertEquals(reloading.traffic.texts, ["v1", "v2", "v3", "v4"]);
    await fixture.assertNothingLost();
  },
);

reloadTest("an index that close() saves and setup() loads keeps what came in between", async (fixture) => {
  const path = JSON.stringify(fixture.folder.at("index.json"));
  const indexing = (text: string) =>
    executorWith(
      `  static exclusive = true;
  index = [];
  setup() { try { this.index = JSON.parse(readFileSync(${path}, "utf8")); } catch { this.index = []; } }
  close() { writeFileSync(${path}, JSON.stringify(this.index)); }
  @requests()
  foo(docs) { for (const doc of docs) doc.text = ${JSON.stringify(text)}; }
  @requests({ on: "/add" })
  add(docs) { for (const doc of docs) this.index.push(doc.text); }
`,
      'import { readFileSync, writeFileSync } from "node:fs";',
    );
  const reloading = await Reloading.begin(fixture, { files: { [FILE]: indexing("v1") } });
  for (const text of ["one", "two"]) await fixture.ask("/add", text);
  await reloading.saved("v2", indexing("v2"));
  await fixture.ask("/add", "three");
  await fixture.assertNothingLost();
  await fixture.close();
  assertEquals(JSON.parse(await Deno.readTextFile(fixture.folder.at("index.json"))), ["one", "two", "three"]);
});

for (const [name, fails] of [["before", "before"], ["after", "after"]] as const) {
  reloadTest(`a setup() that throws ${name} it holds the port: the old object continues`, async (fixture) => {
    const port = freePort();
    const reloading = await Reloading.begin(fixture, { files: { [FILE]: holding(port, "v1") } });
    const broken = holding(port, "v2", { [fails]: 'throw new RangeError("no model");' });
    const mark = fixture.log.mark;
    await fixture.folder.write(FILE, broken);
    const { message } = await fixture.log.waitFor(/ERROR .* version 1 keeps serving/, mark);
    assertMatch(message, /RangeError: no model at \/\S+my_executor\.ts:\d+:\d+/);
    await reloading.only("v1");
    const { body } = await fixture.ask();
    assertEquals(JSON.parse(body).data[0].tags.setups, 2, "setup() of the old object ran again");
    await reloading.saved("v3", holding(port, "v3"));
    assertEquals(reloading.traffic.texts, ["v1", "v3"]);
    await fixture.assertNothingLost();
  });
}

reloadTest("a broken file closes nothing", async (fixture) => {
  const port = freePort();
  const reloading = await Reloading.begin(fixture, { files: { [FILE]: holding(port, "v1") } });
  await reloading.breaks(
    { says: /SyntaxError/, file: FILE, spot: { line: 6, column: 7 } },
    () => fixture.folder.write(FILE, holding(port, "v2").replace("foo(docs)", "foo((docs)")),
  );
  assertEquals(JSON.parse((await fixture.ask()).body).data[0].tags.setups, 1);
  await fixture.assertNothingLost();
});

reloadTest(
  "neither the new nor the old one can be set up: 503 with both reasons, until a good save",
  async (fixture) => {
    const port = freePort();
    const once = 'if (this.setups > 0) throw new Error("only once");';
    await fixture.folder.write(FILE, holding(port, "v1", { before: once }));
    await fixture.serve({ uses: FILE, reload: true });
    await fixture.folder.write(FILE, holding(port, "v2", { before: 'throw new Error("no model");' }));
    const { message } = await fixture.log.waitFor(/ERROR .*nothing serves until the next good save/);
    assertMatch(message, /no model; version 1 could not continue either: .*only once/);
    const { status, body } = await fixture.ask();
    assertEquals(status, 503);
    assertMatch(body, /no model; version 1 could not continue either: .*only once/);
    await fixture.folder.write(FILE, holding(port, "v3"));
    await fixture.log.waitFor(/version 3 serves/);
    assertEquals((await fixture.ask()).text, "v3");
  },
);

reloadTest(
  "calls in flight finish; those that take longer than exclusiveTimeout are cut with 503",
  async (fixture) => {
    const port = freePort();
    const source = (text: string) => holding(port, text, { more: SLOW });
    await fixture.folder.write(FILE, source("v1"));
    await fixture.serve({ uses: FILE, reload: true }, { exclusiveTimeout: 300 });
    await using quick = new Latch();
    const answered = fixture.ask("/slow", "x", { latch: quick.url });
    await quick.reached();
    await fixture.folder.write(FILE, source("v2"));
    await fixture.log.waitFor(/detected changes/);
    quick.open();
    assertEquals((await answered).text, "v1");
    await fixture.log.waitFor(/version 2 serves/);
    assertEquals((await fixture.ask()).text, "v2");

    await using never = new Latch();
    const mark = fixture.log.mark;
    const cut = fixture.ask("/slow", "x", { latch: never.url });
    await never.reached();
    await fixture.folder.write(FILE, source("v3"));
    const { status, body } = await cut;
    assertEquals(status, 503);
    assertMatch(body, /cut after 300 ms: .*exclusiveTimeout/);
    await fixture.log.waitFor(/WARNING .*requests in flight that were cut after 300 ms.*: 1/, mark);
    await fixture.log.waitFor(/version 3 serves/, mark);
    assertEquals((await fixture.ask()).text, "v3");
  },
);

reloadTest("a save during the setup of a version goes straight to the newest one", async (fixture) => {
  const port = freePort();
  const path = JSON.stringify(fixture.folder.at("setups.txt"));
  const note = (text: string) => `(await import("node:fs")).appendFileSync(${path}, "${text} ");`;
  await using latch = new Latch();
  const wait = `await (await fetch("${latch.url}")).text();`;
  const reloading = await Reloading.begin(fixture, {
    files: { [FILE]: holding(port, "v1", { before: note("v1") }) },
  });
  await fixture.folder.write(FILE, holding(port, "v2", { before: note("v2"), after: wait }));
  await latch.reached();
  await reloading.saved("v3", holding(port, "v3", { before: note("v3") }));
  const setups = (await Deno.readTextFile(fixture.folder.at("setups.txt"))).trim().split(" ");
  assertEquals(setups.slice(0, 2), ["v1", "v2"]);
  // What the terminated worker held may take another try.
  assertEquals(new Set(setups.slice(2)), new Set(["v3"]));
  assertEquals(reloading.traffic.texts, ["v1", "v3"]);
  await fixture.assertNothingLost();
});

Deno.test({
  name: "in place, a version that a save overtakes in its setup() is closed before the newest is set up",
  // Bun cannot reload in place.
  ignore: target.name === "bun",
  async fn() {
    await using fixture = await FlowFixture.make(false, true);
    const port = freePort();
    const path = JSON.stringify(fixture.folder.at("setups.txt"));
    const before = (text: string) => `(await import("node:fs")).appendFileSync(${path}, "${text} ");`;
    await using latch = new Latch();
    const after = `await (await fetch("${latch.url}")).text();`;
    const reloading = await Reloading.begin(fixture, { files: { [FILE]: holding(port, "v1") } });
    await fixture.folder.write(FILE, holding(port, "v2", { before: before("v2"), after }));
    await latch.reached();
    const mark = fixture.log.mark;
    await reloading.becomes("v3", FILE, async () => {
      await fixture.folder.write(FILE, holding(port, "v3", { before: before("v3") }));
      await fixture.log.waitFor(/detected changes/, mark);
      // Time for a setup() that would fail, since the port is still in use.
      for (let round = 0; round < 50; round++) await fixture.status();
      latch.open();
    });
    assertEquals(await Deno.readTextFile(fixture.folder.at("setups.txt")), "v2 v3 ");
    assertEquals(reloading.traffic.texts, ["v1", "v3"]);
    await fixture.assertNothingLost();
  },
});

reloadTest(
  "the files are put back during the setup of a version: the old object continues",
  async (fixture) => {
    const port = freePort();
    await using latch = new Latch();
    const wait = `await (await fetch("${latch.url}")).text();`;
    const reloading = await Reloading.begin(fixture, { files: { [FILE]: holding(port, "v1") } });
    await fixture.folder.write(FILE, holding(port, "v2", { after: wait }));
    await latch.reached();
    const mark = fixture.log.mark;
    await fixture.folder.write(FILE, holding(port, "v1"));
    await fixture.log.waitFor(/version \d+ serves/, mark);
    await reloading.only("v1");
    assertEquals(reloading.traffic.texts, ["v1"]);
    await fixture.assertNothingLost();
  },
);

reloadTest("the old class or the new one says it: both ways take turns", async (fixture) => {
  const port = freePort();
  const reloading = await Reloading.begin(fixture, {
    files: { [FILE]: holding(port, "v1", { exclusive: false }) },
  });
  await reloading.saved("v2", holding(port, "v2"));
  await reloading.saved("v3", holding(port, "v3", { exclusive: false }));
  await fixture.assertNothingLost();
});

reloadTest("without it, the log names it as the remedy", async (fixture) => {
  const port = freePort();
  const source = (text: string) => holding(port, text, { exclusive: false });
  const reloading = await Reloading.begin(fixture, { files: { [FILE]: source("v1") } });
  await fixture.folder.write(FILE, source("v2"));
  const { message } = await fixture.log.waitFor(/ERROR .*version 1 keeps serving/);
  assertMatch(message, /in use.*`static exclusive = true` in the class makes that version close/is);
  await reloading.only("v1");
  await fixture.assertNothingLost();
});

reloadTest("a restart takes turns, and a state goes from one to the next on a reload", async (fixture) => {
  const port = freePort();
  const state = `  count = 0;
  @requests({ on: "/count" })
  counts(docs) { for (const doc of docs) doc.text = String(++this.count); }
  saveState() { return this.count; }
  restoreState(count) { this.count = count; }
`;
  const source = (text: string) => holding(port, text, { more: state });
  const yaml = (note: string) => `jtype: MyExecutor\nmetas: { modules: [${FILE}], description: ${note} }\n`;
  const reloading = await Reloading.begin(fixture, {
    files: { [FILE]: source("v1"), "executor.yml": yaml("one") },
    add: { uses: "executor.yml", restart: true },
  });
  for (const expected of ["1", "2"]) assertEquals((await fixture.ask("/count")).text, expected);
  await reloading.saved("v2", source("v2"));
  assertEquals((await fixture.ask("/count")).text, "3");
  const mark = fixture.log.mark;
  await fixture.folder.write("executor.yml", yaml("two"));
  await fixture.log.waitFor(/version 3 serves/, mark);
  assertEquals((await fixture.ask("/count")).text, "1");
  await fixture.assertNothingLost();
});

reloadTest("a replica that dies is replaced, although it held the port", async (fixture) => {
  const port = freePort();
  const source = holding(port, "v1", { more: EXIT });
  await fixture.folder.write(FILE, source);
  await fixture.serve({ uses: FILE, reload: true });
  const [dead] = await Promise.all([fixture.ask("/exit"), fixture.log.waitFor(/it is replaced/)]);
  assertEquals(dead.status, 503);
  assertEquals((await fixture.ask()).text, "v1");
  assertEquals(fixture.log.count(/could not be replaced/), 0);
});

reloadTest(
  "a close() that never ends is cut after closeTimeout, and the next version serves",
  async (fixture) => {
    const port = freePort();
    const source = (text: string, close?: string) =>
      holding(port, text, close === undefined ? {} : { close });
    const reloading = await Reloading.begin(fixture, {
      files: { [FILE]: source("v1", "await new Promise(() => {});") },
      flow: { closeTimeout: 200 },
    });
    await reloading.saved("v2", source("v2"));
    await fixture.log.waitFor(
      /WARNING .*close\(\) of version 1 failed: close\(\) did not end within 200 ms; `closeTimeout`/,
    );
    await fixture.assertNothingLost();
  },
);

reloadTest("several replicas of an exclusive class are refused", async (fixture) => {
  const port = freePort();
  await fixture.folder.write(FILE, holding(port, "v1"));
  await fixture.serve({ uses: FILE, reload: true, replicas: 2 });
  const { message } = await fixture.log.waitFor(/ERROR .*could not be loaded/);
  assertMatch(message, /Cannot run 2 replicas of MyExecutor: .*static exclusive = true.*set replicas to 1/);
  assertEquals((await fixture.ask()).status, 503);
  await fixture.folder.write(FILE, holding(port, "v2").replace("exclusive = true", 'exclusive = "yes"'));
  await fixture.log.waitFor(/Cannot read static exclusive of MyExecutor: expected true or false, not yes/);
});

reloadTest("a live Flow YAML re-configures, and renames, an exclusive Executor", async (fixture) => {
  const port = freePort();
  await fixture.folder.write(FILE, GREETING(port));
  await fixture.folder.write("flow.yml", flowYaml(`name: a, uses: ${FILE}, uses_with: { text: one }`));
  await fixture.load("flow.yml");
  const traffic = await fixture.traffic();
  await Promise.all([
    traffic.text("two"),
    fixture.folder.write("flow.yml", flowYaml(`name: a, uses: ${FILE}, uses_with: { text: two }`)),
  ]);
  await Promise.all([
    traffic.text("three"),
    fixture.folder.write("flow.yml", flowYaml(`name: b, uses: ${FILE}, uses_with: { text: three }`)),
  ]);
  assertEquals(traffic.texts, ["one", "two", "three"]);
  await fixture.assertNothingLost();
});

reloadTest(
  "a live Flow YAML that cannot be applied changes nothing: the exclusive Executor continues",
  async (fixture) => {
    const port = freePort();
    await fixture.folder.write(FILE, GREETING(port));
    await fixture.folder.write("other.ts", executorWith('  setup() { throw new Error("never"); }'));
    const first = flowYaml(`name: a, uses: ${FILE}, uses_with: { text: one }`);
    await fixture.folder.write("flow.yml", first);
    await fixture.load("flow.yml");
    const traffic = await fixture.traffic();
    await fixture.folder.write(
      "flow.yml",
      flowYaml(`name: a, uses: ${FILE}, uses_with: { text: two }`, "name: c, uses: other.ts"),
    );
    const { message } = await fixture.log.waitFor(/ERROR .*could not apply/);
    assertMatch(message, /c could not be loaded: Error: never/);
    assert(!message.includes("a could not"), message);
    const bad = "if (this.text === 'bad') throw new Error('bad text');";
    await fixture.folder.write(FILE, GREETING(port).replace("this.server =", `${bad} this.server =`));
    await fixture.log.waitFor(/a\/rep-0 version \d+ serves/);
    const mark = fixture.log.mark;
    await fixture.folder.write("flow.yml", flowYaml(`name: a, uses: ${FILE}, uses_with: { text: bad }`));
    await fixture.log.waitFor(/ERROR .*could not apply[^]*bad text/, mark);
    await traffic.round();
    assertEquals(traffic.texts, ["one"]);
    assertEquals((await ask(fixture.port)).text, "one");
    await fixture.assertNothingLost();
  },
);
