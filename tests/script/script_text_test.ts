import { assertEquals } from "@std/assert";
import { codeOf, isCommonJs } from "../../src/script/script_text.ts";

Deno.test("isCommonJs() knows CommonJS by its code, and not by its comments and texts", () => {
  const yes = [
    "module.exports = {};",
    "/*\nimport this, that\n*/\nmodule.exports = 1;",
    "// export it\nexports.a = 1;",
    'const text = `\nimport a from "b";\n`;\nconst a = require("a");',
    'import("./a.js").then((a) => { module.exports.a = a; });',
  ];
  const no = [
    "const a = 1;",
    'import { createRequire } from "node:module";\nconst require = createRequire(import.meta.url);\nrequire("a");',
    "#!/usr/bin/env node\nimport'a';require('b')",
    "// module.exports = {}\nexport const a = 1;",
    'const a=1;export{a};"module.exports"',
    "globalThis.exports = import.meta.url;",
  ];
  for (const text of yes) assertEquals(isCommonJs(text), true, text);
  for (const text of no) assertEquals(isCommonJs(text), false, text);
});

Deno.test("codeOf() leaves no comment and no text", () => {
  assertEquals(codeOf("a /* class B */ = 'class C'; // class D\n`class ${1} E`"), 'a   = "";  \n""');
});
