/** Where JSON becomes invalid, for engines that do not report it. */
import { assertEquals } from "@std/assert";
import { breakOf } from "../../src/codec/json_text.ts";

/** Texts with `¦` before the first invalid character; without it, the text ends too early. */
const BROKEN = [
  "¦// x\n{}",
  '{"a": 1} ¦// x',
  '{"a": 1,¦}',
  "[1,¦]",
  '{"a" ¦1}',
  '{"a": 1 ¦"b": 2}',
  "{¦a: 1}",
  "{¦'a': 1}",
  "[¦'a']",
  '{"a": [1, {"b": null}¦}}',
  '{"a": tru¦]',
  "[nul¦",
  "[¦True]",
  "[¦undefined]",
  "[¦NaN]",
  "[1 ¦2]",
  "{} ¦{}",
  "¦}",
  "[¦:]",
  "[¦,1]",
  '{"a"¦}',
  '{"a":¦}',
  "{¦1: 2}",
  '{"a": ¦"b\n"}',
  "\n [\n¦;]",
  "",
  "[1",
  '{"a": ',
  '{"a": [{}',
];

for (const text of BROKEN) {
  Deno.test(`breakOf() finds ${JSON.stringify(text)}`, () => {
    const at = text.indexOf("¦");
    assertEquals(breakOf(text.replace("¦", "")), at < 0 ? text.length : at);
  });
}

Deno.test("breakOf() agrees with the engine where the engine reports a position", () => {
  for (const text of BROKEN.map((text) => text.replace("¦", ""))) {
    let message = "";
    try {
      JSON.parse(text);
    } catch (error) {
      message = (error as Error).message;
    }
    const [, stated] = /at position (\d+)/.exec(message) ?? [];
    // Inside a string, V8 reports a more exact position.
    if (stated !== undefined && !/control character/.test(message)) {
      assertEquals(breakOf(text), Number(stated), text);
    }
  }
});
