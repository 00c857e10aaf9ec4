import { assertEquals } from "@std/assert";
import { explainer, explainRequired, filesToCheck, importIn } from "../../src/runtime/_explain.ts";

const installer = { command: "npm install ", manifest: "package.json" };
const files: Record<string, string> = { "/app/a.ts": 'import "./b.ts";\nimport z from "zod";\n' };
const readText = (path: string) => files[path];

Deno.test("explainer() returns the clue of the first step that has one, and none for other values", async () => {
  const explain = explainer(installer, readText, [
    ({ message }) => message === "one" ? { message: "first" } : undefined,
    ({ message }) =>
      Promise.resolve(message === "one" || message === "two" ? { message: "second" } : undefined),
  ]);
  const clues = [new Error("one"), new Error("\u001b[31mtwo\u001b[0m"), new Error("three"), "one", null];
  assertEquals(await Promise.all(clues.map((error) => explain(error, []))), [
    { message: "first" },
    { message: "second" },
    {},
    {},
    {},
  ]);
});

Deno.test("explainRequired() explains the error of a require(), and the command is the runtime's", async () => {
  const explain = explainer(installer, readText, [explainRequired]);
  const error = new Error("Cannot find module 'zod'\nRequire stack:\n- /app/a.ts");
  assertEquals(await explain(error, []), {
    name: "TypeError",
    message: 'Cannot find the package "zod"; to install it: npm install zod',
    place: { file: "/app/a.ts", line: 2, column: 15 },
  });
});

Deno.test("importIn() finds the import that a message refers to", async () => {
  const explain = explainer(installer, readText, [(failed) => importIn(failed.message, failed)]);
  const place = { file: "/app/a.ts", line: 1, column: 8 };
  assertEquals(await explain(new Error('no module "/app/b.ts"'), ["/app/a.ts"]), { place });
});

Deno.test("filesToCheck() returns the last imported of the files that match, at most 20", () => {
  const imported = Array.from({ length: 30 }, (_, at) => at % 10 === 9 ? `${at}.json` : `${at}.js`);
  const checked = filesToCheck(imported, /\.js$/);
  assertEquals([checked.length, checked[0], checked[1], imported[0]], [20, "28.js", "27.js", "0.js"]);
});
