/** What `watch` adds to what is watched. */
import { assertEquals, assertMatch } from "@std/assert";
import { takeSnapshot } from "../support/resource_snapshot.ts";
import { FILE, Reloading } from "../support/reloading.ts";
import { executorSource, type FlowFixture, PACKAGE } from "../support/flow_fixture.ts";
import { reloadTest } from "./_serving.ts";

/** An Executor that answers with what is in a file. */
const reading = (file: string, more = "") =>
  `import { readFileSync, writeFileSync } from "node:fs";
import { Executor, requests } from ${JSON.stringify(PACKAGE)};
const read = () => { try { return readFileSync(new URL(${
    JSON.stringify(file)
  }, import.meta.url), "utf8"); } catch { return "none"; } };
export class MyExecutor extends Executor {
  text = read();
  @requests()
  foo(docs) { for (const doc of docs) doc.text = this.text; }
${more}
}
`;

for (const poll of [false, true]) {
  const named = (name: string) => `watch${poll ? ", polled" : ""}: ${name}`;

  reloadTest(named("files that the Executor reads, in its folder and below"), async (fixture) => {
    const { folder } = fixture;
    const files = {
      [FILE]: reading("./prompts/de/hello.txt"),
      "prompts/de/hello.txt": "v1",
      "notes.txt": "1",
    };
    const add = { watch: ["prompts/", "*.html", ".env", "!prompts/drafts/"] };
    const reloading = await Reloading.begin(fixture, { files, add, flow: { poll } });
    const hello = "prompts/de/hello.txt";
    await reloading.becomes("v2", hello, () => folder.write(hello, "v2"));
    await reloading.becomes("v3", hello, () => folder.writeAtomic(hello, "v3"));
    await reloading.becomes("v4", hello, () => folder.writeLikeVim(hello, "v4"));
    for (const name of [".env", "prompts/new/later.md", "templates/a.html"]) {
      await reloading.becomes("v4", name, () => folder.write(name, "1"));
      await reloading.becomes("v4", name, () => folder.write(name, "2"));
    }
    await reloading.becomes("none", hello, () => Deno.remove(folder.at(hello)));
    await reloading.becomes("v5", hello, () => folder.write(hello, "v5"));
    const before = reloading.reloads;
    for (
      const name of ["notes.txt", "prompts/drafts/a.txt", "prompts/.hidden", "prompts/a.txt~", ".env.local"]
    ) {
      await folder.write(name, "3");
    }
    await folder.write(hello, "v5");
    await reloading.quiet();
    assertEquals(reloading.reloads, before);
  });

  reloadTest(
    named("files outside of the Executor's folder, in hidden folders, and ones that come later"),
    async (fixture) => {
      const { folder } = fixture;
      const shared = "shared/prompts/a.txt";
      const files = {
        [`app/${FILE}`]: reading("../shared/prompts/a.txt"),
        [shared]: "v1",
        "shared/other.txt": "1",
      };
      const add = { uses: `app/${FILE}`, watch: ["../shared/prompts/", ".config/*.json", "../later/x.txt"] };
      const reloading = await Reloading.begin(fixture, { files, add, flow: { poll } });
      await reloading.becomes("v2", shared, () => folder.write(shared, "v2"));
      await reloading.becomes("v2", "app/.config/a.json", () => folder.write("app/.config/a.json", "1"));
      await reloading.becomes("v2", "app/.config/a.json", () => folder.write("app/.config/a.json", "2"));
      await reloading.becomes("v2", "later/x.txt", () => folder.write("later/x.txt", "1"));
      await reloading.becomes(
        "none",
        shared,
        () => Deno.remove(folder.at("shared/prompts"), { recursive: true }),
      );
      await reloading.becomes("v3", shared, () => folder.write(shared, "v3"));
      const before = reloading.reloads;
      for (const name of ["shared/other.txt", "app/.config/a.txt", "later/y.txt"]) {
        await folder.write(name, "2");
      }
      await reloading.quiet("app");
      assertEquals(reloading.reloads, before);
    },
  );
}

