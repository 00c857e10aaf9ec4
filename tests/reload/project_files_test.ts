/** Files that only a new process applies. */
import { assertEquals } from "@std/assert";
import { foldersAbove, foldersToWatch } from "../../src/reload/_project_files.ts";
import { takeSnapshot } from "../support/resource_snapshot.ts";
import { executorSource } from "../support/flow_fixture.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { reloadTest } from "./_serving.ts";

for (const poll of [false, true]) {
  reloadTest(
    `deno.json and package.json above the Executor's folder: restart the process${poll ? ", polled" : ""}`,
    async (fixture) => {
      const { folder, log } = fixture;
      await folder.write("ws/deno.json", '{ "workspace": ["./apps/one"] }');
      await folder.write(
        "ws/apps/one/deno.json",
        '{ "name": "@a/one", "version": "1.0.0", "exports": "./a.ts" }',
      );
      await folder.write("ws/apps/one/src/a.ts", executorSource("a", "A"));
      await folder.write("ws/apps/one/src/b.ts", executorSource("b", "B"));
      const one = { uses: "ws/apps/one/src/a.ts", reload: true };
      await fixture.serve([one, { ...one, uses: "ws/apps/one/src/b.ts" }], { poll });
      const warns = async (name: string, save: () => Promise<unknown>) => {
        const mark = log.mark;
        await save();
        const path = folder.at(name);
        await log.waitFor(
          new RegExp(`WARNING Flow ${path} has changed: restart the process to apply it$`),
          mark,
        );
        await folder.write("ws/apps/one/src/deno.json", `{ "name": "${crypto.randomUUID()}" }`);
        await log.waitFor(/src\/deno.json has changed/, mark);
        assertEquals(log.count(new RegExp(`WARNING Flow ${path} `), mark), 1, "told once");
      };
      await warns("ws/deno.json", () => folder.writeAtomic("ws/deno.json", '{ "workspace": ["./apps/*"] }'));
      await warns("ws/apps/one/deno.json", () => folder.write("ws/apps/one/deno.json", "{}"));
      // Those that come later, in between and beside.
      await warns("ws/apps/package.json", () => folder.write("ws/apps/package.json", "{}"));
      await warns("ws/import_map.json", () => folder.write("ws/import_map.json", "{}"));
      await warns("ws/deno.json", () => Deno.remove(folder.at("ws/deno.json")));
      assertEquals(log.count(/detected changes/), 0);
    },
  );
}

reloadTest("a deno.json comes into the folder above: restart the process", async (fixture) => {
  const { folder, log } = fixture;
  await folder.write("app/a.ts", executorSource("a", "A"));
  const before = takeSnapshot().watches;
  await fixture.serve({ uses: "app/a.ts", reload: true });
  assertEquals(takeSnapshot().watches - before, 2);
  await folder.write("deno.json", "{}");
  await log.waitFor(/WARNING Flow .*\/deno.json has changed: restart the process to apply it$/);
  await folder.write("deno.lock", "{}");
  await folder.write("other.ts", "export {};\n");
  await folder.write("package.json", "{}");
  await log.waitFor(/package.json has changed/);
  assertEquals(log.count(/WARNING|detected/), 2);
});

Deno.test("foldersAbove() ends at the repository, below the home folder and below that of temporary files", async () => {
  await using folder = await TempFolder.make();
  await Deno.mkdir(folder.at("home/code/repo/.git"), { recursive: true });
  await Deno.mkdir(folder.at("home/code/repo/apps/one"), { recursive: true });
  const [home, tmp] = ["HOME", "TMPDIR"].map((name) => [name, Deno.env.get(name)] as const);
  try {
    Deno.env.set("HOME", folder.at("home"));
    const above = foldersAbove(folder.at("home/code/repo/apps/one"));
    assertEquals(above, [folder.at("home/code/repo/apps"), folder.at("home/code/repo")]);
    assertEquals(foldersToWatch(above), above);
    assertEquals(foldersAbove(folder.at("home/code/repo")), []);
    await Deno.remove(folder.at("home/code/repo/.git"));
    const more = foldersAbove(folder.at("home/code/repo/apps/one"));
    assertEquals(more, [...above, folder.at("home/code")]);
    assertEquals(foldersToWatch(more), [folder.at("home/code/repo/apps")]);
    await folder.write("home/code/repo/package.json", "{}");
    assertEquals(foldersToWatch(more), above);
    Deno.env.set("TMPDIR", folder.at("home/code/repo"));
    assertEquals(foldersAbove(folder.at("home/code/repo/apps/one")), [folder.at("home/code/repo/apps")]);
  } finally {
    for (const [name, value] of [home, tmp]) {
      value === undefined ? Deno.env.delete(name) : Deno.env.set(name, value);
    }
  }
});
