import { assertEquals } from "@std/assert";
import { VersionModules } from "../../src/worker/version_modules.ts";

const url = (name: string) => `file:///app/${name}`;

/** The modules of a version by the URLs that they import. */
function modulesOf(imports: Readonly<Record<string, readonly string[]>>): VersionModules {
  const version = new VersionModules(1);
  for (const [name, imported] of Object.entries(imports)) {
    version.begin(url(name), "hash");
    version.finish(`/app/${name}`);
    for (const other of imported) version.take(url(name)).imports.add(url(other));
  }
  return version;
}

Deno.test("outdatedBy() finds the modules of changed files, and those that import them", () => {
  const version = modulesOf({ "main.ts": ["a.ts", "b.ts"], "a.ts": ["c.ts"], "b.ts": [], "c.ts": [] });
  assertEquals(version.outdatedBy(["/app/c.ts"]), new Set(["c.ts", "a.ts", "main.ts"].map(url)));
  assertEquals(version.outdatedBy(["/app/main.ts"]), new Set([url("main.ts")]));
});

Deno.test("outdatedBy() finds a file in each form that it is imported in", () => {
  const version = modulesOf({ "main.ts": ["a.ts", "a.ts?raw"], "a.ts": [], "a.ts?raw": [] });
  assertEquals(version.outdatedBy(["/app/a.ts"]), new Set(["a.ts", "a.ts?raw", "main.ts"].map(url)));
});

Deno.test("outdatedBy() finds all modules when a file has changed that none of them imports", () => {
  const version = modulesOf({ "main.ts": ["a.ts"], "a.ts": [] });
  const all = new Set(["main.ts", "a.ts"].map(url));
  assertEquals(version.outdatedBy(["/app/notes.txt"]), all);
  assertEquals(version.outdatedBy(["/app/a.ts", "/app/notes.txt"]), all);
  assertEquals(version.outdatedBy([]), all);
});
