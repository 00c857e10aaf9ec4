/** Restarts on YAML that end with a new version: nothing is lost, and nothing happens without need. */
import { assert, assertEquals } from "@std/assert";
import { Latch } from "../support/latch.ts";
import { inTime } from "../support/in_time.ts";
import { FlowProcess } from "../support/process.ts";
import { EXECUTORS, MODULE, Restarting, saying, YAML, yamlOf } from "../support/restarting.ts";
import { PACKAGE, probe } from "../support/flow_fixture.ts";
import { Traffic } from "../support/traffic.ts";

probe(30, "valid change (`jtype` or `with:`)", async (fixture) => {
  const restarting = await Restarting.begin(fixture);
  await restarting.saved("after", yamlOf("After"));
  assertEquals((await fixture.status()).deployments[0].executor, "After");
  await restarting.saved("with", yamlOf("After", { text: "with" }));
  await restarting.saved("before", yamlOf("Before"));
  assertEquals(restarting.traffic.texts, ["before", "after", "with"]);
  assertEquals(restarting.restarts, 3);
  assertEquals((await fixture.status()).deployments[0].history.map(({ kind }) => kind), [
    "start",
    "restart",
    "restart",
    "restart",
  ]);
  await fixture.assertNothingLost();
});

probe(
  30,
  "valid change (`jtype` or `with:`), the classes in the script that starts the Flow",
  async ({ folder, inPlace }) => {
    const source = (name: string) =>
      `class ${name} extends Executor {
  @requests()
  foo(docs) { for (const doc of docs) doc.text = "${name}"; }
}
`;
    const [before, after] = ["MyExecutorBeforeRestart", "MyExecutorAfterRestart"];
    const path = await folder.write(YAML, `jtype: ${before}\n`);
    const script = `import { Executor, Flow, requests } from ${JSON.stringify(PACKAGE)};
${source(before)}${source(after)}
if (import.meta.main) {
  const flow = await new Flow({ port: 0 }).add({ uses: ${JSON.stringify(path)}, restart: true${
      inPlace ? ', reload: "in-place"' : ""
    } }).start();
  console.log(flow.port);
  await flow.block();
}
`;
    await using running = await FlowProcess.serve(folder, script);
    await using traffic = new Traffic(() => running.ask());
    await traffic.text(before);
    for (const [name, yaml] of [[after, `jtype: ${after}\n`], [before, `jtype: ${before}`]]) {
      const mark = running.log.mark;
      await Promise.all([traffic.text(name), folder.write(YAML, yaml)]);
      const { name: who, message } = await running.log.waitFor(/observed/, mark);
      const says = `change in Executor configuration YAML ${path} observed, restarting Executor deployment`;
      assertEquals([who, message], ["Flow", says]);
    }
    await traffic.stop();
    assertEquals(traffic.texts, [before, after]);
    assertEquals([traffic.failed, traffic.broken], [[], []]);
  },
);

probe(31, "same content saved again", async (fixture) => {
  await fixture.folder.write(MODULE, EXECUTORS);
  const yaml = saying("v1");
  await fixture.folder.write(YAML, yaml);
  // Binds no endpoint that is asked for. File events come in order: once its restart is told, those before were seen.
  const marker = (text: string) => yamlOf("Marker", { text }).replace(MODULE, "marker.ts");
  await fixture.folder.write(
    "marker.ts",
    `import { Executor, requests } from ${JSON.stringify(PACKAGE)};
export class Marker extends Executor {
  @requests({ on: "/marker" })
  foo() {}
}
`,
  );
  await fixture.folder.write("marker.yml", marker("0"));
  await fixture.serve([{ uses: YAML, restart: true }, { uses: "marker.yml", restart: true }]);
  const traffic = await fixture.traffic();
  const manners = [
    () => fixture.folder.write(YAML, yaml),
    () => fixture.folder.writeAtomic(YAML, yaml),
    () => fixture.folder.writeLikeVim(YAML, yaml),
    () => Deno.utime(fixture.folder.at(YAML), new Date(), new Date()),
  ];
  for (const [index, save] of manners.entries()) {
    await save();
    const mark = fixture.log.mark;
    await fixture.folder.write("marker.yml", marker(String(index + 1)));
    await fixture.log.waitFor(/executor1\/rep-0 version \d+ serves/, mark);
  }
  const { history, version, lastError } = (await fixture.status()).deployments[0];
  assertEquals([history.length, version, lastError], [1, 1, null]);
  assertEquals(fixture.log.count(/executor.yml observed/), 0);
  assertEquals(fixture.log.count(/marker.yml observed/), manners.length);
  await Promise.all([traffic.text("v2"), fixture.folder.write(YAML, saying("v2"))]);
  assertEquals(traffic.texts, ["v1", "v2"]);
  await fixture.assertNothingLost();
});

