import { assertEquals } from "@std/assert";
import { VersionModules, withoutVersion, withVersion } from "../../src/worker/version_modules.ts";

const url = (name: string) => `file:///app/${name}`;
const names = (urls: Iterable<string>) => Array.from(urls, (text) => text.slice(url("").length)).sort();

/** The modules of a version, each with what it imports. */
function modules(graph: Readonly<Record<string, readonly string[]>>, number = 1, base?: VersionModules) {
  const version = new VersionModules(number, base);
  for (const [name, imports] of Object.entries(graph)) {
    const module = version.take(url(name));
    for (const other of imports) module.imports.set(url(other), `./${other}`);
    version.begin(url(name), `hash of ${name}`);
    version.finish(`/app/${name}`);
  }
  return version;
}

const GRAPH = { "main.ts": ["a.ts", "b.ts"], "a.ts": ["c.ts"], "b.ts": [], "c.ts": [] };

Deno.test("VersionModules.outdatedBy() has the changed modules, and those that import them", () => {
  const version = modules(GRAPH);
  assertEquals(names(version.outdatedBy(["/app/c.ts"])), ["a.ts", "c.ts", "main.ts"]);
  assertEquals(names(version.outdatedBy(["/app/b.ts"])), ["b.ts", "main.ts"]);
  assertEquals(names(version.outdatedBy(["/app/main.ts"])), ["main.ts"]);
  assertEquals(names(version.outdatedBy(["/app/b.ts", "/app/c.ts"])), ["a.ts", "b.ts", "c.ts", "main.ts"]);
});

Deno.test("VersionModules.outdatedBy() has all modules for a file that none imports, and for no file", () => {
  const version = modules(GRAPH);
  const all = Object.keys(GRAPH).sort();
  assertEquals(names(version.outdatedBy([])), all);
  assertEquals(names(version.outdatedBy(["/app/prompt.txt"])), all);
  assertEquals(names(version.outdatedBy(["/app/b.ts", "/app/prompt.txt"])), all);
});

Deno.test("VersionModules.outdatedBy() ends with circles, and knows a file under several URLs", () => {
  const circle = modules({ "main.ts": ["a.ts"], "a.ts": ["b.ts"], "b.ts": ["a.ts"], "c.ts": [] });
  assertEquals(names(circle.outdatedBy(["/app/b.ts"])), ["a.ts", "b.ts", "main.ts"]);
  const twice = modules({ "main.ts": ["a.ts", "a.ts?raw"], "a.ts": [], "a.ts?raw": [], "b.ts": [] });
  assertEquals(names(twice.outdatedBy(["/app/a.ts"])), ["a.ts", "a.ts?raw", "main.ts"]);
});

Deno.test("VersionModules.addRequired() adds what CommonJS modules require, as far as it is the version's", () => {
  const version = modules({ "main.ts": ["a.cjs"], "a.cjs": [], "b.cjs": [] });
  version.addRequired((path) =>
    path === "/app/a.cjs" ? ["/app/b.cjs", "/app/node_modules/dep/index.js"] : []
  );
  assertEquals(names(version.outdatedBy(["/app/b.cjs"])), ["a.cjs", "b.cjs", "main.ts"]);
  assertEquals([...version.get(url("a.cjs"))?.imports.keys() ?? []], [url("b.cjs")]);
});

Deno.test("VersionModules.take() shares the modules of its base that are not outdated", () => {
  const first = modules(GRAPH);
  const second = new VersionModules(2, first, first.outdatedBy(["/app/c.ts"]));
  assertEquals(second.take(url("b.ts")) === first.get(url("b.ts")), true);
  assertEquals(second.take(url("c.ts")).url, `${url("c.ts")}?v=2`);
  assertEquals(second.take(url("new.ts")).url, `${url("new.ts")}?v=2`);
  assertEquals([first.get(url("new.ts")), first.take(url("new.ts")).url], [undefined, url("new.ts")]);
  const third = new VersionModules(3, second, new Set([url("b.ts")]));
  assertEquals(third.take(url("c.ts")).url, `${url("c.ts")}?v=2`);
  assertEquals(third.take(url("b.ts")).url, `${url("b.ts")}?v=3`);
});

