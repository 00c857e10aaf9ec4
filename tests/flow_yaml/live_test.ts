/** A Flow's YAML that is changed while it serves, with requests running all the while. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { askForEvents, eventsOf } from "../support/events.ts";
import { Latch } from "../support/latch.ts";
import { inTime } from "../support/in_time.ts";
import { executorSource, type FlowFixture, PACKAGE } from "../support/flow_fixture.ts";
import { ADDER, FLOW, flowOf, saved, yamlTest } from "./_serving.ts";

async function versions(fixture: FlowFixture): Promise<Record<string, number | null>> {
  return Object.fromEntries((await fixture.status()).deployments.map(({ name, version }) => [name, version]));
}

/** Saves what cannot be applied: the log says what, and all answers stay what they were. Answers what is logged. */
async function refused(fixture: FlowFixture, text: string, save: () => Promise<unknown>): Promise<string> {
  const mark = fixture.log.mark;
  await save();
  const { message } = await fixture.log.waitFor(/ERROR Flow could not apply/, mark);
  assertEquals((await fixture.ask()).text, text);
  return message;
}

yamlTest("a save of the Flow's YAML adds, removes, re-wires and re-configures Executors", async (fixture) => {
  await fixture.folder.write(FLOW, flowOf(["name: a", "name: b"]));
  await fixture.load(FLOW);
  const traffic = await fixture.traffic("/", 4);
  const becomes = async (executors: string[], text: string, changes: string) =>
    assertEquals(await saved(fixture, flowOf(executors), text), changes);

  await becomes(["name: a", "name: b", "name: c"], "x>a>b>c", "added c");
  await becomes(
    ["name: a", "name: b, uses_with: { word: '!' }", "name: c"],
    "x>a>b!>c",
    "re-configured b (uses_with)",
  );
  // `a` and `c` are as they were: they remember what they have seen.
  assertEquals(await versions(fixture), { a: 1, b: 2, c: 1 });
  assertMatch((await fixture.ask("/count", "")).text, /^ a:true b:(?:true|false) c:true$/);
  await becomes(
    ["name: c", "name: b, uses_with: { word: '!' }", "name: a"],
    "x>c>b!>a",
    "re-wired c (needs gateway); re-wired b (needs c); re-wired a (needs b)",
  );
  await becomes(["name: c", "name: a"], "x>c>a", "re-wired a (needs c); removed b");
  await becomes(["name: a"], "x>a", "re-wired a (needs gateway); removed c");
  await becomes(["name: a", "name: b"], "x>a>b", "added b");
  // One that comes again is another one.
  assertEquals(await versions(fixture), { a: 1, b: 1 });
  const { history } = (await fixture.status()).deployments[0];
  assertEquals(history.map(({ kind }) => kind), ["start"]);
  const expected = ["x>a>b", "x>a>b>c", "x>a>b!>c", "x>c>b!>a", "x>c>a", "x>a", "x>a>b"];
  assertEquals(traffic.texts.filter((text) => !expected.includes(text)), []);
  await fixture.assertNothingLost();
});

