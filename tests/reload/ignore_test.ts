/** What `ignore` leaves out. */
import { assertEquals, assertMatch } from "@std/assert";
import { takeSnapshot } from "../support/resource_snapshot.ts";
import { FILE, Reloading } from "../support/reloading.ts";
import { executorSource, PACKAGE } from "../support/flow_fixture.ts";
import { reloadTest } from "./_serving.ts";

const text = (value: string) => `export const text = ${JSON.stringify(value)};\n`;
/** An Executor that answers with the texts of two modules. */
const joining = (one: string, other: string, more = "") =>
  `import { text as one } from ${JSON.stringify(one)};
import { text as other } from ${JSON.stringify(other)};
import { Executor, requests } from ${JSON.stringify(PACKAGE)};
export class MyExecutor extends Executor {
  @requests()
  foo(docs) { for (const doc of docs) doc.text = one + " " + other + ${JSON.stringify(more)}; }
}
`;

reloadTest(
  "ignore: files and folders that match reload nothing, others do, and the last pattern counts",
  async (fixture) => {
    const { folder } = fixture;
    const files = {
      [FILE]: executorSource("v1"),
      "generated/a.ts": text("1"),
      "generated/deep/b.ts": text("1"),
      "lib/c.gen.ts": text("1"),
      "lib/keep.gen.ts": text("1"),
    };
    const before = takeSnapshot().watches;
    const ignore = ["generated/", "*.gen.ts", "!keep.gen.ts"];
    const reloading = await Reloading.begin(fixture, { files, add: { ignore } });
    // The Executor's folder, and lib.
    assertEquals(takeSnapshot().watches - before, 2);
    await folder.write("generated/a.ts", text("2"));
    await folder.write("generated/deep/new.ts", text("2"));
    await folder.writeAtomic("lib/c.gen.ts", text("2"));
    await folder.write("new.gen.ts", text("2"));
    await folder.write("lib/generated/new.ts", text("2"));
    await reloading.quiet();
    assertEquals(reloading.reloads, 0);
    await reloading.becomes("v1", "lib/keep.gen.ts", () => folder.write("lib/keep.gen.ts", text("2")));
    await Deno.remove(folder.at("generated"), { recursive: true });
    await reloading.saved("v2");
    assertEquals(reloading.reloads, 2);
    await fixture.assertNothingLost();
  },
);

reloadTest(
  "ignore: what is imported is left out as well, and read anew with the next reload",
  async (fixture) => {
    const { folder } = fixture;
    const files = {
      [`app/${FILE}`]: joining("./generated/a.ts", "../shared/b.ts"),
      "app/generated/a.ts": text("a1"),
      "shared/b.ts": text("b1"),
    };
    const add = { uses: `app/${FILE}`, ignore: ["generated/", "../shared/"] };
    const reloading = await Reloading.begin(fixture, { files, add });
    await folder.write("app/generated/a.ts", text("a2"));
    await folder.write("shared/b.ts", text("b2"));
    await reloading.quiet("app");
    await reloading.only("a1 b1");
    await reloading.saved("a2 b2!", joining("./generated/a.ts", "../shared/b.ts", "!"), `app/${FILE}`);
    // Nothing is concluded from what was loaded meanwhile.
    await folder.write("app/generated/a.ts", text("a3"));
    await reloading.quiet("app");
    assertEquals(reloading.reloads, 1);
    await fixture.assertNothingLost();
  },
);

reloadTest("ignore: what is named in uses and modules is watched all the same", async (fixture) => {
  const { folder } = fixture;
  const files = {
    [FILE]: joining("./named.ts", "./other.ts"),
    "named.ts": text("n1"),
    "other.ts": text("o1"),
  };
  const reloading = await Reloading.begin(fixture, { files, add: { ignore: ["*"], modules: ["named.ts"] } });
  await reloading.becomes("n2 o1", "named.ts", () => folder.write("named.ts", text("n2")));
  await folder.write("other.ts", text("o2"));
  await reloading.saved("n2 o2!", joining("./named.ts", "./other.ts", "!"));
  assertEquals(reloading.reloads, 2);
  await fixture.assertNothingLost();
});

reloadTest(
  "ignore: the YAML's patterns hold besides those of the code, and follow its restarts",
  async (fixture) => {
    const { folder, log } = fixture;
    const yaml = (ignore: string) => `jtype: MyExecutor\nmetas:\n  modules: [${FILE}]\n  ignore: ${ignore}\n`;
    await folder.write("executor.yml", yaml("[a.ts]"));
    await folder.write(FILE, executorSource("v1"));
    for (const name of ["a.ts", "b.ts", "c.ts"]) await folder.write(name, text("1"));
    await fixture.serve({ uses: "executor.yml", reload: true, restart: true, ignore: ["b.ts"] });
    const reloading = new Reloading(fixture, await fixture.traffic());
    const saved = async () => {
      const mark = log.mark;
      for (const name of ["a.ts", "b.ts", "c.ts"]) await folder.write(name, text(crypto.randomUUID()));
      await log.waitFor(/c.ts'\]. Refreshing/, mark);
      await log.waitFor(/version \d+ serves/, mark);
      return log.records.slice(mark).filter(({ message }) => /detected changes/.test(message))
        .flatMap(({ message }) => message.match(/\w\.ts(?=')/g));
    };
    const restarted = async (text: string) => {
      const mark = log.mark;
      await folder.write("executor.yml", text);
      await log.waitFor(/version \d+ serves/, mark);
    };
    assertEquals(await saved(), ["c.ts"]);
    await restarted(yaml("['*.ts', '!c.ts', '!a.ts']"));
    assertEquals(new Set(await saved()), new Set(["a.ts", "c.ts"]));
    const mark = log.mark;
    await folder.write("executor.yml", yaml("[./a.ts]"));
    const { message } = await log.waitFor(/ERROR .*could not load the new version/, mark);
    const said =
      /`metas\.ignore`: invalid pattern "\.\/a\.ts": a path begins with "\/", which is the Executor's folder: "\/a\.ts" at /;
    assertMatch(message, said);
    assertMatch(message, new RegExp(`${folder.at("executor.yml")}:4:3`));
    await restarted(yaml("[c.ts, '!b.ts']"));
    await reloading.saved("v2");
    await fixture.assertNothingLost();
  },
);
