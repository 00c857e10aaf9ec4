/** Reloading in place: CommonJS, whose cache has no versions. */
import { assertEquals } from "@std/assert";
import { FILE } from "../support/reloading.ts";
import { target } from "../support/target.ts";
import { InPlace, recording, reporting } from "./_in_place.ts";
import { executorWith, reloadTest, saying } from "./_serving.ts";

const test = (name: string, run: Parameters<typeof reloadTest>[1]) =>
  reloadTest(`in place: ${name}`, run, target.name === "bun");

test("a CommonJS file that changed, and those that require it", async (fixture) => {
  const app = await InPlace.serve(fixture, {
    "b.cjs": recording("b", "exports.b = 1;"),
    "a.cjs": recording("a", 'exports.a = require("./b.cjs").b;'),
    "c.cjs": recording("c", "exports.c = 7;"),
    [FILE]: reporting('import cjs from "./a.cjs";\nimport other from "./c.cjs";', "cjs.a + other.c"),
  });
  assertEquals(await app.text(), "b a c main 8".replace("b a", "a b"));
  assertEquals(await app.saved(recording("b", "exports.b = 2;"), "b.cjs"), "a b main 9");
  assertEquals(await app.saved(recording("c", "exports.c = 8;"), "c.cjs"), "c main 10");
  assertEquals(
    await app.saved(recording("a2", 'exports.a = require("./b.cjs").b * 10;'), "a.cjs"),
    "a2 main 28",
  );
});

test("each of several CommonJS files that require one that changed", async (fixture) => {
  const requiring = (name: string) => recording(name, `exports.value = require("./b.cjs").b;`);
  const app = await InPlace.serve(fixture, {
    "b.cjs": recording("b", "exports.b = 1;"),
    "x.cjs": requiring("x"),
    "y.cjs": requiring("y"),
    [FILE]: reporting('import x from "./x.cjs";\nimport y from "./y.cjs";', "x.value + y.value"),
  });
  assertEquals(await app.text(), "x b y main 2");
  assertEquals(await app.saved(recording("b", "exports.b = 2;"), "b.cjs"), "x b y main 4");
  assertEquals(await app.saved(recording("b", "exports.b = 3;"), "b.cjs"), "x b y main 6");
  assertEquals(await app.saved(requiring("y2"), "y.cjs"), "y2 main 6");
  assertEquals(await app.saved(recording("b", "exports.b = 4;"), "b.cjs"), "x b y2 main 8");
});

test("CommonJS files that a failed load has read are read again", async (fixture) => {
  const b = recording("b", "exports.b = 1;");
  const a = (rest: string) => recording("a", `exports.a = require("./b.cjs").b;\n${rest}`);
  const app = await InPlace.serve(fixture, {
    "b.cjs": b,
    "a.cjs": a(""),
    [FILE]: reporting('import cjs from "./a.cjs";', "cjs.a"),
  });
  assertEquals(await app.text(), "a b main 1");
  await app.saved(a("// edited"), "a.cjs");
  await app.breaks(a("throw new Error('broken');"), "a.cjs");
  await app.breaks(recording("b", "exports.b = 2;"), "b.cjs");
  await app.breaks(b, "b.cjs");
  const text = await app.saved(a("// fixed"), "a.cjs");
  assertEquals(text.split(" ").at(-1), "1");
});

test("a CommonJS Executor", async (fixture) => {
  const main = (name: string) =>
    `const { Executor } = require("hotflow-for-tests");
${recording(name)}
const { b } = require("./b.cjs");
const { c } = require("./c.cjs");
class MyExecutor extends Executor {
  static requests = { default: "foo" };
  static source = __filename;
  foo(docs) { for (const doc of docs) doc.text = [...globalThis.evaluated.splice(0), b + c].join(" "); }
}
module.exports = { MyExecutor };
`;
  const app = await InPlace.serve(fixture, {
    "b.cjs": recording("b", "exports.b = 1;"),
    "c.cjs": recording("c", "exports.c = 2;"),
    "my_executor.cjs": main("main").replace(
      'require("hotflow-for-tests")',
      target.name === "deno"
        ? "globalThis.process.getBuiltinModule('node:module').createRequire(__filename)(" +
          JSON.stringify(new URL("../../mod.ts", import.meta.url).pathname) + ")"
        : 'require("hotflow")',
    ),
  }, { uses: "my_executor.cjs" });
  assertEquals(await app.text(), "main b c 3");
  assertEquals(await app.saved(recording("b2", "exports.b = 5;"), "b.cjs"), "main b2 7");
  // A broken version, whose dependency is put back later.
  await app.breaks("throw new Error('broken');", "c.cjs");
  assertEquals(await app.saved(recording("c", "exports.c = 2;") + "//", "c.cjs"), "main main c 7");
});

test("an ES module that is required: its changes take a new worker", async (fixture) => {
  const app = await InPlace.serve(fixture, {
    "c.mjs": recording("c", "export const c = 1;"),
    "b.mjs": recording("b", 'export { c } from "./c.mjs";'),
    "a.cjs": recording("a", 'exports.a = require("./b.mjs").c;'),
    [FILE]: reporting('import cjs from "./a.cjs";', "cjs.a"),
  });
  assertEquals(await app.text(), "a c b main 1");
  assertEquals(
    await app.saved(recording("a2", 'exports.a = require("./b.mjs").c + 1;'), "a.cjs"),
    "a2 main 2",
  );
  const fresh = async (text: string, name: string) => {
    await app.serves(() => fixture.folder.write(name, text), / serves after [\d.]+ ms$/);
    return await app.text();
  };
  assertEquals(await fresh(recording("c", "export const c = 5;"), "c.mjs"), "a2 c b main 6");
  await fixture.log.waitFor(/takes a new worker: the ES module .*b\.mjs is required/);
  await app.breaks("export const c = ;", "c.mjs");
  assertEquals(await fresh(recording("c2", "export const c = 6;"), "c.mjs"), "a2 c2 b main 7");
});

test("a CommonJS save that fails leaves the files of the version that serves, which requires them late", async (fixture) => {
  const main = (text: string) =>
    executorWith(
      `${saying(`"${text} " + require("./b.cjs").b`)}`,
      'import { createRequire } from "node:module";\nimport "./a.cjs";\nconst require = createRequire(import.meta.url);',
    );
  const app = await InPlace.serve(fixture, {
    "b.cjs": "exports.b = 1;\n",
    "a.cjs": 'exports.a = require("./b.cjs").b;\n',
    [FILE]: main("v1"),
  });
  assertEquals(await app.text(), "v1 1");
  for (const broken of ["exports.b = ;\n", 'throw new Error("no");\n', "exports.b = ;\n"]) {
    await app.breaks(broken, "b.cjs");
    await fixture.log.waitFor(/keeps serving/);
    assertEquals(await app.text(), "v1 1");
  }
  assertEquals(await app.saved("exports.b = 2;\n", "b.cjs"), "v1 2");
  await app.breaks("exports.b = ;\n", "b.cjs");
  assertEquals(await app.text(), "v1 2");
});
