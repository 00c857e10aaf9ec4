/** What is said of modules that cannot be loaded, and where: missing packages, no Executor, mistaken decorators. */
import { FILE, Reloading } from "../support/reloading.ts";
import { PACKAGE } from "../support/flow_fixture.ts";
import { target } from "../support/target.ts";
import { executorWith, reloadTest, saying } from "./_serving.ts";

const BOM = "\ufeff";
const INSTALL: Readonly<Record<string, string>> = {
  deno: "deno add npm:",
  node: "npm install ",
  bun: "bun add ",
};

reloadTest(
  "a package that is not installed is placed, with the command that installs it",
  async (fixture) => {
    const command = INSTALL[target.name.split(" ")[0]];
    const reloading = await Reloading.begin(fixture);
    const breaks = (top: string, column: number) =>
      reloading.breaks(
        {
          says: new RegExp(`Cannot find the package "left-pad.*"; to install it: ${command}left-pad at `),
          file: FILE,
          spot: { line: 2, column },
        },
        () => fixture.folder.write(FILE, executorWith(saying('"v2"'), top)),
      );
    await breaks('import { z } from "left-pad"; z();', 19);
    await breaks('import z from "left-pad/v4"; z();', 15);
    await breaks('import "left-pad";', 8);
    await breaks('await import("left-pad");', 14);
    await reloading.saved("v3");
    await fixture.assertNothingLost();
  },
);

