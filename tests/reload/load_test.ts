/** Loads that never end, and Executors that do not close well. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { FILE, Reloading } from "../support/reloading.ts";
import { executorSource } from "../support/flow_fixture.ts";
import { answering, executorWith, reloadTest } from "./_serving.ts";

const NEVER = "await new Promise(() => {});";
const LATE = /\n\w+: it was not ready within 1000 ms: the module's top level, the constructor or setup\(\)/;

reloadTest("setup() never resolves: after loadTimeout the old version is said to serve on", async (stand) => {
  const reloading = await Reloading.begin(stand, { flow: { loadTimeout: 1_000 } });
  const source = executorSource("broken", "MyExecutor", `  async setup() { ${NEVER} }`);
  const mark = stand.log.mark;
  await stand.folder.write(FILE, source);
  const record = await stand.log.waitFor(/could not load the new version; version 1 keeps serving/, mark);
  assertMatch(record.message, LATE);
  assert(record.message.includes(stand.folder.at(FILE)), "the file is named");
  await reloading.only("v1");
  await reloading.saved("v2");
  // A newer save does not wait for the deadline of the one before.
  await stand.folder.write(FILE, source);
  await stand.log.waitFor(/detected changes/, stand.log.mark - 1);
  await reloading.saved("v3");
  assertEquals(reloading.traffic.texts, ["v1", "v2", "v3"]);
  await stand.unharmed();
});

reloadTest(
  "a module's top level never resolves: after loadTimeout the old version serves on",
  async (stand) => {
    const reloading = await Reloading.begin(stand, { flow: { loadTimeout: 1_000 } });
    const mark = stand.log.mark;
    await stand.folder.write(FILE, `${executorSource("broken")}\n${NEVER}\n`);
    const record = await stand.log.waitFor(/could not load the new version; version 1 keeps serving/, mark);
    assertMatch(record.message, LATE);
    assert(record.message.includes(stand.folder.at(FILE)), "the file is named");
    await reloading.only("v1");
    await reloading.saved("v2");
    assertEquals(reloading.traffic.texts, ["v1", "v2"]);
    await stand.unharmed();
  },
);

reloadTest("an import elsewhere that never resolves is watched: its good save recovers", async (stand) => {
  const name = `app/${FILE}`;
  const reloading = await Reloading.begin(stand, {
    files: { [name]: executorSource("v1") },
    add: { uses: name },
    flow: { loadTimeout: 1_000 },
  });
  await stand.folder.write("elsewhere/helper.ts", `${NEVER}\nexport const text = "broken";\n`);
  const source = `import { text } from "../elsewhere/helper.ts";\n${
    executorSource("").replace('""', "text")
  }`;
  const mark = stand.log.mark;
  await stand.folder.write(name, source);
  await stand.log.waitFor(/could not load the new version; version 1 keeps serving/, mark);
  await reloading.only("v1");
  await reloading.saved("v2", 'export const text = "v2";\n', "elsewhere/helper.ts");
});

reloadTest("close() that throws is told of, and nothing else happens", async (stand) => {
  const source = (text: string) =>
    executorWith(`${answering(text)}  close() { throw new RangeError("cannot save ${text}"); }`);
  const reloading = await Reloading.begin(stand, { files: { [FILE]: source("v1") } });
  const mark = stand.log.mark;
  await Promise.all([reloading.traffic.text("v2"), stand.folder.write(FILE, source("v2"))]);
  const warning =
    /WARNING executor0\/rep-0 close\(\) of version \d+ failed: RangeError: cannot save v1 at \/\S+\/my_executor.ts:\d+:\d+/;
  await stand.log.waitFor(warning, mark);
  await reloading.only("v2");
  await reloading.saved("v3");
  assertEquals(reloading.traffic.texts, ["v1", "v2", "v3"]);
  await stand.unharmed();
});

reloadTest(
  "close() that never resolves is given up after closeTimeout; the new version serves meanwhile",
  async (stand) => {
    const source = (text: string) => executorWith(`${answering(text)}  async close() { ${NEVER} }`);
    const reloading = await Reloading.begin(stand, {
      files: { [FILE]: source("v1") },
      flow: { closeTimeout: 500 },
    });
    const mark = stand.log.mark;
    await Promise.all([reloading.traffic.text("v2"), stand.folder.write(FILE, executorSource("v2"))]);
    await reloading.only("v2");
    await stand.log.waitFor(
      /WARNING .*close\(\) of version \d+ failed: .*did not end within 500 ms; `closeTimeout` gives it more time/,
      mark,
    );
    assertEquals(reloading.traffic.texts, ["v1", "v2"]);
    await stand.unharmed();
  },
);

reloadTest("a file that is imported as text is that text, and its save is a reload", async (stand) => {
  // What a module of a script that serves would be amended in.
  const text = (more: string) => `import x from "y";\nclass Foo extends Bar {}\n// ${more}\n`;
  const source = `import words from "./words.txt" with { type: "text" };
import code from "../elsewhere/code.ts" with { type: "text" };
${executorSource("").replace('""', "`${words}|${code}`")}`;
  const name = `app/${FILE}`;
  const reloading = await Reloading.begin(stand, {
    files: { [name]: source, "app/words.txt": text("v1"), "elsewhere/code.ts": text("v1") },
    add: { uses: name },
  });
  await reloading.saved(`${text("v2")}|${text("v1")}`, text("v2"), "app/words.txt");
  await reloading.saved(`${text("v2")}|${text("v3")}`, text("v3"), "elsewhere/code.ts");
  assertEquals(reloading.traffic.texts[0], `${text("v1")}|${text("v1")}`);
  await stand.unharmed();
});

reloadTest(
  "a module that imports the Executor's own, in a circle, gets the version and no copy of it",
  async (stand) => {
    const help = 'import { seen } from "./my_executor.ts";\nexport const add = () => ++seen.count;\n';
    const source = (word: string) =>
      executorWith(
        "  @requests()\n  foo(docs) { for (const doc of docs) doc.text = `${word} ${add()} ${seen.count} ${seen.times}`; }",
        `import { add } from "./help.ts";
globalThis.times = (globalThis.times ?? 0) + 1;
export const seen = { count: 0, times: globalThis.times };
const word = "${word}";`,
      );
    await stand.folder.write("help.ts", help);
    await stand.folder.write(FILE, source("v1"));
    await stand.serve({ uses: FILE, reload: true });
    assertEquals([(await stand.ask()).text, (await stand.ask()).text], ["v1 1 1 1", "v1 2 2 1"]);
    await stand.folder.write(FILE, source("v2"));
    await stand.log.waitFor(/version 2 serves/);
    assertEquals((await stand.ask()).text, "v2 1 1 1");
  },
);

reloadTest("texts and CommonJS that look like classes of a module are left alone", async (stand) => {
  const old =
    "/*\nimport this like so\n*/\nclass Base {}\nclass Foo extends Base {}\nmodule.exports = { word: Foo.name };\n";
  const top =
    'import old from "./old.cjs";\nexport const help = `\nclass new extends Thing {\n`;\n/*\nclass default extends X {\n*/';
  await stand.folder.write("old.cjs", old);
  await stand.folder.write(
    FILE,
    executorWith(
      "  @requests()\n  foo(docs) { for (const doc of docs) doc.text = old.word + help.length; }",
      top,
    ),
  );
  await stand.serve({ uses: FILE, reload: true });
  assertEquals((await stand.ask()).text, "Foo27");
});
