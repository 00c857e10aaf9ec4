import { assert, assertEquals, assertThrows } from "@std/assert";
import { InvalidRequestError } from "../../src/errors/mod.ts";
import { isTarget } from "../../src/protocol/target_pattern.ts";

Deno.test("isTarget() matches at the start of the name, and everything when there is no target", () => {
  const names = ["encoder", "indexer", "executor0", "executor12", "a"];
  const cases: Record<string, string[]> = {
    "": names,
    "a": ["a"],
    "e": ["encoder", "executor0", "executor12"],
    "(encoder|indexer)": ["encoder", "indexer"],
    "executor[0-9]+$": ["executor0", "executor12"],
    "executor(?:0|1).?": ["executor0", "executor12"],
    "[(a|b)*+]": ["a"],
    "(ex|en).*r[01]?": ["encoder", "executor0", "executor12"],
    "xecutor": [],
    "a|indexer": ["indexer", "a"],
  };
  for (const [target, wanted] of Object.entries(cases)) {
    assertEquals(names.filter((name) => isTarget(target, name)), wanted, target);
  }
});

Deno.test("isTarget() refuses what is no pattern, and what could take for ever", () => {
  const nested = `${"(".repeat(12)}.*${")*".repeat(12)}y`;
  const costly = [
    nested,
    "(.|.|.)*y",
    "((a|b))+",
    "(a?)*",
    "(?:x{2,}){3,}",
    ".*".repeat(9),
    "(a)(b+){2}",
    "a|".repeat(501),
  ];
  const broken = ["[", "(", ")", "*", "a{2,1}", "\\"];
  for (const target of [...costly, ...broken]) {
    const start = performance.now();
    const error = assertThrows(() => isTarget(target, "e".repeat(40)), InvalidRequestError);
    assertEquals(error.issues[0].loc, ["body", "targetExecutor"]);
    assert(performance.now() - start < 1_000, target);
  }
});

Deno.test("isTarget() answers in time for the costliest pattern that it takes", () => {
  const start = performance.now();
  assertEquals(isTarget(`${".*".repeat(8)}!`, "e".repeat(20)), false);
  assert(performance.now() - start < 2_000);
});
