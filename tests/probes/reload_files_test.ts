/** The other files of an Executor: helpers, subfolders, new files, and modules named in a YAML. */
import { assertEquals } from "@std/assert";
import { FILE, Reloading, spotOf } from "../support/reloading.ts";
import { executorSource, PACKAGE, probe } from "../support/flow_fixture.ts";

/** A module that exports a text. */
const text = (value: string) => `export const text = ${JSON.stringify(value)};\n`;
/** A module that passes on the text of another. */
const pass = (from: string) => `export { text } from ${JSON.stringify(from)};\n`;
/** An Executor that answers with the text of another module. */
const importing = (from: string) =>
  `import { text } from ${JSON.stringify(from)};\n${
    executorSource("").replace('doc.text = ""', "doc.text = text")
  }`;

probe(6, "helper module edited", async (fixture) => {
  const files = { "helper.ts": text("v1"), [FILE]: importing("./helper.ts") };
  const reloading = await Reloading.begin(fixture, { files });
  await reloading.saved("v2", text("v2"), "helper.ts");
  await reloading.saved("v3", text("v3"), "helper.ts");
  await reloading.saved("v4", executorSource("v4"));
  assertEquals(reloading.traffic.texts, ["v1", "v2", "v3", "v4"]);
  await fixture.assertNothingLost();
});

probe(8, "two levels: executor -> a -> b, b edited", async (fixture) => {
  const files = {
    [`app/${FILE}`]: importing("./a.ts"),
    "app/a.ts": pass("./b.ts"),
    "app/b.ts": text("v1"),
  };
  const reloading = await Reloading.begin(fixture, { files, add: { uses: `app/${FILE}` } });
  await reloading.saved("v2", text("v2"), "app/b.ts");
  await reloading.saved("v3", text("v3"), "app/b.ts");
  // A third level, which is outside of the Executor's folder.
  await fixture.folder.write("shared/c.ts", text("v4"));
  await reloading.saved("v4", pass("../shared/c.ts"), "app/b.ts");
  await reloading.saved("v5", text("v5"), "shared/c.ts");
  assertEquals(reloading.traffic.texts, ["v1", "v2", "v3", "v4", "v5"]);
  assertEquals(reloading.reloads, 4);
  // Watched besides: shared.
  await fixture.assertNothingLost(1);
});

probe(9, "file in a subfolder edited", async (fixture) => {
  const files = { "lib/deep/helper.ts": text("v1"), [FILE]: importing("./lib/deep/helper.ts") };
  const reloading = await Reloading.begin(fixture, { files });
  await reloading.saved("v2", text("v2"), "lib/deep/helper.ts");
  const broken = "export const text = ;\n";
  await reloading.breaks(
    { says: /\nSyntaxError: /, file: "lib/deep/helper.ts", spot: spotOf(broken, ";") },
    () => fixture.folder.write("lib/deep/helper.ts", broken),
  );
  await reloading.saved("v3", text("v3"), "lib/deep/helper.ts");
  assertEquals(reloading.traffic.texts, ["v1", "v2", "v3"]);
  await fixture.assertNothingLost();
});

probe(10, "new file added, not imported", async (fixture) => {
  const reloading = await Reloading.begin(fixture);
  for (const [index, name] of ["new.ts", "other.js"].entries()) {
    const mark = fixture.log.mark;
    await fixture.folder.write(name, text("new"));
    const line = await fixture.log.waitFor(/detected changes/, mark);
    assertEquals(line.message, reloading.refreshing(name));
    await fixture.log.waitFor(new RegExp(`version ${index + 2} serves`), mark);
    await reloading.only("v1");
  }
  // What no Executor could import is no reload.
  for (const name of ["notes.txt", "data.json", ".hidden.ts", `${FILE}~`, "node_modules/package/mod.ts"]) {
    await fixture.folder.write(name, text("new"));
  }
  await reloading.quiet();
  assertEquals(reloading.reloads, 2);
  await reloading.saved("v2");
  assertEquals(reloading.traffic.texts, ["v1", "v2"]);
  await fixture.assertNothingLost();
});

