/** Other ways to set a Flow up: in the main script, with replicas, with restart as well. */
import { assertEquals, assertMatch } from "@std/assert";
import { awaitSnapshot, takeSnapshot } from "../support/resource_snapshot.ts";
import { PATIENCE_MS } from "../support/log_trap.ts";
import { FlowProcess } from "../support/process.ts";
import { assertPlaced, FILE, Reloading, spotOf } from "../support/reloading.ts";
import { Restarting, YAML } from "../support/restarting.ts";
import { executorSource, type FlowFixture, PACKAGE, probe } from "../support/flow_fixture.ts";
import { Traffic } from "../support/traffic.ts";

const SCRIPT = "flow.ts";

/** A script with an Executor that it does not export, and the Flow that serves it. */
const script = ({ inPlace }: FlowFixture, text: string, guard = "if (import.meta.main)") =>
  `import { type DocumentArray, Executor, Flow, requests } from ${JSON.stringify(PACKAGE)};

class MyExecutor extends Executor {
  @requests()
  foo(docs: DocumentArray) {
    for (const doc of docs) doc.text = ${JSON.stringify(text)};
  }
}

${guard} {
  const flow = await new Flow({ port: 0 }).add({ uses: MyExecutor, reload: ${
    inPlace ? '"in-place"' : true
  } }).start();
  console.log(flow.port);
  await flow.block();
}
`;

probe(26, "executor class defined in the main script", async (fixture) => {
  const { folder, inPlace } = fixture;
  await using running = await FlowProcess.serve(folder, script(fixture, "v1"), SCRIPT);
  await using traffic = new Traffic(() => running.ask());
  await traffic.round();
  // One that serves and, unless it is reloaded in place, one that is kept ready.
  const before = { workers: inPlace ? 1 : 2, watches: takeSnapshot(running.pid).watches };
  await awaitSnapshot(before, running.pid);
  const becomes = async (text: string) => {
    const mark = running.log.mark;
    await Promise.all([traffic.text(text), folder.write(SCRIPT, script(fixture, text))]);
    const { message } = await running.log.waitFor(/detected changes/, mark);
    assertEquals(message, `detected changes in: ['${folder.at(SCRIPT)}']. Refreshing the Executor`);
    await running.log.waitFor(/INFO executor0\/rep-0 version \d+ serves after/, mark);
  };
  await becomes("v2");
  const broken = script(fixture, "broken").replace("doc.text =", "doc.text = =");
  const mark = running.log.mark;
  await folder.write(SCRIPT, broken);
  const spot = spotOf(broken, '= "broken"');
  await running.log.waitFor(/ERROR executor0\/rep-0 could not load the new version; version 2 keeps/, mark);
  const { message: says } = await running.log.waitFor(/^INFO - SyntaxError: .* at /, mark);
  assertPlaced(/ at (\/\S+)$/.exec(says)?.[1], folder.at(SCRIPT), spot);
  await traffic.round();
  await becomes("v3");
  await traffic.stop();
  assertEquals(traffic.texts, ["v1", "v2", "v3"]);
  assertEquals([traffic.failed, traffic.broken], [[], []]);
  await awaitSnapshot(before, running.pid);
  running.signal("SIGTERM");
  assertEquals(await running.exited(PATIENCE_MS), 0);
});