Deno.test("VersionModules.addCandidate() names the version in a fresh worker as well", () => {
  const version = new VersionModules(7);
  assertEquals(version.addCandidate(url("main.ts")), `${url("main.ts")}?v=7`);
  assertEquals([version.isCandidate(url("main.ts")), version.isCandidate(url("a.ts"))], [true, false]);
  assertEquals([version.urlOf(url("main.ts")), version.urlOf(url("a.ts"))], [
    `${url("main.ts")}?v=7`,
    url("a.ts"),
  ]);
});

Deno.test("VersionModules knows hashes, the broken file, missing files, and contents", () => {
  const version = new VersionModules(1);
  const content = new Uint8Array([1]);
  version.begin(url("a.ts"), "1", content);
  version.begin(url("b.ts"), "2", content);
  version.begin(url("gone.ts"), null);
  version.finish("/app/a.ts");
  version.addMissing("/app/missing.ts");
  assertEquals(version.unfinished, "/app/b.ts");
  assertEquals(version.hashes, [["/app/a.ts", "1"], ["/app/b.ts", "2"], ["/app/gone.ts", null], [
    "/app/missing.ts",
    null,
  ]]);
  assertEquals([version.isMissing("/app/missing.ts"), version.isMissing("/app/a.ts")], [true, false]);
  assertEquals(version.contents, [["/app/a.ts", "1", content], ["/app/b.ts", "2", content]]);
});

Deno.test("withVersion() and withoutVersion() are the reverse of each other", () => {
  for (const plain of [url("a.ts"), url("a.ts?raw"), url("a.ts?v=x")]) {
    assertEquals(withoutVersion(withVersion(plain, 12)), plain);
  }
  assertEquals(withVersion("data:text/javascript,1", 1), "data:text/javascript,1");
});

Deno.test("VersionModules.contents leaves large files out", () => {
  const modules = new VersionModules(1);
  modules.begin("file:///small.ts", "1", new Uint8Array(1_000_000));
  modules.begin("file:///large.json", "2", new Uint8Array(1_000_001));
  assertEquals(modules.contents.map(([path]) => path), ["/small.ts"]);
  assertEquals(modules.hashes, [["/small.ts", "1"], ["/large.json", "2"]]);
});

Deno.test("VersionModules.earlyPackages() has the packages before the first module of the user's", () => {
  const early = (texts: Readonly<Record<string, string>>, ...required: string[]) => {
    const version = new VersionModules(1);
    version.addCandidate("file:///app/main.ts");
    for (const [name, text] of Object.entries(texts)) {
      const { imports } = version.take(`file:///app/${name}`);
      for (const [, specifier] of text.matchAll(/"(.*?)"/g)) {
        const target = specifier.startsWith(".") ? new URL(specifier, "file:///app/").href : specifier;
        imports.set(target, required.includes(name) ? undefined : specifier);
      }
    }
    return version.earlyPackages((path) => texts[path.slice("/app/".length)]);
  };
  assertEquals(early({ "main.ts": 'import "npm:a"; import { b } from "npm:b";\nexport * from "node:fs";' }), [
    "npm:a",
    "npm:b",
  ]);
  const nested = { "a.ts": 'import "npm:a"; import "./b.ts"; import "npm:c";', "b.ts": 'import "npm:b";' };
  assertEquals(
    early({
      "main.ts": 'import "./data.json"; import "./a.ts"; import "npm:d";',
      "data.json": "",
      ...nested,
    }),
    [
      "npm:a",
      "npm:b",
    ],
  );
  assertEquals(
    early({ "main.ts": 'import "./a.ts"; import "npm:d";', "a.ts": 'await import("npm:a");' }),
    [],
  );
  assertEquals(early({ "main.ts": '// import "npm:a";\nconst { b } = await import("npm:b");' }), []);
  assertEquals(
    early({ "main.ts": 'import "./a.cjs"; import "npm:b";', "a.cjs": 'require("npm:a");' }, "a.cjs"),
    [],
  );
  assertEquals(early({ "main.ts": 'import "data:text/javascript,1"; import "npm:b";' }), []);
  assertEquals(
    early({ "main.ts": 'import "npm:a"; import "./a.ts";', "a.ts": 'import "./main.ts"; import "npm:b";' }),
    [
      "npm:a",
      "npm:b",
    ],
  );
});
