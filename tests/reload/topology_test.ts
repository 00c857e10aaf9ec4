/** Branches whose Executors are reloaded, restarted, down or dying, with requests running all the while. */
import { assertEquals, assertMatch } from "@std/assert";
import { Latch } from "../support/latch.ts";
import type { FlowFixture } from "../support/flow_fixture.ts";
import { answering, executorWith, reloadTest } from "./_serving.ts";

/** A branch's Executor: it adds a tag, waits at a latch that is meant for it, and counts across reloads. */
const branch = (tag: string) =>
  executorWith(`
  count = 0;
  constructor({ text = ${JSON.stringify(tag)} } = {}) {
    super();
    this.text = text;
  }
  @requests()
  async foo(docs, { parameters }) {
    this.count++;
    if (parameters.latch) await (await fetch(parameters.latch)).text();
    for (const doc of docs) doc.tags[this.runtime.deployment] = this.text;
  }
  @requests({ on: "/count" })
  tell(docs) { for (const doc of docs) doc.tags[this.runtime.deployment] = String(this.count > 0); }
  saveState() { return this.count; }
  restoreState(count) { this.count = count; }
`);
/** The Executor where branches meet: it tells what each of them said. */
const meeting = (own: string) =>
  executorWith(`
  @requests()
  foo(docs) { for (const doc of docs) doc.text = [doc.tags.a, doc.tags.b, ${JSON.stringify(own)}].join(" "); }
`);
const yaml = (text: string) =>
  `jtype: MyExecutor\nwith: { text: ${text} }\nmetas: { modules: [b/executor.ts] }\n`;

/** Two branches, one of them from a YAML, and where they meet. */
async function serveDiamond(fixture: FlowFixture): Promise<void> {
  const { folder } = fixture;
  await folder.write("a/executor.ts", branch("a1"));
  await folder.write("b/executor.ts", branch("b1"));
  await folder.write("b.yml", yaml("b1"));
  await folder.write("c/executor.ts", meeting("c1"));
  await fixture.serve([
    { uses: "a/executor.ts", name: "a", reload: true },
    { uses: "b.yml", name: "b", needs: "gateway", reload: true, restart: true, replicas: 2 },
    { uses: "c/executor.ts", name: "c", needs: ["a", "b"], reload: true },
  ]);
}

async function versionsOf(fixture: FlowFixture): Promise<(number | null)[]> {
  return (await fixture.status()).deployments.map(({ version }) => version);
}

reloadTest(
  "a reload or restart of any station in a topology loses nothing, and moves no other one",
  async (fixture) => {
    await serveDiamond(fixture);
    const traffic = await fixture.traffic();
    assertEquals(traffic.texts, ["a1 b1 c1"]);
    const becomes = async (text: string, name: string, source: string, versions: number[]) => {
      const mark = fixture.log.mark;
      await Promise.all([traffic.text(text), fixture.folder.write(name, source)]);
      await fixture.log.waitFor(/version \d+ serves after/, mark);
      await traffic.round();
      assertEquals(await versionsOf(fixture), versions);
    };
    await becomes("a2 b1 c1", "a/executor.ts", branch("a2"), [2, 1, 1]);
    await becomes("a2 b2 c1", "b.yml", yaml("b2"), [2, 2, 1]);
    await becomes("a2 b2 c2", "c/executor.ts", meeting("c2"), [2, 2, 2]);
    await becomes("a3 b2 c2", "a/executor.ts", branch("a3"), [3, 2, 2]);
    // A state went from version to version while branches were held and merged.
    assertEquals(JSON.parse((await fixture.ask("/count")).body).data[0].tags, { a: "true", b: "true" });
    // What was saved last is what is answered, and what was never saved is not.
    assertEquals(traffic.texts, ["a1 b1 c1", "a2 b1 c1", "a2 b2 c1", "a2 b2 c2", "a3 b2 c2"]);
    await fixture.assertNothingLost();
  },
);

reloadTest("many saves of all stations in a topology lose nothing", async (fixture) => {
  await serveDiamond(fixture);
  const traffic = await fixture.traffic("/", 4);
  for (let save = 2; save <= 8; save++) {
    await Promise.all([
      traffic.text(`a${save} b${save} c${save}`),
      fixture.folder.writeAtomic("a/executor.ts", branch(`a${save}`)),
      fixture.folder.writeAtomic("b.yml", yaml(`b${save}`)),
      fixture.folder.writeAtomic("c/executor.ts", meeting(`c${save}`)),
    ]);
  }
  await fixture.assertNothingLost();
});

