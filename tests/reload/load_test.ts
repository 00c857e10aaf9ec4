/** Loads that never end, and Executors that do not close well. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { FILE, Reloading } from "../support/reloading.ts";
import { executorSource } from "../support/flow_fixture.ts";
import { answering, executorWith, reloadTest } from "./_serving.ts";

const NEVER = "await new Promise(() => {});";
const LATE = /\n\w+: it was not ready within 1000 ms: the module's top level, the constructor or setup\(\)/;

reloadTest(
  "setup() never resolves: after loadTimeout the old version is said to serve on",
  async (fixture) => {
    const reloading = await Reloading.begin(fixture, { flow: { loadTimeout: 1_000 } });
    const source = executorSource("broken", "MyExecutor", `  async setup() { ${NEVER} }`);
    const mark = fixture.log.mark;
    await fixture.folder.write(FILE, source);
    const record = await fixture.log.waitFor(/could not load the new version; version 1 keeps serving/, mark);
    assertMatch(record.message, LATE);
    assert(record.message.includes(fixture.folder.at(FILE)), "the file is named");
    await reloading.only("v1");
    await reloading.saved("v2");
    // A newer save does not wait for the deadline of the one before.
    await fixture.folder.write(FILE, source);
    await fixture.log.waitFor(/detected changes/, fixture.log.mark - 1);
    await reloading.saved("v3");
    assertEquals(reloading.traffic.texts, ["v1", "v2", "v3"]);
    await fixture.assertNothingLost();
  },
);

reloadTest(
  "a module's top level never resolves: after loadTimeout the old version serves on",
  async (fixture) => {
    const reloading = await Reloading.begin(fixture, { flow: { loadTimeout: 1_000 } });
    const mark = fixture.log.mark;
    await fixture.folder.write(FILE, `${executorSource("broken")}\n${NEVER}\n`);
    const record = await fixture.log.waitFor(/could not load the new version; version 1 keeps serving/, mark);
    assertMatch(record.message, LATE);
    assert(record.message.includes(fixture.folder.at(FILE)), "the file is named");
    await reloading.only("v1");
    await reloading.saved("v2");
    assertEquals(reloading.traffic.texts, ["v1", "v2"]);
    await fixture.assertNothingLost();
  },
);

reloadTest("an import elsewhere that never resolves is watched: its good save recovers", async (fixture) => {
  const name = `app/${FILE}`;
  const reloading = await Reloading.begin(fixture, {
    files: { [name]: executorSource("v1") },
    add: { uses: name },
    flow: { loadTimeout: 1_000 },
  });
  await fixture.folder.write("elsewhere/helper.ts", `${NEVER}\nexport const text = "broken";\n`);
  const source = `import { text } from "../elsewhere/helper.ts";\n${
    executorSource("").replace('""', "text")
  }`;
  const mark = fixture.log.mark;
  await fixture.folder.write(name, source);
  await fixture.log.waitFor(/could not load the new version; version 1 keeps serving/, mark);
  await reloading.only("v1");
  await reloading.saved("v2", 'export const text = "v2";\n', "elsewhere/helper.ts");
});

reloadTest("close() that throws is told of, and nothing else happens", async (fixture) => {
  const source = (text: string) =>
    executorWith(`${answering(text)}  close() { throw new RangeError("cannot save ${text}"); }`);
  const reloading = await Reloading.begin(fixture, { files: { [FILE]: source("v1") } });
  const mark = fixture.log.mark;
  await Promise.all([reloading.traffic.text("v2"), fixture.folder.write(FILE, source("v2"))]);
  const warning =
    /WARNING executor0\/rep-0 close\(\) of version \d+ failed: RangeError: cannot save v1 at \/\S+\/my_executor.ts:\d+:\d+/;
  await fixture.log.waitFor(warning, mark);
  await reloading.only("v2");
  await reloading.saved("v3");
  assertEquals(reloading.traffic.texts, ["v1", "v2", "v3"]);
  await fixture.assertNothingLost();
});

reloadTest(
  "close() that never resolves is given up after closeTimeout; the new version serves meanwhile",
  async (fixture) => {
    const source = (text: string) => executorWith(`${answering(text)}  async close() { ${NEVER} }`);
    const reloading = await Reloading.begin(fixture, {
      files: { [FILE]: source("v1") },
      flow: { closeTimeout: 500 },
    });
    const mark = fixture.log.mark;
    await Promise.all([reloading.traffic.text("v2"), fixture.folder.write(FILE, executorSource("v2"))]);
    await reloading.only("v2");
    await fixture.log.waitFor(
      /WARNING .*close\(\) of version \d+ failed: .*did not end within 500 ms; `closeTimeout` gives it more time/,
      mark,
    );
    assertEquals(reloading.traffic.texts, ["v1", "v2"]);
    await fixture.assertNothingLost();
  },
);

reloadTest("a file that is imported as text is that text, and its save is a reload", async (fixture) => {
  // What a module of a script that serves would be amended in.
  const text = (more: string) => `import x from "y";\nclass Foo extends Bar {}\n// ${more}\n`;
  const source = `import words from "./words.txt" with { type: "text" };
import code from "../elsewhere/code.ts" with { type: "text" };
${executorSource("").replace('""', "`${words}|${code}`")}`;
  const name = `app/${FILE}`;
  const reloading = await Reloading.begin(fixture, {
    files: { [name]: source, "app/words.txt": text("v1"), "elsewhere/code.ts": text("v1") },
    add: { uses: name },
  });
  await reloading.saved(`${text("v2")}|${text("v1")}`, text("v2"), "app/words.txt");
  await reloading.saved(`${text("v2")}|${text("v3")}`, text("v3"), "elsewhere/code.ts");
  assertEquals(reloading.traffic.texts[0], `${text("v1")}|${text("v1")}`);
  await fixture.assertNothingLost();
});

reloadTest(
  "a module that imports the Executor's own, in a circle, gets the version and no copy of it",
  async (fixture) => {
    const help = 'import { seen } from "./my_executor.ts";\nexport const add = () => ++seen.count;\n';
    const source = (word: string) =>
      executorWith(
        "  @requests()\n  foo(docs) { for (const doc of docs) doc.text = `${word} ${add()} ${seen.count} ${seen.times}`; }",
        `import { add } from "./help.ts";
globalThis.times = (globalThis.times ?? 0) + 1;
export const seen = { count: 0, times: globalThis.times };
const word = "${word}";`,
      );
    await fixture.folder.write("help.ts", help);
    await fixture.folder.write(FILE, source("v1"));
    await fixture.serve({ uses: FILE, reload: true });
    assertEquals([(await fixture.ask()).text, (await fixture.ask()).text], ["v1 1 1 1", "v1 2 2 1"]);
    await fixture.folder.write(FILE, source("v2"));
    await fixture.log.waitFor(/version 2 serves/);
    assertEquals((await fixture.ask()).text, "v2 1 1 1");
  },
);

reloadTest("texts and CommonJS that look like classes of a module are left alone", async (fixture) => {
  const old =
    "/*\nimport this like so\n*/\nclass Base {}\nclass Foo extends Base {}\nmodule.exports = { word: Foo.name };\n";
  const top =
    'import old from "./old.cjs";\nexport const help = `\nclass new extends Thing {\n`;\n/*\nclass default extends X {\n*/';
  await fixture.folder.write("old.cjs", old);
  await fixture.folder.write(
    FILE,
    executorWith(
      "  @requests()\n  foo(docs) { for (const doc of docs) doc.text = old.word + help.length; }",
      top,
    ),
  );
  await fixture.serve({ uses: FILE, reload: true });
  assertEquals((await fixture.ask()).text, "Foo27");
});
