/** Saves by the hundred, and what an Executor writes itself. */
import { assert, assertEquals } from "@std/assert";
import { FILE, Reloading } from "../support/reloading.ts";
import { executorSource } from "../support/flow_fixture.ts";
import { Traffic } from "../support/traffic.ts";
import { answering, executorWith, reloadTest } from "./_serving.ts";

const COUNT = 200;
const nameOf = (number: number) => `v${String(number).padStart(3, "0")}`;

reloadTest("saved 200 times in a row: the last one wins, and no worker is left over", async (fixture) => {
  const reloading = await Reloading.begin(fixture);
  const { traffic } = reloading;
  const manners = [
    (text: string) => fixture.folder.write(FILE, text),
    (text: string) => fixture.folder.writeAtomic(FILE, text),
    (text: string) => fixture.folder.writeLikeVim(FILE, text),
  ];
  const last = traffic.text(nameOf(COUNT));
  for (let number = 1; number <= COUNT; number++) {
    await manners[number % manners.length](executorSource(nameOf(number)));
  }
  await last;
  await reloading.only(nameOf(COUNT));
  const shown = traffic.texts.slice(1);
  assertEquals(shown, [...shown].sort(), "versions served in the order of the saves");
  const { history, lastError } = (await fixture.status()).deployments[0];
  assert(history.length <= COUNT);
  assertEquals(lastError, null);
  await reloading.saved("and one more");
  await fixture.assertNothingLost();
});

reloadTest("saved again as soon as the save before serves, 30 times: each one is seen", async (fixture) => {
  const reloading = await Reloading.begin(fixture);
  for (let number = 1; number <= 30; number++) {
    const seen = reloading.traffic.text(nameOf(number));
    await fixture.folder.writeAtomic(FILE, executorSource(nameOf(number)));
    await seen;
  }
  assertEquals(reloading.traffic.texts.length, 31);
  assertEquals(fixture.log.lines.filter((line) => /^(?:ERROR|WARNING)/.test(line)), []);
  await fixture.assertNothingLost();
});

reloadTest(
  "a file that is away or empty for 100 ms while it is saved as it was is no change",
  async (fixture) => {
    const reloading = await Reloading.begin(fixture);
    const at = (name: string) => fixture.folder.at(name);
    const breaks = [() => Deno.rename(at(FILE), at(`${FILE}~`)), () => Deno.truncate(at(FILE))];
    for (const begin of breaks) {
      await begin();
      await new Promise((resolve) => setTimeout(resolve, 100)); // The writer takes its time.
      await fixture.folder.write(FILE, executorSource("v1"));
      await reloading.quiet();
    }
    assertEquals([reloading.reloads, fixture.log.count(/detected changes/)], [0, 0]);
    await reloading.saved("v2");
  },
);

reloadTest(
  "an Executor that writes a JSON file beside itself at every request is not reloaded",
  async (fixture) => {
    const source = (text: string) =>
      executorWith(`${answering(text)}  count = 0;
  @requests({ on: "/write" })
  write(docs) {
    Deno.writeTextFileSync(new URL("./data.json", import.meta.url), JSON.stringify({ count: ++this.count }));
    Deno.writeTextFileSync(new URL(\`./data_\${this.count}.json\`, import.meta.url), "{}");
    for (const doc of docs) doc.text = ${JSON.stringify(text)};
  }
`);
    const reloading = await Reloading.begin(fixture, { files: { [FILE]: source("v1") }, endpoint: "/write" });
    for (let round = 0; round < 10; round++) await reloading.traffic.round();
    await reloading.quiet();
    assertEquals(reloading.reloads, 0);
    assertEquals((await fixture.status()).deployments[0].version, 1);
    await reloading.saved("v2", source("v2"));
    for (let round = 0; round < 10; round++) await reloading.traffic.round();
    await reloading.quiet();
    assertEquals(reloading.reloads, 1);
    assertEquals(reloading.traffic.texts, ["v1", "v2"]);
    await fixture.assertNothingLost();
  },
);

reloadTest("an Executor that writes source files into its workspace is not reloaded", async (fixture) => {
  const source = (text: string) =>
    executorWith(`  @requests()
  foo(docs) {
    Deno.writeTextFileSync(this.workspace + "/made.ts", "// " + crypto.randomUUID());
    for (const doc of docs) doc.text = ${JSON.stringify(text)};
  }
`);
  await fixture.folder.write(FILE, source("v1"));
  await fixture.folder.write(
    "executor.yml",
    `jtype: MyExecutor\nmetas:\n  workspace: ${fixture.folder.at("work")}\n  modules: [${FILE}]\n`,
  );
  const reloading = await Reloading.begin(fixture, {
    files: { [FILE]: source("v1") },
    add: { uses: "executor.yml" },
  });
  for (let round = 0; round < 10; round++) await reloading.traffic.round();
  await reloading.quiet();
  assertEquals(reloading.reloads, 0);
  await reloading.saved("v2", source("v2"));
  await reloading.quiet();
  assertEquals(reloading.reloads, 1);
  await fixture.assertNothingLost();
});

