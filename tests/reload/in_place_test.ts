/** Reloading in place: which modules are evaluated again. */
import { assertEquals } from "@std/assert";
import { Latch } from "../support/latch.ts";
import { FILE } from "../support/reloading.ts";
import { target } from "../support/target.ts";
import { InPlace, recording, reporting } from "./_in_place.ts";
import { executorWith, reloadTest, saying } from "./_serving.ts";

const test = (name: string, run: Parameters<typeof reloadTest>[1], ignore = false) =>
  reloadTest(`in place: ${name}`, run, ignore || target.name === "bun");

test("a changed module and its importers are evaluated again, all others are not", async (fixture) => {
  const value = (name: string, text: string) => recording(name, `export const ${name} = "${text}";`);
  const main = (more = "") =>
    reporting(
      `import { a } from "./a.ts";\nimport { b } from "./b.ts";\nimport { dep } from "./node_modules/dep/index.js";${more}`,
      "a + b + dep",
    );
  const app = await InPlace.serve(fixture, {
    "node_modules/dep/package.json": '{ "name": "dep", "type": "module", "exports": "./index.js" }',
    "node_modules/dep/index.js": recording("dep", 'export const dep = "d";'),
    "c.ts": value("c", "1"),
    "a.ts": recording("a", 'import { c } from "./c.ts"; export const a = c;'),
    "b.ts": value("b", "2"),
    [FILE]: main(),
  });
  assertEquals(await app.text(), "c a b dep main 12d");
  assertEquals(await app.saved(value("c", "3") + "//", "c.ts"), "c a main 32d");
  assertEquals(await app.saved(value("b", "4"), "b.ts"), "b main 34d");
  assertEquals(await app.saved(main(" // edited")), "main 34d");
  assertEquals(await app.saved(value("c", "5"), "c.ts"), "c a main 54d");
});

test("a package that npm: names is evaluated once", async (fixture) => {
  const main = (text: string) =>
    executorWith(
      saying("`${text} ${globalThis.libraries.size}`"),
      `import { Ajv } from "npm:ajv@8";
(globalThis.libraries ??= new Set()).add(Ajv);
const text = "${text}";`,
    );
  const app = await InPlace.serve(fixture, main("v1"));
  assertEquals(await app.text(), "v1 1");
  assertEquals(await app.saved(main("v2")), "v2 1");
  await app.serves(() => fixture.reload());
  assertEquals(await app.text(), "v2 1");
}, target.name !== "deno");

test("JSON and text imports", async (fixture) => {
  const [json, text] = [
    'import data from "./data.json" with { type: "json" };',
    'import words from "./words.txt" with { type: "text" };',
  ];
  const hasText = target.name === "deno";
  const app = await InPlace.serve(fixture, {
    "data.json": '{ "a": 1 }',
    "words.txt": "one",
    "other.ts": recording("other", "export const other = 0;"),
    [FILE]: reporting(
      `${json}\n${hasText ? text : 'const words = "";'}\nimport { other } from "./other.ts";`,
      "data.a + words + other",
    ),
  });
  assertEquals(await app.text(), hasText ? "other main 1one0" : "other main 10");
  assertEquals(await app.saved('{ "a": 2 }', "data.json"), hasText ? "main 2one0" : "main 20");
  if (hasText) assertEquals(await app.saved("two", "words.txt"), "main 2two0");
});

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

test("a dynamic import from an old version gets the old version's file", async (fixture) => {
  await using latch = new Latch();
  const late = (text: string) => `export const text = "${text}";`;
  const main = (version: string) =>
    executorWith(
      `  static requests = { default: "foo", "/slow": "slow" };
  async foo(docs) { const { text } = await import("./late.ts"); for (const doc of docs) doc.text = "${version} " + text; }
  async slow(docs, { parameters }) { await (await fetch(parameters.latch)).text(); await this.foo(docs); }`,
    );
  const app = await InPlace.serve(fixture, { "late.ts": late("v1"), [FILE]: main("v1") });
  assertEquals(await app.text(), "v1 v1");
  const slow = fixture.ask("/slow", "x", { latch: latch.url });
  await latch.reached();
  assertEquals(await app.saved(late("v2"), "late.ts"), "v1 v2");
  assertEquals(await app.saved(main("v3")), "v3 v2");
  assertEquals(await app.saved(late("v4"), "late.ts"), "v3 v4");
  latch.open();
  assertEquals((await slow).text, "v1 v1");
});

test("circular imports", async (fixture) => {
  const one = (text: string) =>
    recording("one", `import { two } from "./two.ts";\nexport const one = () => "${text}" + two;`);
  const two = (text: string) =>
    recording(
      "two",
      `import { one } from "./one.ts";\nexport const two = "${text}";\nexport const both = () => one();`,
    );
  const app = await InPlace.serve(fixture, {
    "one.ts": one("a"),
    "two.ts": two("b"),
    "three.ts": recording("three", "export const three = 3;"),
    [FILE]: reporting(
      'import { both } from "./two.ts";\nimport { three } from "./three.ts";',
      "both() + three",
    ),
  });
  assertEquals((await app.text()).split(" ").sort(), ["ab3", "main", "one", "three", "two"]);
  assertEquals((await app.saved(one("c"), "one.ts")).split(" ").sort(), ["cb3", "main", "one", "two"]);
  assertEquals((await app.saved(two("d"), "two.ts")).split(" ").sort(), ["cd3", "main", "one", "two"]);
});

