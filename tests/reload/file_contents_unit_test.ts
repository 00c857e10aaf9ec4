/** The contents of files over a fake disk. */
import { assertEquals } from "@std/assert";
import type { FileHashes } from "../../src/errors/mod.ts";
import { FileContents } from "../../src/reload/_file_contents.ts";
import { FakeDisk } from "./_fakes.ts";

/** Contents of files. */
function setUp(files: Readonly<Record<string, string>> = {}) {
  const disk = new FakeDisk();
  const contents = new FileContents(disk);
  for (const [path, text] of Object.entries(files)) disk.write(path, text);
  for (const path of Object.keys(files)) contents.remember(path);
  /** A load of all files, which serves. */
  const load = (loaded: FileHashes = disk.hashes, before = contents.snapshot(), rereads = false) =>
    contents.staleAfterLoad(loaded, before, true, rereads);
  return { disk, contents, load };
}

Deno.test("FileContents.check() tells changes from saves of the same content", () => {
  const { disk, contents } = setUp({ a: "1" });
  assertEquals(contents.check("a", false), "same");
  disk.write("a", "1");
  assertEquals([contents.check("a", false), contents.check("a", false)], ["touched", "same"]);
  disk.write("a", "2");
  assertEquals([contents.check("a", false), contents.check("a", false)], ["changed", "same"]);
  assertEquals(contents.check("none", true), "same");
  disk.write("new", "1");
  assertEquals(contents.check("new", false), "changed");
});

Deno.test("FileContents.check() counts a file that is empty or gone only on request", () => {
  const { disk, contents } = setUp({ a: "1", b: "1" });
  disk.write("a", "");
  disk.remove("b");
  for (const path of ["a", "b"]) {
    assertEquals([contents.check(path, false), contents.check(path, true)], ["empty", "changed"]);
  }
});

Deno.test("FileContents.changedAt() is the file's time, unless the file had another content after that", () => {
  const { disk, contents } = setUp({ a: "1" });
  const now = Date.now() + 1_000;
  disk.write("a", "2", now);
  assertEquals(contents.changedAt("a"), now);
  contents.update("a");
  disk.write("a", "2", now + 500);
  contents.update("a");
  assertEquals(contents.changedAt("a"), now, "saved with the same content");
  disk.write("a", "3", now - 3_600_000);
  assertEquals(contents.changedAt("a"), undefined, "an older file took its place");
  contents.update("a");
  assertEquals(contents.changedAt("a"), undefined);
});

Deno.test("FileContents.isServed is true once a version serves, as long as nothing differs from it", () => {
  const { disk, contents, load } = setUp({ a: "1", b: "1" });
  assertEquals([contents.isServed, contents.differsFromServed("a")], [false, true]);
  assertEquals([load(), contents.isServed], [[], true]);
  disk.write("a", "2");
  contents.check("a", false);
  assertEquals([contents.isServed, contents.differsFromServed("a"), contents.differsFromServed("b")], [
    false,
    true,
    false,
  ]);
  disk.write("a", "1");
  contents.check("a", false);
  assertEquals(contents.isServed, true);
  disk.write("new", "1");
  contents.check("new", false);
  assertEquals(contents.isServed, false);
});

Deno.test("FileContents.staleAfterLoad() returns files that were written after the load had read them", () => {
  const { disk, contents, load } = setUp({ a: "1" });
  // Read by the load, and watched only now.
  disk.write("late", "2");
  assertEquals(load([["a", "1"], ["late", "1"]]), ["late"]);
  assertEquals([contents.isServed, contents.hashOf("late")], [false, "2"]);
  // The event about it is still to come; it was not watched all the time.
  disk.write("a", "2");
  assertEquals(load([["a", "1"]]), []);
  assertEquals(load([["a", "1"]], contents.snapshot(), true), ["a"]);
});

Deno.test("FileContents.staleAfterLoad() leaves the served contents as they are when the load failed", () => {
  const { disk, contents, load } = setUp({ a: "1" });
  load();
  const before = contents.snapshot();
  disk.write("a", "2");
  contents.check("a", false);
  assertEquals(contents.staleAfterLoad([["a", "2"]], before, false, false), []);
  disk.write("a", "1");
  contents.check("a", false);
  assertEquals(contents.isServed, true);
});

Deno.test("FileContents.staleAfterLoad() loads an unreadable file only if it is new", () => {
  const { disk, contents, load } = setUp({ a: "1" });
  const before = contents.snapshot();
  disk.write("c", "1");
  assertEquals([load([["a", null]], before), load([["c", null]], before)], [[], ["c"]]);
});

Deno.test("FileContents reads a file that a load read once", () => {
  const { disk, load } = setUp();
  disk.write("a", "1");
  load(disk.hashes, new Map(), true);
  assertEquals(disk.reads, ["a"]);
});

Deno.test("FileContents.hasChanged() compares with the disk without recording anything", () => {
  const { disk, contents } = setUp({ a: "1" });
  disk.write("a", "2");
  assertEquals([contents.hasChanged("a"), contents.hasChanged("none")], [true, false]);
  assertEquals(["1", "2"].map((hash) => contents.hasChanged("a", hash)), [true, false]);
  assertEquals(contents.check("a", false), "changed");
});
