import { assertEquals } from "@std/assert";
import { readContent } from "../../src/watch/content.ts";
import { TempFolder } from "../support/temp_folder.ts";

Deno.test("readContent() returns equal hashes for equal contents, for any file and time", async () => {
  await using folder = await TempFolder.make();
  const one = readContent(await folder.write("a.ts", "same"));
  const other = readContent(await folder.write("b.ts", "same"));
  assertEquals(one.hash, other.hash);
});

Deno.test("readContent() returns different hashes for contents of one length, and null for an absent file", async () => {
  await using folder = await TempFolder.make();
  const hashes = new Set<string | null>();
  for (const text of ["", "a", "b", "ab", "ba", "v1", "v2"]) {
    hashes.add((readContent(await folder.write("a.ts", text))).hash);
  }
  assertEquals(hashes.size, 7);
  for (const path of [folder.at("none.ts"), folder.path]) {
    const { hash, isEmpty } = readContent(path);
    assertEquals([hash, isEmpty], [null, true]);
  }
});
