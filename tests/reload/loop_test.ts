/** Reloads that an Executor causes itself. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { FILE, Reloading } from "../support/reloading.ts";
import { executorSource } from "../support/flow_fixture.ts";
import { answering, executorWith as plain, reloadTest } from "./_serving.ts";

const FS = 'import { readFileSync, writeFileSync } from "node:fs";';
/** The source of an Executor that writes files. */
const executorWith = (body: string, top = "") => plain(body, `${FS}\n${top}`);

/** Writes another content each time. */
const write = (name: string) =>
  `writeFileSync(new URL(${JSON.stringify(name)}, import.meta.url), ` +
  `"export const t = " + (performance.timeOrigin + performance.now()));`;

/** How a load writes a file, by what does it. */
const MANNERS: Readonly<Record<string, (text: string) => string>> = {
  "setup()": (text) => executorWith(`  setup() { ${write("./made.ts")} }\n${answering(text)}`),
  "the constructor, before a long setup()": (text) =>
    executorWith(
      `  constructor() { super(); ${write("./made.ts")} }
  setup() { return new Promise((resolve) => setTimeout(resolve, 300)); }
${answering(text)}`,
    ),
  "setup(), which does not wait for it": (text) =>
    executorWith(
      `  setup() { setTimeout(() => { ${write("./made.ts")} }, 5); }\n${answering(text)}`,
    ),
  "the module, which is imported by it": (text) =>
    executorWith(
      answering(text),
      `import "./made.ts";\nsetTimeout(() => { ${write("./made.ts")} }, 10);
await new Promise((resolve) => setTimeout(resolve, 50));`,
    ),
  "saveState()": (text) =>
    executorWith(
      `  saveState() { ${write("./made.ts")} return 1; }\n  restoreState() {}\n${answering(text)}`,
    ),
};

const STOPPED =
  /WARNING executor0\/rep-0 each load of the Executor writes (\S+), which reloaded it again and again/;

for (const [manner, source] of Object.entries(MANNERS)) {
  reloadTest(`written by ${manner}: it stops, says how to leave it out, and saves win`, async (fixture) => {
    const { folder, log } = fixture;
    await folder.write("made.ts", "export const t = 0;\n");
    const reloading = await Reloading.begin(fixture, { files: { [FILE]: source("v1") } });
    for (const text of ["v2", "v3"]) {
      const mark = log.mark;
      await Promise.all([reloading.traffic.text(text), folder.write(FILE, source(text))]);
      const { message } = await log.waitFor(STOPPED, mark);
      assertMatch(message, new RegExp(`writes ${folder.at("made.ts")},`));
      assertMatch(message, /and it keeps serving\. To leave it out, set ignore: \["made\.ts"\]$/);
      await reloading.quiet();
      const { version } = (await fixture.status()).deployments[0];
      await reloading.only(text);
      await reloading.quiet();
      assertEquals((await fixture.status()).deployments[0].version, version);
      assert(log.count(/version \d+ serves/, mark) < 20, `${log.count(/version \d+ serves/, mark)} versions`);
    }
    await reloading.traffic.stop();
    assertEquals([reloading.traffic.failed, reloading.traffic.broken], [[], []]);
  });
}

reloadTest("a save while it is reloaded again and again serves in the end", async (fixture) => {
  const { folder, log } = fixture;
  const source = MANNERS["setup()"];
  const reloading = await Reloading.begin(fixture, { files: { [FILE]: source("v1") } });
  const mark = log.mark;
  await folder.write(FILE, source("v2"));
  await log.waitFor(/version 3 serves/, mark);
  await folder.write(FILE, source("v3"));
  // On a busy machine saves meet loads that are given up, which count as well: then the loop is stopped already.
  await log.waitFor(/version 5 serves|no longer reload it/, mark);
  await Promise.all([reloading.traffic.text("last"), folder.write(FILE, source("last"))]);
  await log.waitFor(STOPPED, mark);
  await reloading.only("last");
  await fixture.assertNothingLost();
});

reloadTest(
  "a load that fails and writes a file is not tried for ever; a mended one serves",
  async (fixture) => {
    const { folder, log } = fixture;
    const failing = executorWith(`  setup() { ${write("./made.ts")} throw new Error("not yet"); }`);
    const reloading = await Reloading.begin(fixture);
    const mark = log.mark;
    await folder.write(FILE, failing);
    await log.waitFor(STOPPED, mark);
    await reloading.quiet();
    assert(log.count(/could not load/, mark) < 10);
    await Promise.all([reloading.traffic.text("v2"), folder.write(FILE, executorSource("v2"))]);
    await fixture.assertNothingLost();
  },
);

reloadTest("a handler that writes what it imports is told once how to leave it out", async (fixture) => {
  const { folder, log } = fixture;
  const source = executorWith(
    `  @requests({ on: "/write" })
  write(docs) {
    writeFileSync(new URL("./data.json", import.meta.url), JSON.stringify({ at: performance.now() }));
    for (const doc of docs) doc.text = String(data.at);
  }`,
    'import data from "./data.json" with { type: "json" };',
  );
  await folder.write("data.json", '{ "at": 0 }');
  await folder.write(FILE, source);
  await fixture.serve({ uses: FILE, reload: true });
  const REPEATED =
    /WARNING executor0\/rep-0 .*data\.json is written again and again, .* ignore: \["data\.json"\]$/;
  for (let round = 0; round < 12; round++) {
    const mark = log.mark;
    await fixture.ask("/write");
    await log.waitFor(/version \d+ serves/, mark);
  }
  assertEquals(log.count(REPEATED), 1);
});

reloadTest("a formatter that writes a file again after each save is no loop", async (fixture) => {
  const { folder, log } = fixture;
  const reloading = await Reloading.begin(fixture);
  for (let round = 2; round < 10; round++) {
    const serves = log.waitFor(/version \d+ serves/, log.mark);
    await folder.write(FILE, executorSource(`v${round}`).replaceAll("\n", "  \n"));
    await serves;
    await folder.write(FILE, executorSource(`v${round}`));
    await reloading.traffic.text(`v${round}`);
    await reloading.quiet();
  }
  assertEquals(log.count(/WARNING executor0/), 0);
  await fixture.assertNothingLost();
});
