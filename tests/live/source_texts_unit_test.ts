import { assertEquals, assertMatch } from "@std/assert";
import type { FileHashes } from "../../src/errors/mod.ts";
import { SourceTexts } from "../../src/live/source_texts.ts";
import { contentHash } from "../../src/runtime/content_hash.ts";

/** Files in memory, and the texts of those that a version has loaded. */
class Fixture {
  readonly files = new Map<string, string>();
  reads = 0;
  readonly texts = new SourceTexts((path) => {
    this.reads++;
    const text = this.files.get(path);
    return text === undefined ? undefined : new TextEncoder().encode(text);
  });

  /** The files with their hashes. */
  get hashes(): FileHashes {
    return Array.from(this.files, ([path, text]) => [path, contentHash(new TextEncoder().encode(text))]);
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [path, text] of Object.entries(files)) this.files.set(path, text);
  }

  /** Has a version serve what is on disk. */
  serve(): void {
    this.texts.keep("a", this.hashes);
  }

  diffs(...paths: string[]): (string | undefined)[] {
    return this.texts.changes("a", paths, this.hashes).map(({ diff }) => diff);
  }
}

Deno.test("SourceTexts shows what has changed in a module since the version before", () => {
  const fixture = new Fixture();
  fixture.write({ "/a.ts": "one\n", "/b.ts": "one\n" });
  fixture.serve();
  fixture.write({ "/a.ts": "two\n" });
  assertEquals(fixture.diffs("/a.ts"), ["@@ -1,1 +1,1 @@\n-one\n+two"]);
  fixture.serve();
  fixture.reads = 0;
  fixture.serve();
  assertEquals(fixture.reads, 0);
  fixture.write({ "/a.ts": "three\n" });
  assertMatch(fixture.diffs("/a.ts")[0] ?? "", /-two\n\+three/);
});

Deno.test("SourceTexts shows new modules and removed ones, and no other files", () => {
  const fixture = new Fixture();
  fixture.write({ "/a.ts": "one\n", "/gone.js": "one\n", "/data.json": "{}", "/.env": "TOKEN=1" });
  fixture.serve();
  fixture.files.delete("/gone.js");
  fixture.write({ "/new.mts": "new\n", "/data.json": "[]", "/.env": "TOKEN=2" });
  assertEquals(fixture.diffs("/new.mts", "/gone.js", "/data.json", "/.env", "/other.ts"), [
    "@@ -1,0 +1,1 @@\n+new",
    "@@ -1,1 +1,0 @@\n-one",
    undefined,
    undefined,
    undefined,
  ]);
});

Deno.test("SourceTexts has nothing of a file that differs from what was loaded, or is too long", () => {
  const fixture = new Fixture();
  fixture.write({ "/a.ts": "one\n", "/long.ts": "x".repeat(300_000) });
  const { hashes } = fixture;
  fixture.write({ "/a.ts": "saved again\n" });
  fixture.texts.keep("a", hashes);
  assertEquals(fixture.texts.changes("a", ["/a.ts", "/long.ts"]), [{ path: "/a.ts" }, { path: "/long.ts" }]);
  // Not known before is not new.
  fixture.write({ "/a.ts": "once more\n" });
  assertEquals(fixture.diffs("/a.ts", "/long.ts"), [undefined, undefined]);
  fixture.serve();
  assertEquals(fixture.texts.changes("a", ["/a.ts"], hashes), [{ path: "/a.ts" }]);
});

Deno.test("SourceTexts has no more than fits, for each load and for all together", () => {
  const fixture = new Fixture();
  const paths = Array.from({ length: 40 }, (_, index) => `/${index}.ts`);
  for (const path of paths) fixture.write({ [path]: "x".repeat(250_000) });
  fixture.serve();
  fixture.write(Object.fromEntries(paths.map((path) => [path, "short\n"])));
  const known = fixture.texts.changes("a", paths.slice(0, 1));
  assertMatch(known[0].diff ?? "", /more lines$/);
  assertEquals(fixture.diffs("/39.ts"), [undefined]);
  fixture.texts.retain([]);
  assertEquals(fixture.texts.changes("a", ["/0.ts"]), [{ path: "/0.ts" }]);
});
