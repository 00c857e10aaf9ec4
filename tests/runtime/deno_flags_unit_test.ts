import { assertEquals } from "@std/assert";
import { singleFlags } from "../../src/runtime/_deno_flags.ts";

Deno.test("singleFlags() separates short flags, with the value of the last one", () => {
  for (
    const [given, expected] of [
      [["run", "-qN", "-R=./data", "--allow-run"], ["run", "-q", "-N", "-R=./data", "--allow-run"]],
      [["-qNR=./a,./b"], ["-q", "-N", "-R=./a,./b"]],
      [["-Ac", "deno.json"], ["-A", "--config", "deno.json"]],
      [["-Ac=deno.json"], ["-A", "--config=deno.json"]],
      [["-cdeno.json"], ["--config=deno.json"]],
      [["-ALdebug"], ["-A", "--log-level=debug"]],
      [["-"], ["-"]],
    ]
  ) assertEquals(singleFlags(given), expected);
});
