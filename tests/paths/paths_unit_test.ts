import { assertEquals } from "@std/assert";
import { fileURLToPath, pathToFileURL } from "node:url";
import { toPath, toUrl } from "../../src/paths.ts";

const PATHS = [
  "/app/my_executor.ts",
  "/app/@scope+name/a-b_c.d.ts",
  "/app/.hidden/file",
  "/app/..name/file",
  "/app/a b",
  "/app/a~b",
  "/app/a%20b",
  "/app/a?b",
  "/app/a#b",
  "/app/é",
  "/app/",
  "/",
];

Deno.test("toUrl() is the URL of a path, whatever characters it has; toPath() is the path of that URL", () => {
  for (const path of PATHS) {
    assertEquals(toUrl(path), pathToFileURL(path).href);
    assertEquals(toPath(toUrl(path)), path);
  }
});

Deno.test("toPath() leaves out the query and the fragment, and resolves dots as a URL does", () => {
  for (const url of ["file:///app/a.ts?v=7", "file:///app/a.ts#Name", "file:///app/a.ts?x#/y?z"]) {
    assertEquals(toPath(url), "/app/a.ts");
  }
  for (
    const url of ["file:///app/../a.ts", "file:///app/./a.ts", "file:///app//a.ts", "file:///app/%61.ts"]
  ) {
    assertEquals(toPath(url), fileURLToPath(url));
    assertEquals(toPath(new URL(url)), fileURLToPath(url));
  }
});

Deno.test("toPath() returns other URLs unchanged", () => {
  for (const url of ["https://jsr.io/mod.ts", "npm:typescript@6", "node:fs", "data:text/javascript,0"]) {
    assertEquals(toPath(url), url);
  }
});
