/** What is in flight or in memory when a version is replaced: requests and state. */
import { assertEquals, assertMatch } from "@std/assert";
import { Latch } from "../support/latch.ts";
import { inTime } from "../support/in_time.ts";
import { PATIENCE_MS } from "../support/log_trap.ts";
import { assertPlaced, FILE, Reloading, spotOf } from "../support/reloading.ts";
import { executorSource, type FlowFixture, probe, probeInPlace } from "../support/flow_fixture.ts";

/** An Executor that counts its requests; `/slow` waits at a latch before it counts. */
const counting = (text: string, more = "") =>
  executorSource(
    "",
    "MyExecutor",
    `  count = 0;
  @requests({ on: "/slow" })
  async slow(docs, { parameters }) {
    await (await fetch(parameters.latch)).text();
    this.foo(docs);
  }
${more}`,
  ).replace('doc.text = ""', `doc.text = "${text} " + ++this.count`);

/** What hands the count over. */
const KEEPING = `  saveState() { return { count: this.count }; }
  restoreState({ count }) { this.count = count; }`;

/** Waits until a version has been loaded and waits for the requests in flight. */
async function handingOver(fixture: FlowFixture): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await fixture.status()).deployments[0].versions.some(({ state }) => state === "ready")) {
    if (performance.now() > deadline) throw new Error("No version waits for the state");
  }
}

/** Waits until a file is there. */
async function exists(path: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!await Deno.stat(path).then(() => true, () => false)) {
    if (performance.now() > deadline) throw new Error(`${path} was never written`);
  }
}

probe(5, "state kept in the instance, with saveState() and restoreState()", async (fixture) => {
  await using latch = new Latch();
  const { traffic } = await Reloading.begin(fixture, {
    files: { [FILE]: counting("v1", KEEPING) },
    flow: { handoverTimeout: PATIENCE_MS },
  });
  const slow = fixture.ask("/slow", "x", { latch: latch.url });
  await latch.reached();
  const mark = fixture.log.mark;
  await fixture.folder.write(FILE, counting("v2", KEEPING));
  await handingOver(fixture);
  // Requests are held until the one in flight has ended, and the new version answers them.
  const held = Array.from({ length: 5 }, () => fixture.ask());
  const first = await Promise.race([...held, handingOver(fixture)]);
  assertEquals(first, undefined);
  latch.open();
  const answers = await inTime(Promise.all([slow, ...held]), "The answers after the hand-over");
  assertEquals(answers.map(({ status }) => status), [200, 200, 200, 200, 200, 200]);
  assertMatch(answers[0].text, /^v1 /);
  for (const { text } of answers.slice(1)) assertMatch(text, /^v2 /);
  await fixture.log.waitFor(/INFO executor0\/rep-0 version 2 serves/, mark);

  // A third version, without anything in flight but the requests that run all the while.
  await fixture.folder.write(FILE, counting("v3", KEEPING));
  await traffic.next(({ text }) => text.startsWith("v3 "));
  await fixture.assertNothingLost();
  // No request was counted twice or forgotten: each of the three versions went on where the one before ended.
  const all = [...answers, ...traffic.seen].map(({ text }) => text.split(" ") as [string, string]);
  const counts = all.map(([, count]) => Number(count)).sort((a, b) => a - b);
  assertEquals(counts, counts.map((_, index) => index + 1));
  const order = all.toSorted((a, b) => Number(a[1]) - Number(b[1])).map(([version]) => version);
  assertEquals(order, [...order].sort());
});

probe(5, "state kept in the instance: the new version cannot restore it", async (fixture) => {
  const files = { [FILE]: counting("v1", KEEPING) };
  const { traffic } = await Reloading.begin(fixture, { files });
  const broken = counting("broken", KEEPING.replace("this.count = count", 'throw new RangeError("too old")'));
  const spot = spotOf(broken, "new RangeError");
  const mark = fixture.log.mark;
  await fixture.folder.write(FILE, broken);
  const { message } = await fixture.log.waitFor(
    /ERROR .* could not load the new version; version 1 keeps/,
    mark,
  );
  assertMatch(message, /restoreState\(\) failed: RangeError: too old/);
  await traffic.round();
  await fixture.folder.write(FILE, counting("v2", KEEPING));
  await traffic.next(({ text }) => text.startsWith("v2 "));
  await fixture.assertNothingLost();
  const counts = traffic.seen.map(({ text }) => Number(text.split(" ")[1])).sort((a, b) => a - b);
  assertEquals(counts, counts.map((_, index) => index + 1));
  assertEquals(new Set(traffic.seen.map(({ text }) => text.split(" ")[0])), new Set(["v1", "v2"]));
  assertPlaced(/ at (\/\S+)$/m.exec(message)?.[1], fixture.folder.at(FILE), spot);
  assertMatch(message, new RegExp(`^ +${spot.line} \\| `, "m"));
});

probe(5, "state kept in the instance: fresh without saveState() and restoreState()", async (fixture) => {
  const { traffic } = await Reloading.begin(fixture, { files: { [FILE]: counting("v1") } });
  await traffic.next(({ text }) => Number(text.split(" ")[1]) > 3);
  await fixture.folder.write(FILE, counting("v2"));
  await traffic.next(({ text }) => text.startsWith("v2 "));
  await fixture.assertNothingLost();
  for (const version of ["v1", "v2"]) {
    const own = traffic.seen.filter(({ text }) => text.startsWith(version));
    const counts = own.map(({ text }) => Number(text.split(" ")[1])).sort((a, b) => a - b);
    assertEquals(counts, counts.map((_, index) => index + 1));
  }
});