test("a module that imports the Executor's own, in a circle", async (fixture) => {
  const main = (text: string) =>
    reporting(`import { help } from "./help.ts";\nexport const word = "${text}";`, "help()");
  const app = await InPlace.serve(fixture, {
    "help.ts": recording("help", `import { word } from "./${FILE}";\nexport const help = () => word;`),
    [FILE]: main("v1"),
  });
  assertEquals(await app.text(), "help main v1");
  assertEquals(await app.saved(main("v2")), "help main v2");
  assertEquals(await app.saved(main("v3")), "help main v3");
});

test("a new file that a changed module imports does not evaluate the others again", async (fixture) => {
  const other = 'import { other } from "./other.ts";';
  const app = await InPlace.serve(fixture, {
    "other.ts": recording("other", "export const other = 1;"),
    [FILE]: reporting(other, "other"),
  });
  assertEquals(await app.text(), "other main 1");
  const mark = fixture.log.mark;
  await fixture.folder.write("deep/new.ts", recording("deep", "export const deep = 5;"));
  await fixture.folder.write("new.ts", recording("new", 'export { deep } from "./deep/new.ts";'));
  await fixture.folder.write(FILE, reporting(`${other}\nimport { deep } from "./new.ts";`, "deep"));
  await fixture.log.waitFor(/serves after/, mark);
  for (let all = "";;) {
    const text = await app.text();
    all += ` ${text}`;
    if (!text.endsWith("5")) continue;
    assertEquals(all.includes("new main 5") && all.includes("deep"), true, all);
    break;
  }
  assertEquals(
    await app.saved(recording("deep2", "export const deep = 6;"), "deep/new.ts"),
    "deep2 new main 6",
  );
});

test("a saved `watch` file, and a source that no module imports, evaluate all local modules again", async (fixture) => {
  const app = await InPlace.serve(fixture, {
    "a.ts": recording("a", "export const a = 1;"),
    "unused.ts": "export {};",
    "prompts/hello.txt": "hello",
    [FILE]: reporting('import { a } from "./a.ts";', "a"),
  }, { watch: ["prompts/**"] });
  assertEquals(await app.text(), "a main 1");
  assertEquals(await app.saved("good bye", "prompts/hello.txt"), "a main 1");
  assertEquals(await app.saved("export {};\n//", "unused.ts"), "a main 1");
});

test("flow.reload() evaluates all local modules again", async (fixture) => {
  const app = await InPlace.serve(fixture, {
    "a.ts": recording("a", "export const a = 1;"),
    "b.cjs": recording("b", "exports.b = 2;"),
    [FILE]: reporting('import { a } from "./a.ts";\nimport cjs from "./b.cjs";', "a + cjs.b"),
  });
  assertEquals(await app.text(), "a b main 3");
  await app.serves(() => fixture.reload());
  assertEquals(await app.text(), "a b main 3");
  await app.serves(() => fixture.reload({ fresh: true }), / ms$/);
  assertEquals(await app.text(), "a b main 3");
  assertEquals(await app.saved(recording("a", "export const a = 2;"), "a.ts"), "a main 4");
});

test("files outside of the folder, and files behind links", async (fixture) => {
  const { folder } = fixture;
  const value = (name: string, text: string) => recording(name, `export const ${name} = "${text}";`);
  await folder.write("real/linked.ts", value("linked", "l1"));
  await Deno.mkdir(folder.at("app"));
  await Deno.symlink("../real/linked.ts", folder.at("app/linked.ts"));
  const main = (more: string) =>
    reporting(
      'import { outside } from "../elsewhere/outside.ts";\nimport { linked } from "./linked.ts";',
      `outside + linked + "${more}"`,
    );
  const app = await InPlace.serve(fixture, {
    "elsewhere/outside.ts": value("outside", "o1"),
    [`app/${FILE}`]: main(""),
  }, { uses: `app/${FILE}` });
  assertEquals(await app.text(), "outside linked main o1l1");
  assertEquals(await app.saved(value("outside", "o2"), "elsewhere/outside.ts"), "outside main o2l1");
  assertEquals(await app.saved(value("linked", "l2"), "real/linked.ts"), "linked main o2l2");
  assertEquals(await app.saved(main("x"), `app/${FILE}`), "main o2l2x");
  await app.serves(() => folder.writeAtomic("real/linked.ts", value("linked", "l3")));
  assertEquals(await app.text(), "linked main o2l3x");
});

test("the Executor's own file behind a link", async (fixture) => {
  const { folder } = fixture;
  const other = recording("other", "export const other = 1;");
  await folder.write("app/other.ts", other);
  await folder.write("real/impl.ts", reporting('import { other } from "../app/other.ts";', '"v1" + other'));
  await Deno.symlink("../real/impl.ts", folder.at(`app/${FILE}`));
  const app = await InPlace.serve(fixture, {}, { uses: `app/${FILE}` });
  assertEquals(await app.text(), "other main v11");
  const next = reporting('import { other } from "../app/other.ts";', '"v2" + other');
  assertEquals(await app.saved(next, "real/impl.ts"), "main v21");
  assertEquals(await app.saved(`${other}//`, "app/other.ts"), "other main v21");
});

test("one file under two URLs: both modules are evaluated again", async (fixture) => {
  const app = await InPlace.serve(fixture, {
    "a.ts": recording("a", "export const a = 1;"),
    [FILE]: reporting('import { a } from "./a.ts";\nimport { a as b } from "./a.ts?copy";', "a + b"),
  });
  assertEquals(await app.text(), "a a main 2");
  assertEquals(await app.saved(recording("a", "export const a = 2;"), "a.ts"), "a a main 4");
});
