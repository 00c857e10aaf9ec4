/** What plain Deno, Node and Bun can import, an Executor can: CommonJS, JSON, texts, and what else they keep. */
import { assertEquals, assertMatch } from "@std/assert";
import { toPath } from "../../src/paths.ts";
import { FILE, Reloading } from "../support/reloading.ts";
import { FlowFixture, PACKAGE } from "../support/flow_fixture.ts";
import { target } from "../support/target.ts";
import { executorWith, reloadTest, saying } from "./_serving.ts";

/** How CommonJS names the package. */
const REQUIRED = JSON.stringify(PACKAGE.startsWith("file:") ? toPath(PACKAGE) : PACKAGE);
const BOM = "\ufeff";

/** A CommonJS Executor that answers with the value of an expression. */
function commonJs(expression: string, top = "", end = "module.exports = { MyExecutor };"): string {
  return `const { Executor } = require(${REQUIRED});
${top}
class MyExecutor extends Executor {
  static source = __filename;
${saying(expression)}
}
${end}
`;
}

async function watched(fixture: FlowFixture): Promise<string[]> {
  const status = await (await fetch(`http://127.0.0.1:${fixture.port}/status`)).json();
  return status.deployments[0].watched;
}

reloadTest(
  "JSON and CommonJS are required as without hotflow, and their saves are reloads",
  async (fixture) => {
    const top = `import { createRequire } from "node:module";
import words from "../lib/words.cjs";
const require = createRequire(import.meta.url);`;
    const name = `app/${FILE}`;
    const reloading = await Reloading.begin(fixture, {
      files: {
        [name]: executorWith(saying('`${words.join()} ${require("../lib/conf.json").a}`'), top),
        "lib/words.cjs": 'module.exports = [require("./conf.json").a, require("./deep.cjs")()];',
        "lib/deep.cjs": 'module.exports = () => require("./bom.json").b;',
        "lib/conf.json": '{ "a": 1 }',
        "lib/bom.json": `${BOM}{ "b": 2 }`,
      },
      add: { uses: name },
    });
    assertEquals(reloading.traffic.texts, ["1,2 1"]);
    await reloading.saved("3,2 3", '{ "a": 3 }', "lib/conf.json");
    await reloading.saved("3,4 3", `${BOM}{ "b": 4 }`, "lib/bom.json");
    await reloading.breaks(
      { says: /SyntaxError: .*JSON/, file: "lib/conf.json", spot: { line: 2, column: 6 } },
      () => fixture.folder.write("lib/conf.json", '{ "a": 1,\n "b" 2 }'),
    );
    await reloading.saved("5,4 5", '{ "a": 5 }', "lib/conf.json");
    await fixture.assertNothingLost();
  },
);

Deno.test({
  name: "in place, what is required is read again when it has changed, at any depth and each time",
  ignore: target.name === "bun",
  async fn() {
    await using fixture = await FlowFixture.make(false, true);
    const reloading = await Reloading.begin(fixture, {
      files: {
        [FILE]: executorWith(saying("words.join()"), 'import words from "./words.cjs";'),
        "words.cjs": 'module.exports = [require("./conf.json").a, require("./deep.cjs").b];',
        "deep.cjs": 'module.exports = require("./bom.json");',
        "conf.json": '{ "a": 1 }',
        "bom.json": `${BOM}{ "b": 2 }`,
      },
    });
    await reloading.saved("3,2", '{ "a": 3 }', "conf.json");
    await reloading.saved("3,4", `${BOM}{ "b": 4 }`, "bom.json");
    await reloading.saved("5,4", '{ "a": 5 }', "conf.json");
    await reloading.saved("5,6", `${BOM}{ "b": 6 }`, "bom.json");
    await fixture.assertNothingLost();
  },
});

for (const ending of ["cjs", "cts"]) {
  reloadTest(
    `a CommonJS Executor (.${ending}) is reloaded, and its errors have their places`,
    async (fixture) => {
      const name = `my_executor.${ending}`;
      const reloading = await Reloading.begin(fixture, {
        files: { [name]: commonJs('"v1"'), "helper.cjs": "exports.help = 1;\n" },
        add: { uses: name },
      });
      await reloading.saved("v2 1", commonJs('`v2 ${require("./helper.cjs").help}`'), name);
      const breaks = (says: RegExp, file: string, line: number, column: number, source: string) =>
        reloading.breaks({ says, file, spot: { line, column } }, () => fixture.folder.write(file, source));
      await breaks(/Error: boom/, name, 2, 7, commonJs('"v3"', 'throw new Error("boom");'));
      await breaks(/SyntaxError: /, name, 2, 6, commonJs('"v3"', "foo((;"));
      await breaks(/Module not found ".*none\.cjs"/, name, 2, 9, commonJs('"v3"', 'require("./none.cjs");'));
      await breaks(
        /Cannot find the package "left-pad"; to install it: /,
        name,
        2,
        9,
        commonJs("0", 'require("left-pad");'),
      );
      await reloading.saved("v4", commonJs('"v4"', "", "exports.MyExecutor = MyExecutor;"), name);
      await reloading.saved("v5", commonJs('"v5"', "", "module.exports = MyExecutor;"), name);
      await fixture.assertNothingLost();
    },
  );
}