reloadTest("what a module or a package does not have is placed where it is imported", async (fixture) => {
  await fixture.folder.write(
    "node_modules/dep/package.json",
    '{ "name": "dep", "exports": { ".": "./a.cjs" } }',
  );
  await fixture.folder.write("node_modules/dep/a.cjs", "exports.a = 1;");
  await fixture.folder.write("lib/b.js", "export const a = 1;");
  await fixture.folder.write("lib/a.js", '\nexport { b } from "./b.js";');
  const name = `app/${FILE}`;
  const reloading = await Reloading.begin(fixture, {
    files: { [name]: executorWith(saying('"v1"')) },
    add: { uses: name },
  });
  const breaks = (says: RegExp, file: string, line: number, column: number, top: string) =>
    reloading.breaks(
      { says, file, spot: { line, column } },
      () => fixture.folder.write(name, executorWith(saying("0"), top)),
    );
  // The comment names the same module.
  const builtin = '/* from "node:fs" */ import { raedFile } from "node:fs"; raedFile();';
  await breaks(/does not provide an export named 'raedFile'/, name, 2, 31, builtin);
  await breaks(/No such built-in module: node:fss/, name, 2, 16, 'import fs from "node:fss"; fs();');
  await breaks(/b/, "lib/a.js", 2, 10, 'import { b } from "../lib/a.js"; b();');
  const create = 'import { createRequire } from "node:module"; createRequire(import.meta.url)';
  await breaks(/Module not found ".*gone\.json"/, name, 2, 77, `${create}("./gone.json");`);
  await breaks(/Module not found "\/gone\/a\.js"/, name, 2, 15, 'import a from "/gone/a.js"; a();');
  await breaks(/Module not found "\/gone\/a\.js"/, name, 2, 15, 'import a from "file:///gone/a.js"; a();');
  const reads = 'import { readFileSync } from "node:fs"; readFileSync("gone.txt");';
  await breaks(/Error: ENOENT.* 'gone\.txt'/, name, 2, 41, reads);
  if (target.name !== "deno") {
    await breaks(/"?dep\/nope|'\.\/nope'/, name, 2, 15, 'import a from "dep/nope"; a();');
    await breaks(/https:/, name, 2, 15, 'import a from "https://127.0.0.1:1/a.js"; a();');
  } else {
    await breaks(/'\.\/nope'|nope/, name, 2, 15, 'import a from "npm:ajv@8/nope.js"; a();');
    await breaks(/no such package or version/, name, 2, 15, 'import a from "npm:ajv@999"; a();');
  }
  await reloading.saved("v2", executorWith(saying('"v2"')), name);
  await fixture.assertNothingLost();
});

reloadTest("a mistake that only the engine finds is placed in TypeScript too", async (fixture) => {
  const reloading = await Reloading.begin(fixture, {
    files: {
      [FILE]: executorWith(saying("b"), 'import { b } from "./b.ts";'),
      "b.ts": 'export const b: string = "v1";\n',
    },
  });
  await reloading.breaks(
    { says: /SyntaxError: .*b.* has already been declared/, file: "b.ts", spot: { line: 2, column: 14 } },
    () => fixture.folder.write("b.ts", 'export const b: string = "v2";\nexport const b: string = "v2";\n'),
  );
  await reloading.saved("v3", 'export const b: string = "v3";\n', "b.ts");
  await fixture.assertNothingLost();
});

reloadTest("an error whose message cannot be read is told all the same", async (fixture) => {
  const reloading = await Reloading.begin(fixture);
  const top = 'const e = new Error(); Object.defineProperty(e, "message", { get() { throw 1; } }); throw e;';
  await reloading.breaks(
    { says: /an error was thrown that cannot be read/, file: FILE },
    () => fixture.folder.write(FILE, executorWith(saying("0"), top)),
  );
  await reloading.saved("v2");
  await fixture.assertNothingLost();
});

reloadTest("each file without an Executor says what it has instead", async (fixture) => {
  const reloading = await Reloading.begin(fixture);
  const source = executorWith(saying('"v2"'));
  const breaks = (says: RegExp, text: string, spot?: { line: number; column: number }) =>
    reloading.breaks({ says, file: FILE, spot }, () => fixture.folder.write(FILE, text));
  await breaks(/: the file is empty; write a class that extends Executor/, "");
  await breaks(/: the file is empty; write a class that extends Executor/, ` \n${BOM}\n`);
  await breaks(
    /: there is no class in my_executor\.ts: export a class that extends Executor/,
    "export const a = 1; // a class of its own",
  );
  const bare = /: the class MyExecutor does not extend Executor; write `class MyExecutor extends Executor`/;
  await breaks(bare, source.replace(" extends Executor", ""), { line: 3, column: 8 });
  await breaks(bare, source.replace(" extends Executor", "").replace("export class", "class"), {
    line: 3,
    column: 1,
  });
  await breaks(
    /: the class MyExecutor extends Array, which does not extend Executor/,
    source.replace("extends Executor", "extends Array"),
    { line: 3, column: 8 },
  );
  await breaks(/: the export `default` is a function; export a class/, "export default function make() {}\n");
  await breaks(
    /: the export `default` is an instance of MyExecutor; export the class itself/,
    source.replace("export class MyExecutor", "export default new (class MyExecutor").trimEnd() + ")();\n",
  );
  await reloading.saved("v3");
  await fixture.assertNothingLost();
});

if (!target.name.startsWith("node")) {
  reloadTest("a mistake in a decorator is placed at the decorator", async (fixture) => {
    const reloading = await Reloading.begin(fixture);
    const source = (decorator: string, exported = "export ") =>
      `import { Executor, requests } from ${JSON.stringify(PACKAGE)};

interface Options {
  a: string;
}
const options: Options = { a: "b" };

${exported}class MyExecutor extends Executor {
  /** Not this one: @request */
  @requests({ on: "/a" })
  other() {}

  // A comment.
  ${decorator}
  foo(docs) { for (const doc of docs) doc.text = options.a; }
}
`;
    const spot = { line: 14, column: 3 };
    const says = /ReferenceError: request is not defined/;
    const nested = '@requests(Object(Object(request({ on: "/b" }))))';
    const called = ["@request()", "@request", '@request({ on: ["/b"] })', "@requests(request())", nested];
    for (const decorator of called) {
      for (const exported of ["export ", ""]) {
        const column = decorator.startsWith("@requests(") ? 3 + decorator.search(/request\(/) : 3;
        await reloading.breaks(
          { says, file: FILE, spot: { ...spot, column } },
          () => fixture.folder.write(FILE, source(decorator, exported)),
        );
      }
    }
    await reloading.breaks(
      { says: /Cannot bind the endpoint "b"/, file: FILE, spot: { line: 14, column: 4 } },
      () => fixture.folder.write(FILE, source('@requests({ on: "b" })')),
    );
    await fixture.assertNothingLost();
  });
}

if (target.name === "deno") {
  reloadTest(
    "a mistake in a module from a server names it, and is placed where it is imported",
    async (fixture) => {
      const modules: Record<string, string> = {
        "/good.ts": 'export const word: string = "v2";',
        "/broken.ts": "\nexport const word = ;",
        "/throws.ts": '\nthrow new Error("boom"); export const word = "";',
      };
      const answer = ({ url }: Request) =>
        new Response(modules[new URL(url).pathname], { headers: { "content-type": "text/typescript" } });
      await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, answer);
      const url = `http://127.0.0.1:${server.addr.port}`;
      const source = (path: string) => executorWith(saying("word"), `import { word } from "${url}${path}";`);
      const reloading = await Reloading.begin(fixture);
      const breaks = (says: RegExp, path: string) =>
        reloading.breaks(
          { says, file: FILE, spot: { line: 2, column: 22 } },
          () => fixture.folder.write(FILE, source(path)),
        );
      await breaks(/SyntaxError: .* in http:.*\/broken\.ts:2:21 at /, "/broken.ts");
      await breaks(/Error: boom in http:.*\/throws\.ts:2:7 at /, "/throws.ts");
      await reloading.saved("v2", source("/good.ts"));
      await fixture.assertNothingLost();
    },
  );
}
