/** Exclusive Executors of a Flow's YAML that is saved while they serve. */
import { assertEquals, assertMatch } from "@std/assert";
import { Latch } from "../support/latch.ts";
import { inTime } from "../support/in_time.ts";
import { FILE } from "../support/reloading.ts";
import { flowYaml, freePort, GREETING, holding, notes, noting, SLOW, unclosing } from "./_holding.ts";
import { answering, executorWith, reloadTest } from "./_serving.ts";

const FLOW = "flow.yml";

/** A handler in front, that waits at a latch. */
const FRONT = executorWith(`  @requests()
  async foo(docs, { parameters }) { if (parameters.latch) await (await fetch(parameters.latch)).text(); }
`);

reloadTest(
  "a request that is still on its way to an exclusive Executor that is gone is answered",
  async (fixture) => {
    const port = freePort();
    await fixture.folder.write("front.ts", FRONT);
    await fixture.folder.write(FILE, GREETING(port));
    const yaml = (text: string) =>
      flowYaml("name: front, uses: front.ts", `name: a, uses: ${FILE}, uses_with: { text: ${text} }`);
    await fixture.folder.write(FLOW, yaml("one"));
    await fixture.load(FLOW, { exclusiveTimeout: 300 });
    await using latch = new Latch();
    const slow = fixture.ask("/", "x", { latch: latch.url });
    await latch.reached();
    await fixture.folder.write(FLOW, yaml("two"));
    await fixture.log.waitFor(/applied after/);
    assertEquals((await fixture.ask()).text, "two");
    latch.open();
    const { status, body } = await inTime(slow, "The answer of the request that was on its way");
    assertEquals(status, 503);
    assertMatch(body, /exclusiveTimeout/);
    await inTime(fixture.close(), "The end of the Flow");
  },
);

reloadTest(
  "two exclusive Executors take turns; the change is taken back meanwhile: both continue",
  async (fixture) => {
    const [one, two] = [freePort(), freePort()];
    await using closing = new Latch();
    await fixture.folder.write(
      "a/a.ts",
      GREETING(one).replace("async close() {", `${SLOW.trim()}\n  async close() {`),
    );
    const close = `await (await fetch("${closing.url}")).text(); await this.release();`;
    await fixture.folder.write("b/b.ts", holding(two, "b", { close }));
    const yaml = (text: string) =>
      flowYaml(
        `name: a, uses: a/a.ts, uses_with: { text: ${text} }`,
        `name: b, uses: b/b.ts, uses_with: { text: ${text} }`,
      );
    await fixture.folder.write(FLOW, yaml("one"));
    await fixture.load(FLOW, { exclusiveTimeout: 300, closeTimeout: 10_000 });
    await using latch = new Latch();
    const slow = fixture.ask("/slow", "x", { latch: latch.url });
    await latch.reached();
    await fixture.folder.write(FLOW, yaml("two"));
    await closing.reached();
    await fixture.folder.write(FLOW, yaml("one"));
    await slow;
    closing.open();
    assertEquals((await inTime(fixture.ask(), "An answer after the change was taken back")).text, "b");
    assertEquals(fixture.log.count(/could not continue/), 0);
    await inTime(fixture.close(), "The end of the Flow");
  },
);

for (const [from, to] of [[true, false], [false, true], [true, true]]) {
  reloadTest(
    `a live Flow YAML: ${to ? "an exclusive" : "an"} Executor takes the port of ${
      from ? "an exclusive" : "a"
    } one that goes`,
    async (fixture) => {
      const port = freePort();
      await fixture.folder.write("a/a.ts", holding(port, "a", { exclusive: from }));
      await fixture.folder.write("b/b.ts", holding(port, "b", { exclusive: to }));
      await fixture.folder.write(FLOW, flowYaml("name: a, uses: a/a.ts"));
      await fixture.load(FLOW);
      const traffic = await fixture.traffic();
      await Promise.all([traffic.text("b"), fixture.folder.write(FLOW, flowYaml("name: b, uses: b/b.ts"))]);
      await Promise.all([traffic.text("a"), fixture.folder.write(FLOW, flowYaml("name: a, uses: a/a.ts"))]);
      assertEquals(fixture.log.count(/could not apply/), 0);
      await traffic.stop();
      assertEquals(traffic.failed, []);
    },
  );
}

reloadTest(
  "a live Flow YAML: two exclusive Executors swap their ports, and their places",
  async (fixture) => {
    const [one, two] = [freePort(), freePort()];
    const source = executorWith(
      `  static exclusive = true;
  constructor({ port }) { super(); this.port = port; }
  @requests()
  foo(docs) { for (const doc of docs) doc.text += this.runtime.deployment + (this.port === ${one} ? "1" : "2"); }
  async setup() {
    this.server = createServer();
    await new Promise((resolve, reject) => {
      this.server.once("error", reject);
      this.server.listen(this.port, "127.0.0.1", resolve);
    });
  }
  close() { return new Promise((resolve) => this.server.close(resolve)); }`,
      'import { createServer } from "node:net";',
    );
    await fixture.folder.write(FILE, source);
    const yaml = (...all: [string, number, string?][]) =>
      flowYaml(
        ...all.map(([name, port, more = ""]) =>
          `name: ${name}, uses: ${FILE}, uses_with: { port: ${port} }${more}`
        ),
      );
    await fixture.folder.write(FLOW, yaml(["a", one], ["b", two]));
    await fixture.load(FLOW);
    const traffic = await fixture.traffic();
    assertEquals((await fixture.ask("/", "")).text, "a1b2");
    for (
      const [expected, next] of [
        ["xa2b1", yaml(["a", two], ["b", one])],
        ["xb1a2", yaml(["b", one, ", needs: gateway"], ["a", two, ", needs: b"])],
        ["xc1b2", yaml(["c", one], ["b", two])],
        ["xb1", yaml(["b", one])],
      ] as const
    ) {
      await Promise.all([traffic.text(expected), fixture.folder.write(FLOW, next)]);
    }
    await traffic.stop();
    assertEquals(traffic.failed, []);
  },
);

