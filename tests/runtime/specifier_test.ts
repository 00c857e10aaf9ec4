import { assertEquals } from "@std/assert";
import { explainRequire, findSpecifier, noPackage, typedImports } from "../../src/runtime/_specifier.ts";

const NPM = { command: "npm install ", manifest: "package.json" };

Deno.test("noPackage() names the package to install, and not a module of it", () => {
  const said = (specifier: string) => noPackage(specifier, NPM).message;
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
