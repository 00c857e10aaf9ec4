/** A Flow's YAML that is changed while it serves, with requests running all the while. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { askForEvents, eventsOf } from "../support/events.ts";
import { Gate } from "../support/latch.ts";
import { inTime } from "../support/in_time.ts";
import { executorSource, PACKAGE, type Stand } from "../support/flow_fixture.ts";
import { ADDER, FLOW, flowOf, saved, yamlTest } from "./_serving.ts";

async function versions(stand: Stand): Promise<Record<string, number | null>> {
  return Object.fromEntries((await stand.status()).deployments.map(({ name, version }) => [name, version]));
}

/** Saves what cannot be applied: the log says what, and all answers stay what they were. Answers what is logged. */
async function refused(stand: Stand, text: string, save: () => Promise<unknown>): Promise<string> {
  const mark = stand.log.mark;
  await save();
  const { message } = await stand.log.waitFor(/ERROR Flow could not apply/, mark);
  assertEquals((await stand.ask()).text, text);
  return message;
}

yamlTest("a save of the Flow's YAML adds, removes, re-wires and re-configures Executors", async (stand) => {
  await stand.folder.write(FLOW, flowOf(["name: a", "name: b"]));
  await stand.load(FLOW);
  const traffic = await stand.traffic("/", 4);
  const becomes = async (executors: string[], text: string, changes: string) =>
    assertEquals(await saved(stand, flowOf(executors), text), changes);

  await becomes(["name: a", "name: b", "name: c"], "x>a>b>c", "added c");
  await becomes(
    ["name: a", "name: b, uses_with: { word: '!' }", "name: c"],
    "x>a>b!>c",
    "re-configured b (uses_with)",
  );
  // `a` and `c` are as they were: they remember what they have seen.
  assertEquals(await versions(stand), { a: 1, b: 2, c: 1 });
  assertMatch((await stand.ask("/count", "")).text, /^ a:true b:(?:true|false) c:true$/);
  await becomes(
    ["name: c", "name: b, uses_with: { word: '!' }", "name: a"],
    "x>c>b!>a",
    "re-wired c (needs gateway); re-wired b (needs c); re-wired a (needs b)",
  );
  await becomes(["name: c", "name: a"], "x>c>a", "re-wired a (needs c); removed b");
  await becomes(["name: a"], "x>a", "re-wired a (needs gateway); removed c");
  await becomes(["name: a", "name: b"], "x>a>b", "added b");
  // One that comes again is another one.
  assertEquals(await versions(stand), { a: 1, b: 1 });
  const { history } = (await stand.status()).deployments[0];
  assertEquals(history.map(({ kind }) => kind), ["start"]);
  const expected = ["x>a>b", "x>a>b>c", "x>a>b!>c", "x>c>b!>a", "x>c>a", "x>a", "x>a>b"];
  assertEquals(traffic.texts.filter((text) => !expected.includes(text)), []);
  await stand.unharmed();
});