reloadTest(
  "a request that waits in one branch ends well though the other stations are reloaded meanwhile",
  async (fixture) => {
    await serveDiamond(fixture);
    await using latch = new Latch();
    const slow = fixture.ask("/", "x", { b__latch: latch.url });
    await latch.reached();
    const traffic = await fixture.traffic();
    await Promise.all([traffic.text("a2 b1 c1"), fixture.folder.write("a/executor.ts", branch("a2"))]);
    await Promise.all([traffic.text("a2 b1 c2"), fixture.folder.write("c/executor.ts", meeting("c2"))]);
    latch.open();
    const { status, text } = await slow;
    // It had passed the first branch before, and reached the last station after.
    assertEquals([status, text], [200, "a1 b1 c2"]);
    await fixture.assertNothingLost();
  },
);

/** Asks a part of the stations; what came back, or why nothing did. */
async function post(
  fixture: FlowFixture,
  targetExecutor: string,
  execEndpoint = "/",
): Promise<[number, string]> {
  const response = await fetch(`http://127.0.0.1:${fixture.port}/post`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ data: [{ text: "x" }], execEndpoint, targetExecutor }),
  });
  const { header, data } = await response.json();
  return [response.status, header.status?.description ?? data[0].text];
}

const WAYS = {
  "at the beginning of a chain": { broken: "gateway", other: "broken", end: "other" },
  "in the middle of a chain": { broken: "other", other: "gateway", end: "broken" },
  "in a branch": { broken: "gateway", other: "gateway", end: ["broken", "other"] },
};

for (const [where, needs] of Object.entries(WAYS)) {
  reloadTest(
    `a station that is down ${where} fails the requests that need it by its name, and no other`,
    async (fixture) => {
      const { folder, log } = fixture;
      await folder.write("broken/executor.ts", "export class {\n");
      await folder.write("other/executor.ts", executorWith(answering("other")));
      await folder.write("end/executor.ts", executorWith(answering("end")));
      await fixture.serve([
        { uses: "broken/executor.ts", name: "broken", reload: true, needs: needs.broken },
        { uses: "other/executor.ts", name: "other", needs: needs.other },
        { uses: "end/executor.ts", name: "end", needs: needs.end },
      ]);
      assertEquals(await post(fixture, "other"), [200, "other"]);
      assertEquals(await post(fixture, "other|end"), [200, "end"]);
      for (const target of ["", "broken", "b|o"]) {
        const [status, why] = await post(fixture, target);
        assertEquals(status, 503, target);
        assertMatch(
          why,
          /^broken is down: SyntaxError: [^]*\nIt comes back with the next good save of its source\.$/,
        );
      }
      await folder.write("broken/executor.ts", executorWith(answering("mended")));
      await log.waitFor(/INFO broken\/rep-0 version \d+ serves/);
      assertEquals(await post(fixture, "broken"), [200, "mended"]);
      assertEquals(await post(fixture, ""), [200, "end"]);
    },
  );
}

reloadTest(
  "a station that died for good is not missed at endpoints that it does not bind",
  async (fixture) => {
    const { folder, log } = fixture;
    await folder.write(
      "mortal/executor.ts",
      executorWith('@requests({ on: "/die" })\n  die() { self.close(); }'),
    );
    await folder.write("other/executor.ts", executorWith(answering("other")));
    await fixture.serve([
      { uses: "mortal/executor.ts", name: "mortal", reload: true },
      { uses: "other/executor.ts", name: "other", needs: "gateway" },
      { uses: "other/executor.ts", name: "end", needs: ["mortal", "other"] },
    ]);
    const mark = log.mark;
    while (log.count(/it is left down/, mark) === 0) await post(fixture, "mortal", "/die");
    const [status, why] = await post(fixture, "mortal", "/die");
    assertEquals(status, 503);
    assertMatch(why, /^mortal is down: /);
    assertEquals(await post(fixture, "", "/"), [200, "other"]);
  },
);