probe(37, "YAML saved atomically, several times", async (fixture) => {
  const restarting = await Restarting.begin(fixture, { yaml: saying("v1") });
  for (const text of ["v2", "v3", "v4", "v5"]) {
    await restarting.becomes(text, () => fixture.folder.writeAtomic(YAML, saying(text)));
  }
  for (const text of ["v6", "v7", "v8"]) {
    await restarting.becomes(text, () => fixture.folder.writeLikeVim(YAML, saying(text)));
  }
  assertEquals(restarting.traffic.texts, ["v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8"]);
  assertEquals(restarting.restarts, 7);
  await fixture.assertNothingLost();
});

probe(38, "10 YAML saves in 1 s", async (fixture) => {
  const restarting = await Restarting.begin(fixture, { yaml: saying("v00") });
  const { traffic } = restarting;
  const last = traffic.text("v10");
  let most = 0;
  for (let number = 1; number <= 10; number++) {
    const next = performance.now() + 100;
    await fixture.folder.write(YAML, saying(`v${String(number).padStart(2, "0")}`));
    // One at a time: besides the version that serves, one is loaded at most.
    while (number < 10 && performance.now() < next) {
      most = Math.max(most, (await fixture.status()).deployments[0].versions.length);
    }
  }
  await last;
  await restarting.only("v10");
  assert(most <= 2, `${most} versions at once`);
  assert(restarting.restarts <= 10, `${restarting.restarts} restarts`);
  assertEquals(traffic.texts, [...traffic.texts].sort());
  // The same back to back, with nothing in between.
  const end = traffic.text("w10");
  for (let number = 1; number <= 10; number++) {
    await fixture.folder.write(YAML, saying(`w${String(number).padStart(2, "0")}`));
  }
  await end;
  await restarting.only("w10");
  assertEquals(traffic.texts, [...traffic.texts].sort());
  assertEquals(fixture.log.lines.filter((line) => /^(?:ERROR|WARNING)/.test(line)), []);
  await fixture.assertNothingLost();
});

probe(39, "2 s request in flight", async (fixture) => {
  await using latch = new Latch();
  const restarting = await Restarting.begin(fixture, { yaml: saying("v1") });
  const slow = fixture.ask("/slow", "x", { latch: latch.url });
  await latch.reached();
  // The others are answered by the new version meanwhile.
  await restarting.saved("v2");
  await restarting.saved("v3");
  latch.open();
  const { status, text } = await inTime(slow, "The slow answer");
  assertEquals([status, text], [200, "v1"]);
  assertEquals(restarting.traffic.texts, ["v1", "v2", "v3"]);
  await fixture.assertNothingLost();
});

probe(40, "2 replicas + YAML change", async (fixture) => {
  const restarting = await Restarting.begin(fixture, {
    yaml: saying("v1"),
    add: { replicas: 2 },
    endpoint: "/replica",
    clients: 6,
  });
  const { traffic } = restarting;
  await Promise.all([traffic.text("v1 0"), traffic.text("v1 1")]);
  for (const text of ["v2", "v3"]) {
    await Promise.all([
      traffic.text(`${text} 0`),
      traffic.text(`${text} 1`),
      fixture.folder.write(YAML, saying(text)),
    ]);
    await traffic.round();
    const from = traffic.seen.length;
    await traffic.round();
    const late = traffic.seen.slice(from).filter((seen) => !seen.text.startsWith(text));
    assertEquals(late, []);
    const { replicas, versions } = (await fixture.status()).deployments[0];
    assertEquals([replicas, versions.length], [2, 1]);
  }
  assertEquals(restarting.restarts, 2);
  await fixture.assertNothingLost();
});