/** What `/status` says is watched. */
async function watched(fixture: FlowFixture): Promise<readonly string[]> {
  const { deployments } = await (await fetch(`http://127.0.0.1:${fixture.port}/status`)).json();
  return deployments[0].watched;
}

reloadTest("watch: it costs no watch of a folder by itself, and `/status` shows it", async (fixture) => {
  const { folder } = fixture;
  await folder.write("prompts/a.txt", "1");
  await folder.write(FILE, executorSource("v1"));
  const before = takeSnapshot().watches;
  await fixture.serve({ uses: FILE, reload: true, watch: ["*.txt", ".env", "!b.txt"] });
  assertEquals(takeSnapshot().watches - before, 2);
  assertEquals(await watched(fixture), [`${folder.path}/`, "*.txt", ".env", "!b.txt"]);
});

reloadTest(
  "watch: `ignore` and the workspace stay left out, and so does all without `reload`",
  async (fixture) => {
    const { folder } = fixture;
    const files = { [FILE]: executorSource("v1"), "data/a.txt": "1", ".hotflow/executor0/a.txt": "1" };
    const add = { watch: ["*.txt", ".hotflow/"], ignore: ["data/"] };
    const reloading = await Reloading.begin(fixture, { files, add });
    await folder.write("data/a.txt", "2");
    await reloading.becomes("v1", "b.txt", () => folder.write("b.txt", "2"));
    await reloading.quiet();
    assertEquals(reloading.reloads, 1);
  },
);

reloadTest("watch: a file that is written by each load does not reload for ever", async (fixture) => {
  const { folder, log } = fixture;
  const writing =
    `  setup() { writeFileSync(new URL("./out.txt", import.meta.url), String(performance.now())); }`;
  const files = { [FILE]: reading("./in.txt", writing), "in.txt": "v1", "out.txt": "" };
  const reloading = await Reloading.begin(fixture, { files, add: { watch: ["*.txt"] } });
  await Promise.all([reloading.traffic.text("v2"), folder.write("in.txt", "v2")]);
  await log.waitFor(/WARNING .* set ignore: \["out\.txt"\]$/);
  await reloading.quiet();
  await reloading.only("v2");
});

reloadTest(
  "watch: the YAML's patterns hold besides those of the code, and follow its restarts",
  async (fixture) => {
    const { folder, log } = fixture;
    const yaml = (watch: string) => `jtype: MyExecutor\nmetas:\n  modules: [${FILE}]\n  watch: ${watch}\n`;
    await folder.write("executor.yml", yaml("a.txt"));
    await folder.write(FILE, executorSource("v1"));
    for (const name of ["a.txt", "b.txt", "c.txt"]) await folder.write(name, "1");
    await fixture.serve({ uses: "executor.yml", reload: true, restart: true, watch: ["b.txt"] });
    const reloading = new Reloading(fixture, await fixture.traffic());
    for (const name of ["a.txt", "b.txt"]) await reloading.becomes("v1", name, () => folder.write(name, "2"));
    await folder.write("c.txt", "2");
    let mark = log.mark;
    await folder.write("executor.yml", yaml("[c.txt]"));
    await log.waitFor(/version \d+ serves/, mark);
    for (const name of ["b.txt", "c.txt"]) await reloading.becomes("v1", name, () => folder.write(name, "3"));
    await folder.write("a.txt", "3");
    await reloading.quiet();
    assertEquals(reloading.reloads, 4);
    mark = log.mark;
    await folder.write("executor.yml", yaml("[./a.txt]"));
    const { message } = await log.waitFor(/ERROR .*could not load the new version/, mark);
    assertMatch(message, /`metas\.watch`: invalid pattern "\.\/a\.txt": a path begins with "\/"/);
    mark = log.mark;
    await folder.write("executor.yml", `${yaml("[a.txt]")}modules: [prompt.txt]\n`);
    const refused = await log.waitFor(/ERROR .*could not load the new version/, mark);
    assertMatch(
      refused.message,
      /prompt\.txt is not a module .*; list files that the Executor reads itself in `watch`/,
    );
    assertMatch(refused.message, new RegExp(`${folder.at("executor.yml")}:5:11`));
  },
);