reloadTest("a file elsewhere that a handler imports is watched from then on", async (fixture) => {
  const lazy = (text: string) => `export const text = ${JSON.stringify(text)};\n`;
  await fixture.folder.write("out/lazy.ts", lazy("v1"));
  const reloading = await Reloading.begin(fixture, {
    files: { [`app/${FILE}`]: importing("../out/lazy.ts") },
    add: { uses: `app/${FILE}` },
  });
  await reloading.quiet("app");
  assertEquals(reloading.reloads, 0, "to import a file is not to change it");
  await reloading.saved("v2", lazy("v2"), "out/lazy.ts");
  await reloading.saved("v3", lazy("v3"), "out/lazy.ts");
  await reloading.quiet("app");
  assertEquals(reloading.reloads, 2);
  assertEquals(reloading.traffic.texts, ["v1", "v2", "v3"]);
});

reloadTest(
  "a file in its folder that a handler imports is no change, whatever the version",
  async (fixture) => {
    const source = (more: string) =>
      importing("./lazy.ts").replace("doc.text = text", `doc.text = text + ${JSON.stringify(more)}`);
    const reloading = await Reloading.begin(fixture, {
      files: { [FILE]: source(""), "lazy.ts": 'export const text = "v1";\n' },
    });
    await reloading.saved("v1, edited", source(", edited"));
    await reloading.quiet();
    assertEquals(reloading.reloads, 1);
    await fixture.assertNothingLost();
  },
);

reloadTest("a file that a handler cannot import yet is a change when it comes", async (fixture) => {
  const source = importing("../out/lazy.ts").replace(
    'await import("../out/lazy.ts")',
    'await (this.lazy ??= import("../out/lazy.ts").catch(() => ({ text: "missing" })))',
  );
  const reloading = await Reloading.begin(fixture, {
    files: { [`app/${FILE}`]: source },
    add: { uses: `app/${FILE}` },
  });
  await reloading.quiet("app");
  assertEquals([reloading.reloads, reloading.traffic.texts], [0, ["missing"]]);
  await fixture.folder.write("out/other.ts", "");
  await reloading.saved("v1", 'export const text = "v1";\n', "out/lazy.ts");
  await reloading.quiet("app");
  assertEquals(reloading.reloads, 1);
});

reloadTest("a file that was saved before the new version imports it is no change", async (fixture) => {
  const text = (text: string) => `export const text = ${JSON.stringify(text)};\n`;
  const source = (more: string) =>
    `import "../out/other.ts";\n${importing("../out/lazy.ts")}`
      .replace("async foo(docs) {", '$& if (docs[0].text === "wait") return;')
      .replace("doc.text = text", `doc.text = text + ${JSON.stringify(more)}`);
  const { folder, log } = fixture;
  await folder.write("out/other.ts", "");
  await folder.write("out/lazy.ts", text("v1"));
  await folder.write(`app/${FILE}`, source(""));
  await fixture.serve({ uses: `app/${FILE}`, reload: true });
  const reloading = new Reloading(fixture, new Traffic(() => fixture.ask("/", "wait"), 1));
  await using _ = reloading.traffic;
  assertEquals((await fixture.ask()).text, "v1");
  await reloading.quiet("app");
  await folder.write(`app/${FILE}`, source(", edited"));
  await log.waitFor(/version 2 serves/);
  // The new version has not imported it yet: nobody looks at it.
  await folder.write("out/lazy.ts", text("v2"));
  await reloading.quiet("app");
  for (let round = 0; round < 3; round++) {
    assertEquals((await fixture.ask()).text, "v2, edited");
    await reloading.quiet("app");
  }
  assertEquals(reloading.reloads, 1);
});

/** An Executor whose handler imports its text. */
function importing(path: string): string {
  return executorSource("")
    .replace("foo(docs) {", `async foo(docs) { const { text } = await import(${JSON.stringify(path)});`)
    .replace('""', "text");
}

reloadTest(
  "three hundred files are saved at once: few loads, short lines, the newest serves",
  async (fixture) => {
    const reloading = await Reloading.begin(fixture);
    const { folder, log } = fixture;
    await Promise.all(
      Array.from({ length: 300 }, (_, at) => folder.write(`many/${at}.ts`, `export const at = ${at};\n`)),
    );
    await folder.write(FILE, executorSource("v2"));
    await reloading.traffic.text("v2");
    await log.waitFor(/version \d+ serves/);
    assert(log.count(/detected changes/) < 60, `${log.count(/detected changes/)} loads`);
    assertEquals(log.count(/detected changes in: \[('[^']*', ){21}/), 0);
    assertEquals(reloading.traffic.texts, ["v1", "v2"]);
  },
);
