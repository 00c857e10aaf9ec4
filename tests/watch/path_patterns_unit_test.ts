import { assertEquals } from "@std/assert";
import { pathMatcher } from "../../src/watch/path_patterns.ts";

/** Returns the paths that match. */
function ignored(patterns: readonly string[], paths: readonly string[]): string[] {
  const matches = pathMatcher("/app", patterns);
  return paths.filter((path) => matches(path.replace(/\/$/, ""), path.endsWith("/")));
}

Deno.test("pathMatcher() matches names at any depth, paths from the folder on, and folders with all that is in them", () => {
  const paths = [
    "/app/a.gen.ts",
    "/app/b/a.gen.ts",
    "/app/gen/",
    "/app/gen/b/c.ts",
    "/app/b/gen/",
    "/app/gen.ts",
  ];
  assertEquals(ignored(["*.gen.ts"], paths), ["/app/a.gen.ts", "/app/b/a.gen.ts"]);
  assertEquals(ignored(["gen/"], paths), ["/app/gen/", "/app/gen/b/c.ts", "/app/b/gen/"]);
  assertEquals(ignored(["/gen/"], paths), ["/app/gen/", "/app/gen/b/c.ts"]);
  assertEquals(ignored(["b/*.ts"], paths), ["/app/b/a.gen.ts"]);
  assertEquals(ignored([], paths), []);
});

Deno.test("pathMatcher() takes a pattern that begins with the path of the folder as an absolute path", () => {
  const paths = ["/app/gen/a.ts", "/app/b/gen/a.ts", "/app/b.ts", "/app/keep.ts"];
  assertEquals(ignored(["/app/gen/"], paths), ["/app/gen/a.ts"]);
  assertEquals(ignored(["*.ts", "!/app/keep.ts"], paths), ["/app/gen/a.ts", "/app/b/gen/a.ts", "/app/b.ts"]);
});

Deno.test("pathMatcher() applies the last pattern that matches, and distinguishes files from folders, and case", () => {
  const patterns = ["*.gen.ts", "!keep.gen.ts", "/keep/"];
  const paths = ["/app/a.gen.ts", "/app/keep.gen.ts", "/app/keep/keep.gen.ts", "/app/keep", "/app/A.GEN.ts"];
  assertEquals(ignored(patterns, paths), ["/app/a.gen.ts", "/app/keep/keep.gen.ts"]);
});

Deno.test("pathMatcher() matches files outside of the folder by name, or by a path that begins with ..", () => {
  const paths = ["/shared/a.gen.ts", "/shared/b.ts", "/b.ts", "/other/shared/c.ts", "/app"];
  assertEquals(ignored(["*.gen.ts"], paths), ["/shared/a.gen.ts"]);
  assertEquals(ignored(["../shared/"], paths), ["/shared/a.gen.ts", "/shared/b.ts"]);
  assertEquals(ignored(["/b.ts", "app"], paths), []);
});