yamlTest("a save of the Flow's YAML gives an Executor other files to watch", async (stand) => {
  const { folder, log } = stand;
  await folder.write("adder/a.txt", "1");
  await folder.write(FLOW, flowOf(["name: a", "name: b"]));
  await stand.load(FLOW);
  const changes = await saved(stand, flowOf(["name: a, watch: '*.txt'", "name: b"]), "x>a>b");
  assertEquals(changes, "re-configured a (watch)");
  const mark = log.mark;
  await folder.write("adder/a.txt", "2");
  await log.waitFor(/INFO a\/rep-0 version 3 serves/, mark);
  assertEquals(await versions(stand), { a: 3, b: 1 });
  // What it watched does not concern it any more.
  assertEquals(
    await saved(stand, flowOf(["name: a, watch: [b.txt]", "name: b"]), "x>a>b"),
    "re-configured a (watch)",
  );
  await folder.write("adder/a.txt", "3");
  await folder.write("adder/b.txt", "3");
  await log.waitFor(/INFO a\/rep-0 detected changes in: \['[^']*b\.txt'\]/, mark);
});

yamlTest("a request that is on its way finishes on the topology it began in", async (stand) => {
  const before = flowOf(["name: a", "name: b, uses_with: { word: 1 }", "name: c"]);
  await stand.folder.write(FLOW, before);
  await stand.load(FLOW);
  const traffic = await stand.traffic();
  await using gate = new Gate();
  const slow = stand.ask("/", "slow", { a__gate: gate.url });
  await gate.reached();
  // All that it is still to come to goes, or becomes another.
  await saved(stand, flowOf(["name: d", "name: b, uses_with: { word: 2 }"]), "x>d>b2");
  await saved(stand, flowOf(["name: b, uses_with: { word: 3 }"]), "x>b3");
  assertEquals((await stand.status()).deployments.map(({ name }) => name), ["b"]);
  gate.open();
  const { status, text } = await slow;
  assertEquals([status, text], [200, "slow>a>b1>c"]);
  await saved(stand, before, "x>a>b1>c");
  await traffic.round();
  await stand.unharmed();
});

yamlTest(
  "a broken YAML changes nothing, all is said at once, and the next good save is applied",
  async (stand) => {
    await stand.folder.write(FLOW, flowOf(["name: a"]));
    await stand.load(FLOW);
    await stand.traffic();
    const broken = flowOf(["name: a, replicas: 0", "name: b, needs: aa"], "{ prot: 1 }");
    const said = await refused(stand, "x>a", () => stand.folder.writeAtomic(FLOW, broken));
    const at = stand.folder.at(FLOW);
    assertStringIncludes(said, `at ${at}:2:9\n`);
    assertStringIncludes(
      said,
      `\`executors[0].replicas\` has to be a whole number from 1 to 1000, not 0 at ${at}:4:38\n`,
    );
    assertStringIncludes(said, `at ${at}:5:38\n`);
    const { lastError } = await stand.status();
    assertEquals([lastError?.file, lastError?.line], [at, 2]);
    assertEquals(lastError?.problems.map(({ path, line }) => [path, line]), [
      ["with.prot", 2],
      ["executors[0].replicas", 4],
      ["executors[1].needs", 5],
    ]);
    // Saving it once more as it is means: try again.
    await refused(stand, "x>a", () => stand.folder.write(FLOW, broken));
    await refused(stand, "x>a", () => stand.folder.write(FLOW, "jtype: Flow\nexecutors: [\n"));
    assertEquals(await saved(stand, flowOf(["name: a", "name: b"]), "x>a>b"), "added b");
    assertEquals((await stand.status()).lastError, null);
    await refused(stand, "x>a>b", () => Deno.remove(at));
    const mark = stand.log.mark;
    await stand.folder.write(FLOW, flowOf(["name: a", "name: b"]));
    await stand.log.waitFor(/it says again what is served; nothing has changed/, mark);
    assertEquals((await stand.status()).lastError, null);
    assertEquals(await versions(stand), { a: 1, b: 1 });
    await saved(stand, flowOf(["name: a"]), "x>a");
    await stand.unharmed();
  },
);

yamlTest(
  "an Executor that cannot be loaded changes nothing, and all is applied once it is mended",
  async (stand) => {
    await stand.folder.write(FLOW, flowOf(["name: a"]));
    await stand.load(FLOW);
    await stand.traffic();
    await stand.folder.write("other/broken.ts", "export class {\n");
    const next = flowOf(["name: a, uses_with: { word: 2 }"]) + "  - { uses: other/broken.ts, name: b }\n";
    const said = await refused(stand, "x>a", () => stand.folder.write(FLOW, next));
    assertMatch(said, /\nb could not be loaded: SyntaxError: .* at \/.*\/other\/broken\.ts:1:\d+/);
    assertEquals(await versions(stand), { a: 1 });
    const mark = stand.log.mark;
    await stand.folder.write("other/broken.ts", ADDER);
    await stand.log.waitFor(/applied after .*: re-configured a \(uses_with\); added b/, mark);
    assertEquals((await stand.ask()).text, "x>a2>b");

    // The same with a file that is not there yet.
    const more = next + "  - { uses: late.ts, name: c }\n";
    assertMatch(
      await refused(stand, "x>a2>b", () => stand.folder.write(FLOW, more)),
      /late\.ts is not there at \/.*flow\.yml:6:7/,
    );
    const from = stand.log.mark;
    await stand.folder.write("late.ts", ADDER);
    await stand.log.waitFor(/applied after .*: added c/, from);
    assertEquals((await stand.ask()).text, "x>a2>b>c");

    // And with a constructor that throws: the arguments are in the YAML.
    const fails = flowOf(["name: a, uses_with: { fail: true }"]);
    assertMatch(
      await refused(stand, "x>a2>b>c", () => stand.folder.write(FLOW, fails)),
      /RangeError: no such model/,
    );
    await saved(stand, flowOf(["name: a"]), "x>a");
    await stand.unharmed();
  },
);

yamlTest(
  "Executors that came with a save are reloaded by saves of their source, those that went are not",
  async (stand) => {
    await stand.folder.write("one/adder.ts", ADDER);
    await stand.folder.write("two/adder.ts", ADDER);
    const flow = (folder: string) =>
      `jtype: Flow\nexecutors: [{ uses: ${folder}/adder.ts, name: ${folder} }]\n`;
    await stand.folder.write(FLOW, flow("one"));
    await stand.load(FLOW);
    await stand.traffic();
    await saved(stand, flow("two"), "x>two");
    const mark = stand.log.mark;
    await stand.folder.write("one/adder.ts", ADDER.replace('">"', '"-"'));
    await stand.folder.write("two/adder.ts", ADDER.replace('">"', '"+"'));
    await stand.log.waitFor(/INFO two\/rep-0 version 2 serves/, mark);
    assertEquals(stand.log.count(/one\/rep-0 detected/, mark), 0);
    assertEquals((await stand.ask()).text, "x+two");
    await stand.unharmed();
  },
);

yamlTest(
  "a save during an application takes its place, however long that would have taken",
  async (stand) => {
    await using gate = new Gate();
    await stand.folder.write(FLOW, flowOf(["name: a"]));
    await stand.folder.write(
      "slow.ts",
      `import "./adder/adder.ts";\nawait (await fetch("${gate.url}")).text();\nexport { Adder } from "./adder/adder.ts";\n`,
    );
    await stand.load(FLOW);
    await stand.traffic();
    const mark = stand.log.mark;
    await stand.folder.write(FLOW, flowOf(["name: a"]) + "  - { uses: slow.ts, name: slow }\n");
    await gate.reached();
    assertEquals(await saved(stand, flowOf(["name: a", "name: b"]), "x>a>b"), "added b");
    assertEquals(stand.log.count(/ERROR|WARNING/, mark), 0);
    await saved(stand, flowOf(["name: a"]), "x>a");
    await stand.unharmed();
  },
);

yamlTest("a Flow that is closed in the middle of an application leaves nothing behind", async (stand) => {
  await using gate = new Gate();
  await stand.folder.write(FLOW, flowOf(["name: a"]));
  await stand.folder.write("slow.ts", `await (await fetch("${gate.url}")).text();\n`);
  await stand.load(FLOW);
  await stand.folder.write(FLOW, flowOf([]) + "  - { uses: slow.ts, name: slow }\n");
  await gate.reached();
  await stand.close();
  assertEquals(stand.log.count(/ERROR/), 0);
});

yamlTest(
  "an Executor that is set up in the YAML itself keeps its worker when others come before it",
  async (stand) => {
    const inline =
      "{ uses: { jtype: Adder, metas: { modules: [adder/adder.ts] } }, name: b, needs: gateway }";
    const yaml = (before: string) =>
      `jtype: Flow\nexecutors:\n${before}  - ${inline}\n  - { uses: adder/adder.ts, name: end, method: needs_all }\n`;
    await stand.folder.write(FLOW, yaml(""));
    await stand.load(FLOW);
    await stand.ask();
    const mark = stand.log.mark;
    await stand.folder.write(FLOW, yaml("  - { uses: adder/adder.ts, name: a, uses_with: { k: 1 } }\n"));
    const { message } = await stand.log.waitFor(/INFO Flow applied after/, mark);
    assertMatch(message, /: added a; re-wired end \(needs (?:a, b|b, a)\)$/);
    const again = stand.log.mark;
    await stand.folder.write(FLOW, yaml("  - { uses: adder/adder.ts, name: a, uses_with: { k: .inf } }\n"));
    assertMatch(
      (await stand.log.waitFor(/INFO Flow applied after/, again)).message,
      /: re-configured a \(uses_with\)$/,
    );
  },
);

yamlTest("what only a new process can pick up is named, and the rest is applied", async (stand) => {
  await stand.folder.write(FLOW, flowOf(["name: a"], "{ port: 0, timeout: 5000 }"));
  await stand.load(FLOW);
  await stand.traffic();
  const mark = stand.log.mark;
  await saved(stand, flowOf(["name: a", "name: b"], "{ port: 8080, stuck_after: 100 }"), "x>a>b");
  const warnings = stand.log.lines.slice(mark).filter((line) => line.startsWith("WARNING"));
  assertEquals(warnings.sort(), [
    // Not the port: it was given in code.
    "WARNING Flow with.stuck_after has changed: restart the process to apply it",
    "WARNING Flow with.timeout has changed: restart the process to apply it",
  ]);
  await saved(stand, flowOf(["name: a"], "{ port: 0, timeout: 5000 }"), "x>a");
  assertEquals(stand.log.count(/^WARNING/), 2);
  await stand.unharmed();
});

yamlTest("the spare workers are as many as the largest Executor needs", async (stand) => {
  await stand.folder.write(FLOW, flowOf(["name: a"]));
  await stand.load(FLOW);
  const traffic = await stand.traffic();
  await saved(stand, flowOf(["name: a, replicas: 3"]), "x>a");
  await stand.standby();
  await saved(stand, flowOf(["name: a, replicas: 2", "name: b"]), "x>a>b");
  await stand.standby();
  await saved(stand, flowOf(["name: a"]), "x>a");
  await stand.standby();
  await traffic.round();
  await stand.unharmed();
});

yamlTest("a save that says the same in other words moves nothing", async (stand) => {
  await stand.folder.write(FLOW, flowOf(["name: a, uses_with: { word: 1, fail: false }"]));
  await stand.load(FLOW);
  await stand.traffic();
  const mark = stand.log.mark;
  await stand.folder.write(FLOW, "# a comment\n" + flowOf(["uses_with: { fail: false, word: 1 }, name: a"]));
  await stand.log.waitFor(/INFO Flow nothing that it says of the Executors has changed/, mark);
  assertEquals(await versions(stand), { a: 1 });
  await stand.unharmed();
});

yamlTest("a save before the Flow serves is applied when it does", async (stand) => {
  await stand.folder.write(FLOW, flowOf(["name: a"]));
  await using gate = new Gate();
  await stand.folder.write(
    "first.ts",
    `import { Executor } from "${PACKAGE}";\nawait (await fetch("${gate.url}")).text();\nexport class First extends Executor {}\n`,
  );
  await stand.folder.write(FLOW, "jtype: Flow\nexecutors: [{ uses: first.ts }]\n");
  const loading = stand.load(FLOW);
  await gate.reached();
  await stand.folder.write(FLOW, flowOf(["name: a"]));
  gate.open();
  await loading;
  await stand.log.waitFor(/applied after .*: added a; removed executor0/);
  assertEquals((await stand.ask()).text, "x>a");
});

/** A stream of an Executor that says a word, waits at the gate, and says another one; the first word is there. */
async function begin(
  stand: Stand,
  gate: Gate,
): Promise<AsyncGenerator<{ name: string; data: { text?: string } }>> {
  const body = { execEndpoint: "/words", header: { requestId: "r1" }, parameters: { gate: gate.url } };
  const stream = eventsOf(await askForEvents(`http://127.0.0.1:${stand.port}/post`, body));
  assertEquals((await stream.next()).value?.data.text, "one");
  await gate.reached();
  return stream;
}

const STREAMING = `import { Executor, requests } from ${JSON.stringify(PACKAGE)};
export class Streaming extends Executor {
  @requests({ on: "/words" })
  async *words(docs, { parameters, signal }) {
    yield { text: "one" };
    await (await fetch(parameters.gate, { signal })).text();
    yield { text: "two" };
  }
}
`;
const STREAMS = "jtype: Flow\nexecutors: [{ uses: streams/streaming.ts, name: streams }]\n";

yamlTest("a stream of an Executor that a save removes finishes", async (stand) => {
  await using gate = new Gate();
  await stand.folder.write("streams/streaming.ts", STREAMING);
  await stand.folder.write(FLOW, STREAMS);
  await stand.load(FLOW);
  const stream = await begin(stand, gate);
  await saved(stand, flowOf(["name: a"]), "x>a");
  gate.open();
  const rest = await inTime(Array.fromAsync(stream), "The rest of the stream");
  assertEquals(rest.map(({ name, data }) => data.text ?? name), ["two", "end"]);
  await stand.standby();
});

yamlTest("a stream keeps no Executor that a save removes, but its own", async (stand) => {
  await using gate = new Gate();
  await stand.folder.write("streams/streaming.ts", STREAMING);
  const yaml = (more = "") =>
    `jtype: Flow\nexecutors:\n${more}  - { uses: streams/streaming.ts, name: streams }\n`;
  await stand.folder.write("plain/plain.ts", executorSource("plain"));
  await stand.folder.write(FLOW, yaml("  - { uses: plain/plain.ts, name: a }\n"));
  await stand.load(FLOW, { closeTimeout: 60_000 });
  const stream = await begin(stand, gate);
  const mark = stand.log.mark;
  await stand.folder.write(FLOW, yaml());
  await stand.log.waitFor(/INFO Flow applied after .*removed a/, mark);
  await stand.standby();
  gate.open();
  const rest = await inTime(Array.fromAsync(stream), "The rest of the stream");
  assertEquals(rest.map(({ name, data }) => data.text ?? name), ["two", "end"]);
});

yamlTest("a stream of an Executor that a save removes is cut by the deadline, and named", async (stand) => {
  await using gate = new Gate();
  await stand.folder.write("streams/streaming.ts", STREAMING);
  await stand.folder.write(FLOW, STREAMS);
  await stand.load(FLOW, { closeTimeout: 100 });
  const stream = await begin(stand, gate);
  await saved(stand, flowOf(["name: a"]), "x>a");
  const [last] = await inTime(Array.fromAsync(stream), "The rest of the stream");
  assertEquals(last.name, "error");
  await stand.log.waitFor(
    /WARNING streams\/rep-0 streams that a restart has cut after 100 ms: \/words \(request r1\)/,
  );
  await stand.standby();
});