probe(
  26,
  "executor class defined in the main script, with nothing that keeps workers from starting the Flow",
  async (fixture) => {
    const { folder } = fixture;
    const unguarded = script(fixture, "v1", "");
    const path = folder.at(SCRIPT);
    await using running = await FlowProcess.serve(folder, unguarded, SCRIPT);
    const { message } = await running.log.waitFor(/Cannot start a Flow inside an Executor's worker/);
    assertMatch(
      message,
      /Put the start behind `if \(import\.meta\.main\) \{ … \}`, or the Executor into a file of its own/,
    );
    const spot = spotOf(unguarded, "start()");
    assertPlaced(/ at (\/\S+)$/.exec(message)?.[1], path, spot);
    const down = await running.ask();
    assertEquals(down.status, 503);
    assertMatch(down.body, /if \(import\.meta\.main\)/);
    // The running Flow takes the mended script.
    const mark = running.log.mark;
    await folder.write(SCRIPT, script(fixture, "v2"));
    await running.log.waitFor(/INFO executor0\/rep-0 version \d+ serves after/, mark);
    const { status, text } = await running.ask();
    assertEquals([status, text], [200, "v2"]);
  },
);

probe(28, "2 replicas", async (fixture) => {
  const source = (text: string) =>
    executorSource("").replace('doc.text = ""', `doc.text = "${text} " + this.runtime.replica`);
  const { traffic } = await Reloading.begin(fixture, {
    files: { [FILE]: source("v1") },
    add: { replicas: 2 },
    clients: 6,
  });
  await Promise.all([traffic.text("v1 0"), traffic.text("v1 1")]);
  const onlyNow = async (text: string) => {
    await traffic.round();
    const from = traffic.seen.length;
    await Promise.all([traffic.text(`${text} 0`), traffic.text(`${text} 1`)]);
    assertEquals(traffic.seen.slice(from).filter((seen) => !seen.text.startsWith(text)), []);
    const { replicas, versions } = (await fixture.status()).deployments[0];
    assertEquals([replicas, versions.length], [2, 1]);
  };
  for (const text of ["v2", "v3"]) {
    const mark = fixture.log.mark;
    await Promise.all([
      traffic.text(`${text} 0`),
      traffic.text(`${text} 1`),
      fixture.folder.write(FILE, source(text)),
    ]);
    assertEquals(fixture.log.count(/detected changes/, mark), 1);
    await onlyNow(text);
  }
  // Only one of the two cannot be made: both keep the old version.
  const mark = fixture.log.mark;
  const broken = executorSource(
    "broken",
    "MyExecutor",
    `  constructor() {
    super();
    if (this.runtime.replica === 1) throw new RangeError("one too many");
  }`,
  );
  await fixture.folder.write(FILE, broken);
  const { message } = await fixture.log.waitFor(
    /ERROR .* could not load the new version; version 3 keeps/,
    mark,
  );
  const spot = spotOf(broken, "new RangeError");
  assertMatch(message, /RangeError: one too many at \//);
  assertPlaced(/ at (\/\S+)$/m.exec(message)?.[1], fixture.folder.at(FILE), spot);
  await onlyNow("v3");
  await Promise.all([traffic.text("v4 0"), traffic.text("v4 1"), fixture.folder.write(FILE, source("v4"))]);
  await onlyNow("v4");
  assertEquals([...traffic.texts].sort(), ["v1 0", "v1 1", "v2 0", "v2 1", "v3 0", "v3 1", "v4 0", "v4 1"]);
  await fixture.assertNothingLost();
});

probe(29, "reload and restart both on", async (fixture) => {
  const source = (text: string) =>
    `import { Executor, requests } from ${JSON.stringify(PACKAGE)};
export class Before extends Executor {
  constructor({ mark = "" } = {}) { super(); this.mark = mark; }
  @requests()
  foo(docs) { for (const doc of docs) doc.text = this.constructor.name + ${
      JSON.stringify(text)
    } + this.mark; }
}
export class After extends Before {}
`;
  const yaml = (name: string, mark = "") =>
    `jtype: ${name}\nwith: { mark: ${JSON.stringify(mark)} }\nmetas:\n  py_modules: [${FILE}]\n`;
  await fixture.folder.write(FILE, source(" 1"));
  const restarting = await Restarting.begin(fixture, { yaml: yaml("Before"), add: { reload: true } });
  const { traffic } = restarting;
  const reloading = new Reloading(fixture, traffic);
  await reloading.saved("Before 2", source(" 2"));
  assertEquals([reloading.reloads, restarting.restarts], [1, 0]);
  await restarting.saved("After 2", yaml("After"));
  assertEquals([reloading.reloads, restarting.restarts], [1, 1]);
  await reloading.saved("After 3", source(" 3"));
  await restarting.saved("After 3!", yaml("After", "!"));

  // Both at once, in either order: what is on disk is what serves.
  await fixture.folder.write(FILE, source(" 4"));
  await fixture.folder.write(YAML, yaml("Before", "?"));
  await traffic.text("Before 4?");
  await reloading.ends("Before 4?");
  await fixture.folder.write(YAML, yaml("After", "."));
  await fixture.folder.write(FILE, source(" 5"));
  await reloading.ends("After 5.");

  // A mistake in the one, mended by itself; then one that the other mends.
  await restarting.breaks(
    { says: /ConfigError: `jtype` is missing/, spot: { line: 1, column: 1 } },
    () => fixture.folder.write(YAML, "with: {}\n"),
  );
  await restarting.saved("Before 5", yaml("Before"));
  await restarting.breaks(
    { says: /Cannot find the Executor Later/, spot: { line: 1, column: 1 } },
    () => fixture.folder.write(YAML, yaml("Later")),
  );
  await reloading.saved("Later 6", source(" 6").replaceAll("After", "Later"));
  const last = (await fixture.status()).deployments[0];
  assertEquals([last.executor, last.lastError], ["Later", null]);
  await fixture.assertNothingLost();
});

probe(29, "reload and restart both on: the YAML is saved when a folder has just come", async (fixture) => {
  const yaml = (text: string) =>
    `jtype: MyExecutor\nwith: { text: ${JSON.stringify(text)} }\nmetas: { py_modules: [${FILE}] }\n`;
  await fixture.folder.write(
    FILE,
    executorSource("", "MyExecutor", "  constructor({ text }) { super(); this.text = text; }")
      .replace('doc.text = ""', "doc.text = this.text"),
  );
  const restarting = await Restarting.begin(fixture, { yaml: yaml("v0"), add: { reload: true } });
  const reloading = new Reloading(fixture, restarting.traffic);
  for (let round = 1; round <= 12; round++) {
    const mark = fixture.log.mark;
    await fixture.folder.write(`fresh${round}/new.ts`, "export {};\n");
    // The new folder is being added to those that are watched.
    await fixture.log.waitFor(round % 2 === 0 ? /Refreshing the Executor/ : /version \d+ serves/, mark);
    await fixture.folder.write(YAML, yaml(`v${round}`));
    await reloading.ends(`v${round}`);
  }
  await fixture.assertNothingLost(12);
});
