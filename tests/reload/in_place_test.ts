/** Reloading in place: which modules are evaluated again. */
import { assertEquals } from "@std/assert";
import { Latch } from "../support/latch.ts";
import { FILE } from "../support/reloading.ts";
import { target } from "../support/target.ts";
import { Traffic } from "../support/traffic.ts";
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

test("an import that is ignored is evaluated again by the next reload", async (fixture) => {
  const main = (more: string) => reporting(`import { data } from "./data.ts";${more}`, "data");
  const app = await InPlace.serve(fixture, {
    "data.ts": recording("data", "export const data = 1;"),
    [FILE]: main(""),
  }, { ignore: ["data.ts"] });
  assertEquals(await app.text(), "data main 1");
  await fixture.folder.write("data.ts", recording("data", "export const data = 2;"));
  assertEquals(await app.saved(main(" // edited")), "data main 2");
  assertEquals(await app.saved(main(" // again")), "main 2");
});

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

test("a file elsewhere that a handler imports is watched, and evaluated again alone", async (fixture) => {
  const late = (text: string) => recording("late", `export const late = "${text}";`);
  const main = executorWith(
    `  static requests = { default: "foo" };
  async foo(docs) {
    const { late } = await import("../elsewhere/late.ts");
    for (const doc of docs) doc.text = [...globalThis.evaluated.splice(0), late + other].join(" ");
  }`,
    recording("main", 'import { other } from "./other.ts";'),
  );
  const app = await InPlace.serve(fixture, {
    "elsewhere/late.ts": late("l1"),
    "app/other.ts": recording("other", "export const other = 1;"),
    [`app/${FILE}`]: main,
  }, { uses: `app/${FILE}` });
  assertEquals(await app.text(), "other main late l11");
  assertEquals(
    await app.saved(recording("other", "export const other = 2;"), "app/other.ts"),
    "other main l12",
  );
  for (const text of ["l2", "l3"]) {
    const seen = await app.saved(late(text), "elsewhere/late.ts");
    // A file that is saved while its import is being recorded may be loaded twice.
    assertEquals(seen.replace(/^(?:main )+/, "main "), `main late ${text}2`);
  }
});

test("a file that is deleted and comes back", async (fixture) => {
  const help = (text: string) => recording("help", `export const help = "${text}";`);
  const app = await InPlace.serve(fixture, {
    "help.ts": help("h1"),
    "other.ts": recording("other", "export const other = 1;"),
    [FILE]: reporting(
      'import { help } from "./help.ts";\nimport { other } from "./other.ts";',
      "help + other",
    ),
  });
  assertEquals(await app.text(), "help other main h11");
  let mark = fixture.log.mark;
  await Deno.remove(fixture.folder.at("help.ts"));
  await fixture.log.waitFor(/ERROR .*version 1 keeps serving/, mark);
  assertEquals(await app.text(), "h11");
  assertEquals(await app.saved(help("h2"), "help.ts"), "help main h21");
  mark = fixture.log.mark;
  await Deno.remove(fixture.folder.at("help.ts"));
  await fixture.log.waitFor(/ERROR .*keeps serving/, mark);
  mark = fixture.log.mark;
  await fixture.folder.write("help.ts", help("h2"));
  await fixture.log.waitFor(/files are again as version \d was loaded from/, mark);
  assertEquals(await app.text(), "h21");
  assertEquals(await app.saved(help("h3"), "help.ts"), "help main h31");
});

test("many saves of several files without a pause end with the newest of each", async (fixture) => {
  const value = (name: string, n: number) => `export const ${name} = "${name}${n}";\n`;
  const main = (n: number) =>
    executorWith(
      `${saying(`"m${n} " + a + " " + b`)}\n  async setup() { await new Promise((r) => setTimeout(r, ${
        n % 5
      })); }`,
      'import { a } from "./a.ts";\nimport { b } from "./b.ts";',
    );
  const app = await InPlace.serve(fixture, { "a.ts": value("a", 0), "b.ts": value("b", 0), [FILE]: main(0) });
  await using traffic = new Traffic(() => fixture.ask(), 2);
  for (let n = 1; n <= 60; n++) {
    await fixture.folder.write("a.ts", value("a", n));
    if (n % 2 === 0) await fixture.folder.write(FILE, main(n));
    if (n % 3 === 0) await fixture.folder.write("b.ts", value("b", n));
    if (n % 7 === 0) await fixture.folder.write("a.ts", "export const a = (;");
    if (n % 10 === 0) await traffic.round();
  }
  await traffic.text("m60 a60 b60");
  await traffic.round();
  assertEquals(await app.text(), "m60 a60 b60");
  await traffic.stop();
  assertEquals([traffic.failed, traffic.broken], [[], []]);
});

test("an Executor that is given as a class", async (fixture) => {
  const main = (text: string) =>
    reporting('import { other } from "./other.ts";', `"${text}" + other`).replace(
      "MyExecutor extends Executor {",
      "MyExecutor extends Executor {\n  static source = import.meta.url;",
    );
  await fixture.folder.write("other.ts", recording("other", "export const other = 1;"));
  await fixture.folder.write(FILE, main("v1"));
  const app = await InPlace.serve(fixture, {}, { uses: `class:${fixture.folder.at(FILE)}#MyExecutor` });
  assertEquals(await app.text(), "other main v11");
  assertEquals(await app.saved(main("v2")), "main v21");
  assertEquals(await app.saved(recording("other", "export const other = 2;"), "other.ts"), "other main v22");
});

test("a file that a data: URL imports: its changes take a new worker", async (fixture) => {
  const { folder } = fixture;
  const main = (text: string) =>
    reporting(
      `const { help } = await import("data:text/javascript," + encodeURIComponent(\`export { help } from "\${new URL("./help.ts", import.meta.url).href.split("?")[0]}"\`));`,
      `"${text}" + help`,
    );
  const app = await InPlace.serve(fixture, {
    "help.ts": recording("help", "export const help = 1;"),
    [FILE]: main("a"),
  });
  assertEquals(await app.text(), "main help a1");
  assertEquals(await app.saved(main("b")), "main b1");
  for (const value of [2, 3]) {
    const save = () => folder.write("help.ts", recording("help", `export const help = ${value};`));
    await app.serves(save, / serves after [\d.]+ ms$/);
    assertEquals(await app.text(), `main help b${value}`);
  }
});

test("a script that is imported as code and as text", async (fixture) => {
  const help = (value: string) => `export const help = "${value}";\n`;
  const app = await InPlace.serve(fixture, {
    "help.ts": help("h1"),
    "text.ts": recording(
      "text",
      'import help from "./help.ts" with { type: "text" };\nexport const { length } = help;',
    ),
    [FILE]: reporting(
      'import { help } from "./help.ts";\nimport { length } from "./text.ts";',
      "help + length",
    ),
  });
  assertEquals(await app.text(), "text main h126");
  assertEquals(await app.saved(help("h22"), "help.ts"), "text main h2227");
  assertEquals(await app.saved(help("h333"), "help.ts"), "text main h33328");
}, target.name !== "deno");
