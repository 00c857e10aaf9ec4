import { assertEquals } from "@std/assert";
import { flagsIn, singleFlags } from "../../src/runtime/_deno_flags.ts";

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

Deno.test("flagsIn() takes permissions and what decides about modules, not what belongs to a command", () => {
  const test = [
    "test",
    "--ignore=npm",
    "--doc",
    "--no-check",
    "-A",
    "--ignore-env=HOME",
    "--config",
    "a.json",
  ];
  assertEquals(flagsIn([...test, "tests"]), ["-A", "--ignore-env=HOME", "--config", "a.json"]);
  assertEquals(flagsIn(["run", "--allow-net=a:1", "--deny-read", "--cached-only", "main.ts"]), [
    "--allow-net=a:1",
    "--deny-read",
    "--cached-only",
  ]);
});
