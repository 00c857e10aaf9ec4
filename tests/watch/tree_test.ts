import { assertEquals } from "@std/assert";
import { isHidden, isSource, listTree } from "../../src/watch/tree.ts";
import { linksOn } from "../../src/watch/links.ts";
import { TempFolder } from "../support/temp_folder.ts";

const SOURCES = { enters: () => true, includes: isSource };

Deno.test("isSource() accepts source files by their extension, and neither tests nor temporary files of editors", () => {
  const sources = [
    "a.ts",
    "a.tsx",
    "a.mts",
    "a.js",
    "a.jsx",
    "a.mjs",
    "a.cjs",
    "a.d.ts",
    "é b.ts",
    "latest.ts",
    "test.ts",
  ];
  for (const name of sources) {
    assertEquals(isSource(`/app/${name}`), true, name);
  }
  const others = [
    "a.json",
    "a.md",
    "a.ts~",
    ".a.ts.swp",
    "#a.ts#",
    ".#a.ts",
    "4913",
    "a.ts.tmp",
    "ts",
    "a.cts",
    "a_test.ts",
    "a.test.tsx",
    "a.spec.js",
    "a.test.helper.ts",
  ];
  for (const name of others) assertEquals(isSource(`/app/${name}`), false, name);
});

Deno.test("isHidden() finds hidden folders and node_modules below the root, not above it", () => {
  for (const path of [".git/a.ts", "b/.cache/a.ts", "node_modules/x/a.ts", "b/node_modules/a.ts", ".a.ts"]) {
    assertEquals(isHidden("/app", `/app/${path}`), true, path);
  }
  for (const path of ["a.ts", "b/a.ts", "node_modules_2/a.ts", "a.b/c.ts"]) {
    assertEquals(isHidden("/app", `/app/${path}`), false, path);
  }
  assertEquals(isHidden("/home/.config/app", "/home/.config/app/a.ts"), false);
});

Deno.test("listTree() lists folders and sources, without hidden folders, node_modules and exceptions", async () => {
  await using folder = await TempFolder.make();
  const files = [
    "a.ts",
    "sub/deep/b.js",
    "sub/data.json",
    ".git/c.ts",
    "node_modules/x/d.ts",
    "work+/e.ts",
    "work+2/f.ts",
  ];
  for (const name of files) await folder.write(name, "");
  const tree = await listTree(folder.path, {
    enters: (path) => path !== folder.at("work+") && !isHidden(folder.path, path),
    includes: (path) => isSource(path),
  });
  assertEquals(tree.files.sort(), [
    folder.at("a.ts"),
    folder.at("sub/deep/b.js"),
    folder.at("work+2/f.ts"),
  ]);
  const folders = [folder.path, folder.at("sub"), folder.at("sub/deep"), folder.at("work+2")];
  assertEquals([tree.folders.sort(), tree.isTruncated], [folders, false]);
});

Deno.test("listTree() returns nothing when the folder does not exist", async () => {
  assertEquals(await listTree("/no/such/folder", SOURCES), { folders: [], files: [], isTruncated: false });
});

Deno.test("listTree() stops and reports it when there are too many folders", async () => {
  await using folder = await TempFolder.make();
  for (let index = 0; index < 2_100; index++) Deno.mkdirSync(folder.at(`f${index}`));
  const tree = await listTree(folder.path, SOURCES);
  assertEquals([tree.isTruncated, tree.folders.length], [true, 2_000]);
});

Deno.test("listTree() goes on with the other folders when one cannot be read", async () => {
  await using folder = await TempFolder.make();
  for (const name of ["a/a.ts", "b/b.ts", "c/c.ts"]) await folder.write(name, "");
  // A folder whose entries vanish while it is listed looks the same: its listing fails.
  await Deno.remove(folder.at("b"), { recursive: true });
  await Deno.symlink(folder.at("nowhere"), folder.at("b"));
  assertEquals((await listTree(folder.path, SOURCES)).files.length, 2);
});

Deno.test("linksOn() returns the symbolic links on the way to a file, including those on the way to their targets", async () => {
  await using folder = await TempFolder.make();
  await folder.write("real/a.ts", "");
  await Deno.symlink(folder.at("real"), folder.at("link"));
  await Deno.symlink(folder.at("real/a.ts"), folder.at("real/b.ts"));
  const linksTo = async (path: string) => [...(await linksOn(path)).keys()];
  assertEquals(await linksTo(folder.at("real/a.ts")), []);
  await Deno.symlink("link", folder.at("cur"));
  const met = [folder.at("cur"), folder.at("link"), folder.at("real/b.ts")];
  assertEquals(await linksTo(folder.at("cur/b.ts")), met);
  assertEquals((await linksOn(folder.at("cur/b.ts"))).get(folder.at("cur")), "link");
  await Deno.symlink(folder.at("round"), folder.at("round"));
  assertEquals(new Set(await linksTo(folder.at("round/c.ts"))), new Set([folder.at("round")]));
});