/** An Executor whose `/slow` does not yield for as long as the test says, and 1 s at least. */
const spinning = (text: string) =>
  executorSource(
    text,
    "MyExecutor",
    `  @requests({ on: "/slow" })
  slow(docs, { parameters }) {
    const end = Date.now() + 1_000;
    writeFileSync(parameters.begun, "");
    while (Date.now() < end || !existsSync(parameters.enough)) if (Date.now() > end + 14_000) break;
    this.foo(docs);
  }`,
  ) + 'import { existsSync, writeFileSync } from "node:fs";\n';

probe(19, "synchronous 1 s handler in flight during the save", async (fixture) => {
  const reloading = await Reloading.begin(fixture, { files: { [FILE]: spinning("v1") } });
  const [begun, enough] = [fixture.folder.at("begun.txt"), fixture.folder.at("enough.txt")];
  let ended = false;
  const slow = fixture.ask("/slow", "x", { begun, enough }).finally(() => ended = true);
  await exists(begun);
  const mark = fixture.log.mark;
  await fixture.folder.write(FILE, spinning("v2"));
  assertEquals((await fixture.log.waitFor(/detected changes/, mark)).message, reloading.refreshing(FILE));
  await fixture.log.waitFor(/INFO executor0\/rep-0 version 2 serves/, mark);
  // Requests that were waiting behind the slow one belong to the old version; others get the new code at once.
  for (let count = 0; count < 5; count++) {
    const { status, text } = await inTime(fixture.ask(), "The new version's answer");
    assertEquals([status, text, ended], [200, "v2", false]);
  }
  await fixture.folder.write("enough.txt", "");
  const { status, text } = await inTime(slow, "The slow answer");
  assertEquals([status, text], [200, "v1"]);
  await reloading.only("v2");
  await reloading.saved("v3", spinning("v3"));
  assertEquals(reloading.traffic.texts, ["v1", "v2", "v3"]);
  await fixture.assertNothingLost();
});

probeInPlace(
  19,
  "synchronous 1 s handler in flight: the new version serves when it yields",
  async (fixture) => {
    const reloading = await Reloading.begin(fixture, { files: { [FILE]: spinning("v1") } });
    const [begun, enough] = [fixture.folder.at("begun.txt"), fixture.folder.at("enough.txt")];
    const slow = fixture.ask("/slow", "x", { begun, enough });
    await exists(begun);
    await reloading.becomes("v2", FILE, async () => {
      const mark = fixture.log.mark;
      await fixture.folder.write(FILE, spinning("v2"));
      await fixture.log.waitFor(/detected changes/, mark);
      // Requests that come meanwhile belong to the old version.
      const waiting = fixture.ask();
      assertEquals(fixture.log.count(/version 2 serves/, mark), 0);
      await fixture.folder.write("enough.txt", "");
      const answers = await inTime(Promise.all([slow, waiting]), "The answers of the old version");
      assertEquals(answers.map(({ status, text }) => [status, text]), [[200, "v1"], [200, "v1"]]);
    });
    await reloading.saved("v3", spinning("v3"));
    assertEquals(reloading.traffic.texts, ["v1", "v2", "v3"]);
    await fixture.assertNothingLost();
  },
);

probeInPlace(
  19,
  "synchronous handler that does not yield: the save ends in a fresh worker",
  async (fixture) => {
    const { folder, log } = fixture;
    await folder.write(FILE, spinning("v1"));
    await fixture.serve({ uses: FILE, reload: true }, { stuckAfter: 300 });
    const [begun, enough] = [folder.at("begun.txt"), folder.at("enough.txt")];
    const slow = fixture.ask("/slow", "x", { begun, enough });
    await exists(begun);
    await folder.write(FILE, spinning("v2"));
    await log.waitFor(/INFO executor0\/rep-0 version \d+ serves after [\d.]+ ms$/);
    assertEquals((await inTime(slow, "The answer of the handler")).status, 503);
    assertEquals((await fixture.ask()).text, "v2");
    await folder.write("enough.txt", "");
    await folder.write(FILE, spinning("v3"));
    await log.waitFor(/INFO executor0\/rep-0 version \d+ serves after [\d.]+ ms \(in place\)$/);
    assertEquals((await fixture.ask()).text, "v3");
  },
);

probe(20, "asynchronous 2 s handler in flight", async (fixture) => {
  await using first = new Latch();
  await using second = new Latch();
  const source = (text: string) =>
    executorSource(
      text,
      "MyExecutor",
      `  @requests({ on: "/slow" })
  async slow(docs, { parameters }) {
    await (await fetch(parameters.latch)).text();
    this.foo(docs);
  }`,
    );
  const reloading = await Reloading.begin(fixture, { files: { [FILE]: source("v1") } });
  const slow = fixture.ask("/slow", "x", { latch: first.url });
  await first.reached();
  // The others get the new code meanwhile.
  await reloading.saved("v2", source("v2"));
  const slower = fixture.ask("/slow", "x", { latch: second.url });
  await second.reached();
  await reloading.saved("v3", source("v3"));
  second.open();
  assertEquals((await inTime(slower, "The answer of the second version")).text, "v2");
  await reloading.breaks(
    { says: /\nSyntaxError: /, file: FILE, spot: { line: 1, column: 7 } },
    () => fixture.folder.write(FILE, "class {\n"),
  );
  await reloading.saved("v4", source("v4"));
  first.open();
  const { status, text } = await inTime(slow, "The answer of the first version");
  assertEquals([status, text], [200, "v1"]);
  assertEquals(reloading.traffic.texts, ["v1", "v2", "v3", "v4"]);
  await fixture.assertNothingLost();
});
