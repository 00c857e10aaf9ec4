import { assertEquals } from "@std/assert";
import {
  explainRequire,
  findSpecifier,
  packageNotFound,
  placeOfImport,
  specifiersIn,
  typedImports,
} from "../../src/script/specifiers.ts";

const NPM = { command: "npm install ", manifest: "package.json" };

Deno.test("noPackage() names the package to install, and not a module of it", () => {
  const said = (specifier: string) => packageNotFound(specifier, NPM).message;
  assertEquals(said("zod"), 'Cannot find the package "zod"; to install it: npm install zod');
  assertEquals(said("zod/v4"), 'Cannot find the package "zod/v4"; to install it: npm install zod');
  assertEquals(said("@a/b/c.js"), 'Cannot find the package "@a/b/c.js"; to install it: npm install @a/b');
  for (const alias of ["@/lib/a.ts", "~/lib", "#lib"]) {
    const advice = "expected a path, a package's name, or a name in the `imports` of package.json";
    assertEquals(said(alias), `Cannot find the package "${alias}"; ${advice}`);
  }
});

Deno.test("explainRequire() places what is required and is not there", () => {
  const text = 'const a = 1;\nconst { b } = require("./b.json");\nrequire("zod");\n';
  const explained = (specifier: string) =>
    explainRequire(
      `Cannot find module '${specifier}'\nRequire stack:\n- /app/a.cjs\n- /app/c.cjs`,
      NPM,
      () => text,
    );
  assertEquals(explained("./b.json"), {
    name: "TypeError",
    message: 'Module not found "/app/b.json".',
    place: { file: "/app/a.cjs", line: 2, column: 23 },
    missing: "/app/b.json",
  });
  assertEquals(explained("zod")?.place, { file: "/app/a.cjs", line: 3, column: 9 });
  const other = "Cannot find module './c.json'\nRequire stack:\n- /app/a.ts";
  const aliased = 'const load = createRequire(import.meta.url);\n// "./c.json"\nload("./c.json");\n';
  assertEquals(explainRequire(other, NPM, () => aliased)?.place, { file: "/app/a.ts", line: 3, column: 6 });
  assertEquals(explainRequire("another error", NPM, () => text), undefined);
});

Deno.test("findSpecifier() finds imports of all forms", () => {
  for (
    const text of ['import "x"', "import a from 'x'", 'export * from "x"', 'import("x")', 'require( "x")']
  ) {
    assertEquals(findSpecifier(`\n ${text}`, (name) => name === "x")?.line, 2, text);
  }
});

Deno.test("typedImports() finds imports as text and bytes, in either form", () => {
  const text = `import a from "./a.ts" with { type: "text" };
import b from './b.json' with { type: 'json' };
await import("./c.bin", { with: { "type": "bytes" } });`;
  assertEquals([...typedImports(text)], [["./a.ts", "text"], ["./c.bin", "bytes"]]);
});

Deno.test("placeOfImport() finds what an error is about, whatever way it names it", () => {
  const lines = {
    // Lines that begin like another one, and a comment.
    '"./lib": 1': 2,
    'import "./libs.js";': 3,
    'import "./lib/";': 4,
    'import "dep";': 5,
    'import "dep/gone";': 6,
    'import "@a/b/c.js";': 7,
    'import "npm:zod@4/nope";': 8,
    'import "#lib/b";': 9,
    'import "https://a/b.js";': 10,
  };
  const text = `// import "#lub/a"; import "dep/gone";\n${Object.keys(lines).join("\n")}`;
  const lineOf = (message: string) => placeOfImport(message, ["/app/a.ts"], () => text)?.line;
  assertEquals(lineOf("Directory import '/app/lib/' is not supported imported from /app/a.ts"), 4);
  assertEquals(lineOf("Cannot find package 'dep' imported from /app/a.ts"), 5);
  assertEquals(lineOf("Cannot find module '/node_modules/dep/gone.js' imported from /app/a.ts"), 6);
  assertEquals(
    lineOf("Package subpath './gone' … in /node_modules/dep/package.json imported from /app/a.ts"),
    6,
  );
  assertEquals(lineOf("Cannot find package '@a/b' imported from file:///app/a.ts?v=2"), 7);
  assertEquals(lineOf("Package subpath './nope' … in '/npm/zod/4.6.7/package.json'"), 8);
  assertEquals(lineOf("Cannot find module '/app/lib/b.js' imported from '/app/a.ts'"), 9);
  assertEquals(lineOf("Only URLs … are supported. Received protocol 'https:'"), 10);
  assertEquals(lineOf("Cannot find module '/app/gone.js' imported from /app/a.ts"), undefined);
});

Deno.test("specifiersIn() skips comments, and what strings, templates and regular expressions contain", () => {
  const text = `import a from "./a.ts"; // import "./no1.ts"
/* import "./no2.ts" */
export * from /* why */ './b.ts';
const s = "import './no3.ts'", t = \`from "./no4.ts"\`, r = /from "no5"/, q = /["'\`]/;
const c = require("./c.cjs"), half = 1 / 2, d = import(
  "./d.ts"
), e = import("./e" + s);
`;
  assertEquals([...specifiersIn(text)], ["./a.ts", "./b.ts", "./c.cjs", "./d.ts", "./e"]);
});