reloadTest(
  "a broken module that a CommonJS Executor requires is placed, and its good save recovers",
  async (fixture) => {
    const name = "my_executor.cjs";
    const reloading = await Reloading.begin(fixture, {
      files: {
        [name]: commonJs("help", 'const help = require("./lib/help.cjs");'),
        "lib/help.cjs": "module.exports = 1;",
      },
      add: { uses: name },
    });
    await reloading.breaks(
      { says: /SyntaxError: /, file: "lib/help.cjs", spot: { line: 2, column: 6 } },
      () => fixture.folder.write("lib/help.cjs", "const a = 1;\nfoo((;\n"),
    );
    await reloading.saved("2", "module.exports = 2;", "lib/help.cjs");
    await fixture.assertNothingLost();
  },
);

for (const [which, order] of [["first", [0, 1]], ["last", [1, 0]]] as const) {
  reloadTest(
    `a script that is imported as text and as a module is both: the text ${which}`,
    async (fixture) => {
      const imports = [
        'import text from "../lib/both.ts" with { type: "text" };',
        'import { both } from "../lib/both.ts";',
      ];
      const both = (word: string) =>
        `// A comment.\nexport const both: string = "${word}";\nclass Kept extends Array {}\n`;
      const name = `app/${FILE}`;
      const source = executorWith(saying("both + text"), order.map((index) => imports[index]).join("\n"));
      const reloading = await Reloading.begin(fixture, {
        files: { [name]: source, "lib/both.ts": both("v1") },
        add: { uses: name },
      });
      assertEquals(reloading.traffic.texts, [`v1${both("v1")}`]);
      await reloading.saved(`v2${both("v2")}`, both("v2"), "lib/both.ts");
      await fixture.assertNothingLost();
    },
    target.name.startsWith("node"),
  );
}

reloadTest(
  "modules that import each other in a circle, and CommonJS that does, are loaded once",
  async (fixture) => {
    const source = (word: string) =>
      `import { help } from "./help.mjs";
import old from "./old.cjs";
export const word = "${word}";
globalThis.times = (globalThis.times ?? 0) + 1;
${executorWith(saying("[help(), old.late, globalThis.times].join()"))}`;
    const reloading = await Reloading.begin(fixture, {
      files: {
        [FILE]: source("v1"),
        "help.mjs": 'import { word } from "./my_executor.ts"; export const help = () => word;',
        "old.cjs":
          'exports.early = "early"; const { seen } = require("./older.cjs"); exports.late = `${seen}, late`;',
        "older.cjs": 'const old = require("./old.cjs"); exports.seen = old.early;',
      },
    });
    await reloading.saved("v2,early, late,1", source("v2"));
    assertEquals(reloading.traffic.texts, ["v1,early, late,1", "v2,early, late,1"]);
    await fixture.assertNothingLost();
  },
);

const UNEXPORTED: Readonly<Record<string, (word: string) => string>> = {
  "a BOM": (word) => BOM + kept(word),
  "lines that end as on Windows": (word) => kept(word).replaceAll("\n", "\r\n"),
  "one line": (word) => kept(word).replaceAll("\n", " "),
  "a class on the line of a comment": (word) => kept(word).replace("class", "/* here */ class"),
  "a class as a constant": (word) => kept(word).replace("class Übersetzer", "const Übersetzer = class"),
  "words that look like classes": (word) =>
    `${kept(word)}\n// class interface extends X\nconst text = \`\nclass package extends Y {}\`;\n`,
};

function kept(word: string): string {
  return executorWith(saying(`"${word}"`)).replace("export class MyExecutor", "class Übersetzer")
    .replace("import { Executor, requests }", "import { Executor }");
}

