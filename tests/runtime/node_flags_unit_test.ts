import { assertEquals } from "@std/assert";
import { nodeFlags } from "../../src/runtime/_node_flags.ts";

Deno.test("nodeFlags() leaves out what runs other code, and its values", () => {
  for (
    const [given, expected] of [
      [["--expose-gc", "-e", "code()"], ["--expose-gc"]],
      [["--input-type=module", "--eval", "code()"], []],
      [["--input-type", "module", "--eval=code()", "-r", "./a.cjs"], ["-r", "./a.cjs"]],
      [["-pe", "--expose-gc"], []],
      [["-i", "-p", "code()", "--import", "./a.mjs"], ["--import", "./a.mjs"]],
      [["--inspect-brk=9229", "--test", "--test-name-pattern=a", "--watch", "--env-file=.env"], []],
      [["--env-file-if-exists", ".env", "--enable-source-maps"], ["--enable-source-maps"]],
    ]
  ) assertEquals(nodeFlags(given), expected);
});