probe(11, "executor edited to import the new file", async (fixture) => {
  const reloading = await Reloading.begin(fixture);
  // Nothing serves the import before the file is there.
  const source = importing("./new.ts");
  await reloading.breaks(
    { says: /Module not found ".*\/new.ts"/, file: FILE, spot: spotOf(source, '"./new.ts"') },
    () => fixture.folder.write(FILE, source),
  );
  await reloading.saved("v2", text("v2"), "new.ts");
  await fixture.folder.write("newer.ts", text("v3"));
  await fixture.log.waitFor(new RegExp(`newer.ts'\\]. Refreshing the Executor`));
  await reloading.quiet();
  await reloading.saved("v3", importing("./newer.ts"));
  assertEquals(reloading.traffic.texts, ["v1", "v2", "v3"]);
  await fixture.assertNothingLost();
});

probe(12, "then the new file edited", async (fixture) => {
  const reloading = await Reloading.begin(fixture, {
    files: { [`app/${FILE}`]: executorSource("v1") },
    add: { uses: `app/${FILE}` },
  });
  await fixture.folder.write("app/fresh/new.ts", text("v2"));
  await fixture.log.waitFor(/fresh\/new.ts'\]. Refreshing the Executor/);
  await reloading.quiet("app");
  await reloading.saved("v2", importing("./fresh/new.ts"), `app/${FILE}`);
  await reloading.saved("v3", text("v3"), "app/fresh/new.ts");
  await fixture.folder.write("elsewhere/new.ts", text("v4"));
  await reloading.saved("v4", importing("../elsewhere/new.ts"), `app/${FILE}`);
  await reloading.saved("v5", text("v5"), "elsewhere/new.ts");
  await reloading.saved("v6", text("v6"), "elsewhere/new.ts");
  assertEquals(reloading.traffic.texts, ["v1", "v2", "v3", "v4", "v5", "v6"]);
  // Watched besides: app/fresh, elsewhere.
  await fixture.assertNothingLost(2);
});

probe(27, "executor from YAML with extra modules, a module edited", async (fixture) => {
  const yaml = `jtype: MyExecutor
with: { prefix: "from yaml " }
metas:
  py_modules:
    - ../code/${FILE}
    - ../shared/text.ts
`;
  const source = (more = "") =>
    `import { text } from "../shared/text.ts";
import { Executor, requests } from ${JSON.stringify(PACKAGE)};
export class MyExecutor extends Executor {
  constructor({ prefix }) { super(); this.prefix = prefix; }
  @requests()
  foo(docs) { for (const doc of docs) doc.text = this.prefix + text + ${JSON.stringify(more)}; }
}
`;
  const reloading = await Reloading.begin(fixture, {
    files: {
      "config/executor.yml": yaml,
      [`code/${FILE}`]: source(),
      "shared/text.ts": text("v1"),
      "extra/plain.ts": text("not imported"),
    },
    add: { uses: "config/executor.yml", modules: ["extra/plain.ts"] },
  });
  await reloading.saved("from yaml v2", text("v2"), "shared/text.ts");
  const broken = `${text("broken")}null.x;\n`;
  await reloading.breaks(
    { says: /\nTypeError: .* at \//, file: "shared/text.ts", spot: spotOf(broken, "x;") },
    () => fixture.folder.write("shared/text.ts", broken),
  );
  await reloading.saved("from yaml v3", text("v3"), "shared/text.ts");
  await reloading.saved("from yaml v3, edited", source(", edited"), `code/${FILE}`);
  // A module that belongs to it, though it is neither imported nor in its folder.
  const mark = fixture.log.mark;
  await fixture.folder.write("extra/plain.ts", text("edited"));
  assertEquals(
    (await fixture.log.waitFor(/detected changes/, mark)).message,
    reloading.refreshing("extra/plain.ts"),
  );
  await fixture.log.waitFor(/version \d+ serves/, mark);
  await reloading.only("from yaml v3, edited");
  await fixture.assertNothingLost();
});