for (const [what, source] of Object.entries(UNEXPORTED)) {
  for (const name of ["", "#Übersetzer"]) {
    reloadTest(
      `a class that is not exported is found: ${what}${name === "" ? "" : ", with its name"}`,
      async (fixture) => {
        await fixture.folder.write("my_executor.js", source("v1"));
        await fixture.serve({ uses: `my_executor.js${name}`, reload: true });
        assertEquals((await fixture.ask()).text, "v1");
        await fixture.folder.write("my_executor.js", source("v2"));
        await fixture.log.waitFor(/version 2 serves/);
        assertEquals((await fixture.ask()).text, "v2");
      },
    );
  }
}

reloadTest(
  "a package is not source: it is neither watched nor amended, whatever its text looks like",
  async (fixture) => {
    const dependency = "node_modules/dep/index.js";
    const old =
      `/*\nimport that\n*/\n// import this\nclass Foo extends Array {}\nmodule.exports = { text: "v1" };\n`;
    await fixture.folder.write("node_modules/dep/package.json", '{ "name": "dep" }');
    await fixture.folder.write(dependency, old);
    const top =
      'import { createRequire } from "node:module";\nconst dep = createRequire(import.meta.url)("dep");';
    const reloading = await Reloading.begin(fixture, {
      files: { [`app/${FILE}`]: executorWith(saying("dep.text"), top) },
      add: { uses: `app/${FILE}` },
    });
    assertEquals(reloading.traffic.texts, ["v1"]);
    assertEquals(await watched(fixture), [fixture.folder.at("app/")]);
    await fixture.assertNothingLost();
  },
);

reloadTest("a package that is linked in from a folder of one's own is source", async (fixture) => {
  await fixture.folder.write("own/package.json", '{ "name": "own", "main": "index.cjs" }');
  await fixture.folder.write("own/index.cjs", 'module.exports = "v1";');
  await Deno.mkdir(fixture.folder.at("node_modules"));
  await Deno.symlink("../own", fixture.folder.at("node_modules/own"));
  const top =
    'import { createRequire } from "node:module";\nconst own = createRequire(import.meta.url)("own");';
  const name = `app/${FILE}`;
  const reloading = await Reloading.begin(fixture, {
    files: { [name]: executorWith(saying("own"), top) },
    add: { uses: name },
  });
  assertEquals(await watched(fixture), [fixture.folder.at("app/"), fixture.folder.at("own/index.cjs")]);
  await reloading.saved("v2", 'module.exports = "v2";', "own/index.cjs");
  await fixture.assertNothingLost();
});

if (target.name === "deno") {
  reloadTest(
    "packages that require JSON and native addons work, and none of their files is listed",
    async (fixture) => {
      const top = `import mime from "npm:mime-types@2";
import { crc32 } from "npm:@node-rs/crc32@1";
import { Ajv } from "npm:ajv@8";
import ts from "npm:typescript@6";`;
      const expression =
        '[mime.lookup("a.json"), crc32("abc"), new Ajv().validate({ type: "string" }, "a"), typeof ts.version]';
      const reloading = await Reloading.begin(fixture, {
        files: { [FILE]: executorWith(saying(expression), top) },
      });
      assertEquals(reloading.traffic.texts, ["application/json,891568578,true,string"]);
      assertEquals(await watched(fixture), [fixture.folder.at("./")]);
      await reloading.saved("v2");
      await fixture.assertNothingLost();
    },
  );

  reloadTest(
    "WebAssembly is imported, and JSON without its attribute is refused with its place",
    async (fixture) => {
      const wasm = [
        0,
        97,
        115,
        109,
        1,
        0,
        0,
        0,
        1,
        7,
        1,
        96,
        2,
        127,
        127,
        1,
        127,
        3,
        2,
        1,
        0,
        7,
        7,
        1,
        3,
        97,
        100,
        100,
        0,
        0,
        10,
        9,
        1,
        7,
        0,
        32,
        0,
        32,
        1,
        106,
        11,
      ];
      await Deno.writeFile(fixture.folder.at("add.wasm"), new Uint8Array(wasm));
      await fixture.folder.write("conf.json", "{}");
      const source = (top: string) => executorWith(saying("add(1, 2)"), top);
      const add = 'import { add } from "./add.wasm";';
      const reloading = await Reloading.begin(fixture, { files: { [FILE]: source(add) } });
      assertEquals(reloading.traffic.texts, ["3"]);
      const record = await reloading.breaks(
        { says: /"type": "json"/, file: FILE, spot: { line: 2, column: 52 } },
        () => fixture.folder.write(FILE, source(`${add} import conf from "./conf.json"; conf;`)),
      );
      assertMatch(record.message, /Attempted to load JSON module/);
      await fixture.assertNothingLost();
    },
  );
}
