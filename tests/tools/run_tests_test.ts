import { fileURLToPath } from "node:url";
import { assertEquals, assertMatch } from "@std/assert";
import { temporaryFolder } from "./_temporary_folder.ts";

const RUNNER = new URL("../../tools/run_tests.ts", import.meta.url).href;
const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));
const test = (name: string, body: string) => `Deno.test("${name}", () => {\n${body}\n});\n`;

Deno.test("all tests: what failed is shown last, all are added up, and the code says so", async () => {
  await using folder = await temporaryFolder({
    "run.ts":
      `import { runAllTests } from "${RUNNER}";\nDeno.exit(await runAllTests(import.meta.dirname!));\n`,
    "mod.ts": "/**\n * @example\n * ```ts\n * console.assert(true);\n * ```\n */\nexport const one = 1;\n",
    "other.ts": "/**\n * @example\n * ```ts\n * console.assert(1 > 2);\n * ```\n */\nexport const two = 2;\n",
    "tests/a_test.ts": test("a1", "") + test("a2", 'throw new Error("mended?");'),
    "tests/b/b_test.ts": test("b1", "") + `Deno.test.ignore("b2", () => {});\n`,
    "tests/packages/c_test.ts": test("c1", 'throw new Error("not one of them");'),
  });
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--config", CONFIG, `${folder.path}/run.ts`],
    cwd: folder.path,
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(stdout);
  assertEquals(code, 1, text);
  assertMatch(text, /mended\?[^]*\nAll tests: 3 passed, 2 failed, 1 ignored \(\d+ s\)\n$/);
  assertMatch(text, /Error: Assertion failed/);
  assertEquals(text.indexOf("b1 ... ok") < text.indexOf("mended?"), true, text);
});