yamlTest("a save of the Flow's YAML gives an Executor other files to watch", async (fixture) => {
  const { folder, log } = fixture;
  await folder.write("adder/a.txt", "1");
  await folder.write(FLOW, flowOf(["name: a", "name: b"]));
  await fixture.load(FLOW);
  const changes = await saved(fixture, flowOf(["name: a, watch: '*.txt'", "name: b"]), "x>a>b");
  assertEquals(changes, "re-configured a (watch)");
  const mark = log.mark;
  await folder.write("adder/a.txt", "2");
  await log.waitFor(/INFO a\/rep-0 version 3 serves/, mark);
  assertEquals(await versions(fixture), { a: 3, b: 1 });
  // What it watched does not concern it any more.
  assertEquals(
    await saved(fixture, flowOf(["name: a, watch: [b.txt]", "name: b"]), "x>a>b"),
    "re-configured a (watch)",
  );
  await folder.write("adder/a.txt", "3");
  await folder.write("adder/b.txt", "3");
  await log.waitFor(/INFO a\/rep-0 detected changes in: \['[^']*b\.txt'\]/, mark);
});

yamlTest(
  "a save of the Flow's YAML changes how an Executor is reloaded; with.reload stays",
  async (fixture) => {
    await fixture.folder.write(FLOW, flowOf(["name: a", "name: b, reload: fresh"], "{ reload: fresh }"));
    await fixture.load(FLOW, { reload: undefined });
    const mark = fixture.log.mark;
    const yaml = flowOf(["name: a", "name: b, reload: true"], "{ reload: true }");
    assertEquals(await saved(fixture, yaml, "x>a>b"), "re-configured b (reload)");
    await fixture.log.waitFor(/WARNING Flow with\.reload has changed: restart the process to apply it/, mark);
    assertEquals(await versions(fixture), { a: 1, b: 2 });
    await fixture.folder.write("adder/adder.ts", ADDER.replace('">"', '"+"'));
    await fixture.log.waitFor(/INFO a\/rep-0 version 2 serves/, mark);
    await fixture.log.waitFor(/INFO b\/rep-0 version 3 serves/, mark);
  },
);

yamlTest("a request that is on its way finishes on the topology it began in", async (fixture) => {
  const before = flowOf(["name: a", "name: b, uses_with: { word: 1 }", "name: c"]);
  await fixture.folder.write(FLOW, before);
  await fixture.load(FLOW);
  const traffic = await fixture.traffic();
  await using latch = new Latch();
  const slow = fixture.ask("/", "slow", { a__latch: latch.url });
  await latch.reached();
  // All that it is still to come to goes, or becomes another.
  await saved(fixture, flowOf(["name: d", "name: b, uses_with: { word: 2 }"]), "x>d>b2");
  await saved(fixture, flowOf(["name: b, uses_with: { word: 3 }"]), "x>b3");
  assertEquals((await fixture.status()).deployments.map(({ name }) => name), ["b"]);
  latch.open();
  const { status, text } = await slow;
  assertEquals([status, text], [200, "slow>a>b1>c"]);
  await saved(fixture, before, "x>a>b1>c");
  await traffic.round();
  await fixture.assertNothingLost();
});

yamlTest(
  "a broken YAML changes nothing, all is said at once, and the next good save is applied",
  async (fixture) => {
    await fixture.folder.write(FLOW, flowOf(["name: a"]));
    await fixture.load(FLOW);
    await fixture.traffic();
    const broken = flowOf(["name: a, replicas: 0", "name: b, needs: aa"], "{ prot: 1 }");
    const said = await refused(fixture, "x>a", () => fixture.folder.writeAtomic(FLOW, broken));
    const at = fixture.folder.at(FLOW);
    assertStringIncludes(said, `at ${at}:2:9\n`);
    assertStringIncludes(
      said,
      `\`executors[0].replicas\` has to be a whole number from 1 to 1000, not 0 at ${at}:4:38\n`,
    );
    assertStringIncludes(said, `at ${at}:5:38\n`);
    const { lastError } = await fixture.status();
    assertEquals([lastError?.file, lastError?.line], [at, 2]);
    assertEquals(lastError?.problems.map(({ path, line }) => [path, line]), [
      ["with.prot", 2],
      ["executors[0].replicas", 4],
      ["executors[1].needs", 5],
    ]);
    // Saving it once more as it is means: try again.
    await refused(fixture, "x>a", () => fixture.folder.write(FLOW, broken));
    await refused(fixture, "x>a", () => fixture.folder.write(FLOW, "jtype: Flow\nexecutors: [\n"));
    assertEquals(await saved(fixture, flowOf(["name: a", "name: b"]), "x>a>b"), "added b");
    assertEquals((await fixture.status()).lastError, null);
    await refused(fixture, "x>a>b", () => Deno.remove(at));
    const mark = fixture.log.mark;
    await fixture.folder.write(FLOW, flowOf(["name: a", "name: b"]));
    await fixture.log.waitFor(/it describes again what is served; nothing has changed/, mark);
    assertEquals((await fixture.status()).lastError, null);
    assertEquals(await versions(fixture), { a: 1, b: 1 });
    await saved(fixture, flowOf(["name: a"]), "x>a");
    await fixture.assertNothingLost();
  },
);

yamlTest(
  "an Executor that cannot be loaded changes nothing, and all is applied once it is mended",
  async (fixture) => {
    await fixture.folder.write(FLOW, flowOf(["name: a"]));
    await fixture.load(FLOW);
    await fixture.traffic();
    await fixture.folder.write("other/broken.ts", "export class {\n");
    const next = flowOf(["name: a, uses_with: { word: 2 }"]) + "  - { uses: other/broken.ts, name: b }\n";
    const said = await refused(fixture, "x>a", () => fixture.folder.write(FLOW, next));
    assertMatch(said, /\nb could not be loaded: SyntaxError: .* at \/.*\/other\/broken\.ts:1:\d+/);
    assertEquals(await versions(fixture), { a: 1 });
    const mark = fixture.log.mark;
    await fixture.folder.write("other/broken.ts", ADDER);
    await fixture.log.waitFor(/applied after .*: re-configured a \(uses_with\); added b/, mark);
    assertEquals((await fixture.ask()).text, "x>a2>b");

    // The same with a file that is not there yet.
    const more = next + "  - { uses: late.ts, name: c }\n";
    assertMatch(
      await refused(fixture, "x>a2>b", () => fixture.folder.write(FLOW, more)),
      /late\.ts does not exist at \/.*flow\.yml:6:7/,
    );
    const from = fixture.log.mark;
    await fixture.folder.write("late.ts", ADDER);
    await fixture.log.waitFor(/applied after .*: added c/, from);
    assertEquals((await fixture.ask()).text, "x>a2>b>c");

    // And with a constructor that throws: the arguments are in the YAML.
    const fails = flowOf(["name: a, uses_with: { fail: true }"]);
    assertMatch(
      await refused(fixture, "x>a2>b>c", () => fixture.folder.write(FLOW, fails)),
      /RangeError: no such model/,
    );
    await saved(fixture, flowOf(["name: a"]), "x>a");
    await fixture.assertNothingLost();
  },
);

yamlTest(
  "Executors that came with a save are reloaded by saves of their source, those that went are not",
  async (fixture) => {
    await fixture.folder.write("one/adder.ts", ADDER);
    await fixture.folder.write("two/adder.ts", ADDER);
    const flow = (folder: string) =>
      `jtype: Flow\nexecutors: [{ uses: ${folder}/adder.ts, name: ${folder} }]\n`;
    await fixture.folder.write(FLOW, flow("one"));
    await fixture.load(FLOW);
    await fixture.traffic();
    await saved(fixture, flow("two"), "x>two");
    const mark = fixture.log.mark;
    await fixture.folder.write("one/adder.ts", ADDER.replace('">"', '"-"'));
    await fixture.folder.write("two/adder.ts", ADDER.replace('">"', '"+"'));
    await fixture.log.waitFor(/INFO two\/rep-0 version 2 serves/, mark);
    assertEquals(fixture.log.count(/one\/rep-0 detected/, mark), 0);
    assertEquals((await fixture.ask()).text, "x+two");
    await fixture.assertNothingLost();
  },
);

yamlTest(
  "a save during an application takes its place, however long that would have taken",
  async (fixture) => {
    await using latch = new Latch();
    await fixture.folder.write(FLOW, flowOf(["name: a"]));
    await fixture.folder.write(
      "slow.ts",
      `import "./adder/adder.ts";\nawait (await fetch("${latch.url}")).text();\nexport { Adder } from "./adder/adder.ts";\n`,
    );
    await fixture.load(FLOW);
    await fixture.traffic();
    const mark = fixture.log.mark;
    await fixture.folder.write(FLOW, flowOf(["name: a"]) + "  - { uses: slow.ts, name: slow }\n");
    await latch.reached();
    assertEquals(await saved(fixture, flowOf(["name: a", "name: b"]), "x>a>b"), "added b");
    assertEquals(fixture.log.count(/ERROR|WARNING/, mark), 0);
    await saved(fixture, flowOf(["name: a"]), "x>a");
    await fixture.assertNothingLost();
  },
);

yamlTest("a Flow that is closed in the middle of an application leaves nothing behind", async (fixture) => {
  await using latch = new Latch();
  await fixture.folder.write(FLOW, flowOf(["name: a"]));
  await fixture.folder.write("slow.ts", `await (await fetch("${latch.url}")).text();\n`);
  await fixture.load(FLOW);
  await fixture.folder.write(FLOW, flowOf([]) + "  - { uses: slow.ts, name: slow }\n");
  await latch.reached();
  await fixture.close();
  assertEquals(fixture.log.count(/ERROR/), 0);
});

yamlTest(
  "an Executor that is set up in the YAML itself keeps its worker when others come before it",
  async (fixture) => {
    const inline =
      "{ uses: { jtype: Adder, metas: { modules: [adder/adder.ts] } }, name: b, needs: gateway }";
    const yaml = (before: string) =>
      `jtype: Flow\nexecutors:\n${before}  - ${inline}\n  - { uses: adder/adder.ts, name: end, method: needs_all }\n`;
    await fixture.folder.write(FLOW, yaml(""));
    await fixture.load(FLOW);
    await fixture.ask();
    const mark = fixture.log.mark;
    await fixture.folder.write(FLOW, yaml("  - { uses: adder/adder.ts, name: a, uses_with: { k: 1 } }\n"));
    const { message } = await fixture.log.waitFor(/INFO Flow applied after/, mark);
    assertMatch(message, /: added a; re-wired end \(needs (?:a, b|b, a)\)$/);
    const again = fixture.log.mark;
    await fixture.folder.write(FLOW, yaml("  - { uses: adder/adder.ts, name: a, uses_with: { k: .inf } }\n"));
    assertMatch(
      (await fixture.log.waitFor(/INFO Flow applied after/, again)).message,
      /: re-configured a \(uses_with\)$/,
    );
  },
);

yamlTest("what only a new process can pick up is named, and the rest is applied", async (fixture) => {
  await fixture.folder.write(FLOW, flowOf(["name: a"], "{ port: 0, timeout: 5000 }"));
  await fixture.load(FLOW);
  await fixture.traffic();
  const mark = fixture.log.mark;
  await saved(fixture, flowOf(["name: a", "name: b"], "{ port: 8080, stuck_after: 100 }"), "x>a>b");
  const warnings = fixture.log.lines.slice(mark).filter((line) => line.startsWith("WARNING"));
  assertEquals(warnings.sort(), [
    // Not the port: it was given in code.
    "WARNING Flow with.stuck_after has changed: restart the process to apply it",
    "WARNING Flow with.timeout has changed: restart the process to apply it",
  ]);
  await saved(fixture, flowOf(["name: a"], "{ port: 0, timeout: 5000 }"), "x>a");
  assertEquals(fixture.log.count(/^WARNING/), 2);
  await fixture.assertNothingLost();
});

yamlTest("the spare workers are as many as the largest Executor needs", async (fixture) => {
  await fixture.folder.write(FLOW, flowOf(["name: a"]));
  await fixture.load(FLOW);
  const traffic = await fixture.traffic();
  await saved(fixture, flowOf(["name: a, replicas: 3"]), "x>a");
  await fixture.standby();
  await saved(fixture, flowOf(["name: a, replicas: 2", "name: b"]), "x>a>b");
  await fixture.standby();
  await saved(fixture, flowOf(["name: a"]), "x>a");
  await fixture.standby();
  await traffic.round();
  await fixture.assertNothingLost();
});

yamlTest("a save that says the same in other words moves nothing", async (fixture) => {
  await fixture.folder.write(FLOW, flowOf(["name: a, uses_with: { word: 1, fail: false }"]));
  await fixture.load(FLOW);
  await fixture.traffic();
  const mark = fixture.log.mark;
  await fixture.folder.write(
    FLOW,
    "# a comment\n" + flowOf(["uses_with: { fail: false, word: 1 }, name: a"]),
  );
  await fixture.log.waitFor(/INFO Flow no Executor in it has changed/, mark);
  assertEquals(await versions(fixture), { a: 1 });
  await fixture.assertNothingLost();
});

yamlTest("a save before the Flow serves is applied when it does", async (fixture) => {
  await fixture.folder.write(FLOW, flowOf(["name: a"]));
  await using latch = new Latch();
  await fixture.folder.write(
    "first.ts",
    `import { Executor } from "${PACKAGE}";\nawait (await fetch("${latch.url}")).text();\nexport class First extends Executor {}\n`,
  );
  await fixture.folder.write(FLOW, "jtype: Flow\nexecutors: [{ uses: first.ts }]\n");
  const loading = fixture.load(FLOW);
  await latch.reached();
  await fixture.folder.write(FLOW, flowOf(["name: a"]));
  latch.open();
  await loading;
  await fixture.log.waitFor(/applied after .*: added a; removed executor0/);
  assertEquals((await fixture.ask()).text, "x>a");
});

/** A stream of an Executor that says a word, waits at the latch, and says another one; the first word is there. */
async function begin(
  fixture: FlowFixture,
  latch: Latch,
): Promise<AsyncGenerator<{ name: string; data: { text?: string } }>> {
  const body = { execEndpoint: "/words", header: { requestId: "r1" }, parameters: { latch: latch.url } };
  const stream = eventsOf(await askForEvents(`http://127.0.0.1:${fixture.port}/post`, body));
  assertEquals((await stream.next()).value?.data.text, "one");
  await latch.reached();
  return stream;
}

const STREAMING = `import { Executor, requests } from ${JSON.stringify(PACKAGE)};
export class Streaming extends Executor {
  @requests({ on: "/words" })
  async *words(docs, { parameters, signal }) {
    yield { text: "one" };
    await (await fetch(parameters.latch, { signal })).text();
    yield { text: "two" };
  }
}
`;
const STREAMS = "jtype: Flow\nexecutors: [{ uses: streams/streaming.ts, name: streams }]\n";

yamlTest("a stream of an Executor that a save removes finishes", async (fixture) => {
  await using latch = new Latch();
  await fixture.folder.write("streams/streaming.ts", STREAMING);
  await fixture.folder.write(FLOW, STREAMS);
  await fixture.load(FLOW);
  const stream = await begin(fixture, latch);
  await saved(fixture, flowOf(["name: a"]), "x>a");
  latch.open();
  const rest = await inTime(Array.fromAsync(stream), "The rest of the stream");
  assertEquals(rest.map(({ name, data }) => data.text ?? name), ["two", "end"]);
  await fixture.standby();
});

yamlTest("a stream keeps no Executor that a save removes, but its own", async (fixture) => {
  await using latch = new Latch();
  await fixture.folder.write("streams/streaming.ts", STREAMING);
  const yaml = (more = "") =>
    `jtype: Flow\nexecutors:\n${more}  - { uses: streams/streaming.ts, name: streams }\n`;
  await fixture.folder.write("plain/plain.ts", executorSource("plain"));
  await fixture.folder.write(FLOW, yaml("  - { uses: plain/plain.ts, name: a }\n"));
  await fixture.load(FLOW, { closeTimeout: 60_000 });
  const stream = await begin(fixture, latch);
  const mark = fixture.log.mark;
  await fixture.folder.write(FLOW, yaml());
  await fixture.log.waitFor(/INFO Flow applied after .*removed a/, mark);
  await fixture.standby();
  latch.open();
  const rest = await inTime(Array.fromAsync(stream), "The rest of the stream");
  assertEquals(rest.map(({ name, data }) => data.text ?? name), ["two", "end"]);
});

yamlTest("a stream of an Executor that a save removes is cut by the deadline, and named", async (fixture) => {
  await using latch = new Latch();
  await fixture.folder.write("streams/streaming.ts", STREAMING);
  await fixture.folder.write(FLOW, STREAMS);
  await fixture.load(FLOW, { closeTimeout: 100 });
  const stream = await begin(fixture, latch);
  await saved(fixture, flowOf(["name: a"]), "x>a");
  const [last] = await inTime(Array.fromAsync(stream), "The rest of the stream");
  assertEquals(last.name, "error");
  await fixture.log.waitFor(
    /WARNING streams\/rep-0 streams that a restart has cut after 100 ms: \/words \(request r1\)/,
  );
  await fixture.standby();
});