reloadTest(
  "an Executor that a live YAML brought becomes exclusive, fails, and comes back with a good save",
  async (fixture) => {
    const port = freePort();
    await fixture.folder.write("front.ts", FRONT);
    await fixture.folder.write(FILE, executorWith(answering("v1")));
    await fixture.folder.write(FLOW, flowYaml("name: front, uses: front.ts"));
    await fixture.load(FLOW);
    await fixture.folder.write(FLOW, flowYaml("name: front, uses: front.ts", `name: a, uses: ${FILE}`));
    await fixture.log.waitFor(/applied after/);
    assertEquals((await fixture.ask()).text, "v1");
    const once = 'if (this.setups > 0) throw new Error("only once");';
    await fixture.folder.write(FILE, holding(port, "v2", { before: once }));
    await fixture.log.waitFor(/version 2 serves/);
    await fixture.folder.write(FILE, holding(port, "v3", { before: 'throw new Error("no model");' }));
    await fixture.log.waitFor(/nothing serves until/);
    await fixture.folder.write(FILE, holding(port, "v4"));
    await fixture.log.waitFor(/version 4 serves/);
    assertEquals((await fixture.ask()).text, "v4");
  },
);

reloadTest("two replicas in a Flow's YAML, at its start and while it serves", async (fixture) => {
  const port = freePort();
  await fixture.folder.write(FILE, holding(port, "v1"));
  await fixture.folder.write(FLOW, flowYaml(`name: a, uses: ${FILE}`));
  await fixture.load(FLOW);
  await fixture.folder.write(FLOW, flowYaml(`name: a, uses: ${FILE}, replicas: 2`));
  const { message } = await fixture.log.waitFor(/ERROR .*could not apply/);
  assertMatch(message, /Cannot run 2 replicas of MyExecutor/);
  assertEquals((await fixture.ask()).text, "v1");
});

reloadTest("a live Flow YAML re-configures an exclusive Executor without close()", async (fixture) => {
  const port = freePort();
  await fixture.folder.write(FILE, unclosing(GREETING(port)));
  const yaml = (text: string) => flowYaml(`name: a, uses: ${FILE}, uses_with: { text: ${text} }`);
  await fixture.folder.write(FLOW, yaml("one"));
  await fixture.load(FLOW);
  const traffic = await fixture.traffic();
  await Promise.all([traffic.text("two"), fixture.folder.write(FLOW, yaml("two"))]);
  assertEquals(traffic.texts, ["one", "two"]);
  await fixture.assertNothingLost();
});

reloadTest("an exclusive Executor's source and the Flow's YAML are saved together", async (fixture) => {
  const port = freePort();
  const source = (note: string) =>
    `${GREETING(port).replace("doc.text = this.text", `doc.text = this.text + "${note}"`)}`.replace(
      "this.setups++;",
      "this.setups++; await new Promise((resolve) => setTimeout(resolve, 40));",
    );
  const yaml = (text: string) =>
    flowYaml(`name: a, uses: ${FILE}, uses_with: { text: ${text} }, reload: true`);
  await fixture.folder.write(FILE, source("0"));
  await fixture.folder.write(FLOW, yaml("t0"));
  await fixture.load(FLOW);
  const traffic = await fixture.traffic();
  for (let round = 1; round <= 6; round++) {
    const save = async () => {
      // Sometimes one comes first, sometimes the other one, and sometimes in the middle of the other's turn.
      if (round % 2 === 0) await fixture.folder.write(FLOW, yaml(`t${round}`));
      await fixture.folder.write(FILE, source(`${round}`));
      if (round > 4) await new Promise((resolve) => setTimeout(resolve, 20));
      if (round % 2 === 1) await fixture.folder.write(FLOW, yaml(`t${round}`));
    };
    await Promise.all([traffic.text(`t${round}${round}`), save()]);
    await traffic.round();
    assertEquals((await fixture.ask()).text, `t${round}${round}`);
  }
  assertEquals(fixture.log.lines.filter((line) => /^ERROR|^WARNING/.test(line)), []);
  await fixture.assertNothingLost();
});

reloadTest("a Flow's YAML is saved in the middle of an exclusive reload", async (fixture) => {
  const port = freePort();
  await using latch = new Latch();
  const wait = `if (this.text === "one") await (await fetch("${latch.url}")).text();`;
  const source = (then: string) =>
    `${noting(fixture, "imported")}\n${GREETING(port).replace("this.setups++;", `this.setups++; ${then}`)}`;
  const yaml = (text: string) =>
    flowYaml(`name: a, uses: ${FILE}, uses_with: { text: ${text} }, reload: true`);
  await fixture.folder.write(FILE, source(""));
  await fixture.folder.write(FLOW, yaml("one"));
  await fixture.load(FLOW);
  await fixture.folder.write(FILE, source(wait));
  await latch.reached();
  await fixture.folder.write(FLOW, yaml("two"));
  await fixture.log.waitFor(/change in Flow configuration YAML/);
  // The new deployment has imported the module: it comes to its turn next.
  while ((await notes(fixture)).length < 3) await fixture.status();
  for (let moment = 0; moment < 30; moment++) await fixture.status();
  latch.open();
  await fixture.log.waitFor(/applied after/);
  assertEquals((await fixture.ask()).text, "two");
  assertEquals(fixture.log.lines.filter((line) => /^ERROR|^WARNING/.test(line)), []);
});
