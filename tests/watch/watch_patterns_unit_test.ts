import { assertEquals } from "@std/assert";
import { WatchPatterns } from "../../src/watch/watch_patterns.ts";

/** Returns the files that match. */
function matching(patterns: readonly string[], paths: readonly string[]): string[] {
  const rules = new WatchPatterns("/x/app", patterns);
  return paths.filter((path) => rules.has(path));
}

/** Returns the folders that may contain files that match. */
function entered(patterns: readonly string[], folders: readonly string[]): string[] {
  const rules = new WatchPatterns("/x/app", patterns);
  return folders.filter((folder) => rules.mayContain(folder));
}

Deno.test("WatchPatterns.has() matches names at any depth, folders, and paths from the folder on", () => {
  const paths = [
    "/x/app/a.txt",
    "/x/app/deep/a.txt",
    "/x/app/prompts/a.md",
    "/x/app/b/prompts/c/d.md",
    "/x/a.txt",
  ];
  assertEquals(matching(["*.txt"], paths), paths.slice(0, 2));
  assertEquals(matching(["prompts/"], paths), paths.slice(2, 4));
  assertEquals(matching(["/prompts/"], paths), paths.slice(2, 3));
  assertEquals(matching(["deep/*.txt"], paths), paths.slice(1, 2));
  assertEquals(matching(["*.txt", "!deep/"], paths), paths.slice(0, 1));
  assertEquals(matching([], paths), []);
});

Deno.test("WatchPatterns.has() matches hidden files and node_modules only where a pattern spells them out", () => {
  const paths = [
    "/x/app/.env",
    "/x/app/.env.local",
    "/x/app/deep/.env",
    "/x/app/.git/HEAD",
    "/x/app/.prompts/a.txt",
    "/x/app/.prompts/.old/a.txt",
    "/x/app/node_modules/p/a.txt",
    "/x/app/prompts/.DS_Store",
  ];
  assertEquals(matching([".env"], paths), ["/x/app/.env", "/x/app/deep/.env"]);
  assertEquals(matching(["/.env*"], paths), paths.slice(0, 2));
  assertEquals(matching([".prompts/"], paths), ["/x/app/.prompts/a.txt"]);
  assertEquals(matching([".prompts/*.txt"], paths), ["/x/app/.prompts/a.txt"]);
  assertEquals(matching(["**/.prompts/*.txt"], paths), ["/x/app/.prompts/a.txt"]);
  assertEquals(matching(["node_modules/p/*.txt"], paths), ["/x/app/node_modules/p/a.txt"]);
  for (const all of ["*", "**", "*.txt", "prompts/", "*/"]) assertEquals(matching([all], paths), [], all);
});

Deno.test("WatchPatterns.has() does not match temporary files of editors", () => {
  const paths = ["a.txt~", ".a.txt.swp", "4913", "a.txt.tmp", "#a.txt#"].map((name) =>
    `/x/app/prompts/${name}`
  );
  assertEquals(matching(["prompts/", ".*.swp"], paths), []);
});

Deno.test("WatchPatterns.has() matches files outside of the folder only by patterns that lead there", () => {
  const paths = ["/x/shared/a.txt", "/x/shared/prompts/b.txt", "/x/shared/prompts/c/d.md", "/other/a.txt"];
  assertEquals(matching(["*.txt"], paths), []);
  assertEquals(matching(["../shared/prompts/"], paths), paths.slice(1, 3));
  assertEquals(matching(["../shared/*.txt", "*.md"], paths), paths.slice(0, 1));
  assertEquals(matching(["../shared/**/*.md"], paths), paths.slice(2, 3));
  assertEquals(matching(["../shared/", "!*.txt"], paths), paths.slice(2, 3));
  assertEquals(matching(["file:///other/"], paths), paths.slice(3));
  assertEquals(matching(["../app/a.txt", "file:///x/app/b.txt"], ["/x/app/a.txt", "/x/app/b.txt"]).length, 2);
});

Deno.test("WatchPatterns.mayContain() accepts folders that may contain files that match", () => {
  const hidden = ["/x/app/.git", "/x/app/.config", "/x/app/.config/prompts", "/x/app/.config/other"];
  assertEquals(entered([".config/prompts/*.txt"], hidden), ["/x/app/.config", "/x/app/.config/prompts"]);
  assertEquals(entered(["*.txt", ".env"], hidden), []);
  assertEquals(entered([".config/"], hidden), hidden.slice(1));
  const outside = ["/x/shared", "/x/shared/prompts", "/x/shared/other", "/x/shared/prompts/a", "/x/other"];
  assertEquals(entered(["../shared/prompts/", "*.txt"], outside), [
    "/x/shared",
    "/x/shared/prompts",
    "/x/shared/prompts/a",
  ]);
  assertEquals(entered(["../shared/*/a.txt"], outside), ["/x/shared", ...outside.slice(1, 3)]);
});

Deno.test("WatchPatterns.outside returns the folders outside that have to be listed", () => {
  const outside = (...patterns: string[]) => new WatchPatterns("/x/app", patterns).outside;
  assertEquals(outside("prompts/", "*.txt", "/a/b"), []);
  assertEquals(outside("../shared/prompts/", "../shared/*.txt", "../../*/a.txt"), ["/x/shared", "/"]);
  assertEquals(outside("!../shared/"), []);
});
