import { assertEquals } from "@std/assert";
import { explain } from "../../src/runtime/_deno_explain.ts";

// The files are not read: a missing file has no imports.
const FILE = "/gone/a.ts";
const NO_MODULE = 'Import "zod" not a dependency';

Deno.test("explain() has no clue to other errors, and to values that are no errors", async () => {
  for (const thrown of [new Error("boom"), NO_MODULE, { message: NO_MODULE }, null, undefined]) {
    assertEquals(await explain(thrown, [FILE]), undefined);
  }
});

Deno.test("explain() states how the runtime installs a package, also for a message with colours", async () => {
  const clue = {
    name: "TypeError",
    message: 'Cannot find the package "zod"; to install it: deno add npm:zod',
  };
  for (const message of [NO_MODULE, `\u001b[31m${NO_MODULE}\u001b[0m`]) {
    assertEquals(await explain(new TypeError(message), [FILE]), clue);
  }
  const required = new Error(`Cannot find module 'zod'\nRequire stack:\n- ${FILE}`);
  assertEquals(await explain(required, []), { ...clue, place: { file: FILE } });
});

Deno.test("explain() finds the import that a message without a place refers to", async () => {
  const [file] = import.meta.url.match(/(?<=^file:\/\/).*/) ?? [""];
  const error = new TypeError('Expected a JavaScript module, but got "@std/assert"');
  const place = { file, line: 1, column: 30 };
  assertEquals(await explain(error, [file]), { place });
  // The place in the stack takes precedence.
  assertEquals(await explain(error, [file], { file, line: 3 }), undefined);
});

Deno.test("explain() finds the syntax error of a CommonJS module among the last imported files", async () => {
  const file = await Deno.makeTempFile({ suffix: ".cjs" });
  await Deno.writeTextFile(file, "const a = 1;\nconst b = ;\n");
  const error = Object.assign(new SyntaxError("Unexpected token ';'"), {
    stack: "SyntaxError: Unexpected token ';'\n    at Object.compileFunction (ext:core/00_infra.js:1:1)",
  });
  const others = Array.from({ length: 19 }, (_, at) => `/gone/${at}.js`);
  try {
    const place = { file, line: 2, column: 11 };
    assertEquals(await explain(error, [file, FILE, ...others]), { place });
    // More than 20 files are not checked: the last one is the one that could not be compiled.
    assertEquals(await explain(error, [file, FILE, ...others, "/gone/z.js"]), {
      place: { file: "/gone/z.js" },
    });
  } finally {
    await Deno.remove(file);
  }
});
