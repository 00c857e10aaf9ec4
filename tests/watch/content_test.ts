import { assertEquals } from "@std/assert";
import { readContent } from "../../src/watch/content.ts";
import { TempFolder } from "../support/temp_folder.ts";

Deno.test("readContent() gives equal hashes for equal contents, whatever the file and its age", async () => {
  await using folder = await TempFolder.make();
  const one = readContent(await folder.write("a.ts", "same"));
  const other = readContent(await folder.write("b.ts", "same"));
  assertEquals(one.hash, other.hash);
});

Deno.test("readContent() tells contents of one length apart, and empty from absent", async () => {
  await using folder = await TempFolder.make();
  const hashes = new Set<string | null>();
  for (const text of ["", "a", "b", "ab", "ba", "v1", "v2"]) {
    hashes.add((readContent(await folder.write("a.ts", text))).hash);
  }
  assertEquals(hashes.size, 7);
  for (const path of [folder.at("none.ts"), folder.path]) {
    const { hash, isEmpty: blank } = readContent(path);
    assertEquals([hash, blank], [null, true]);
  }
});
