import { assert, assertEquals } from "@std/assert";
import { lineDiff } from "../../src/live/line_diff.ts";

const lines = (count: number, change: (line: number) => string | undefined = () => undefined) =>
  Array.from({ length: count }, (_, index) => `${change(index + 1) ?? `line ${index + 1}`}\n`).join("");

/** Applies the hunks of a diff to a text. */
function patched(before: string, diff: string): string {
  const old = before === "" ? [] : before.replace(/\n$/, "").split("\n");
  const result: string[] = [];
  let at = 0;
  for (const line of diff === "" ? [] : diff.split("\n")) {
    const [, begin] = /^@@ -(\d+),\d+ \+\d+,\d+ @@$/.exec(line) ?? [];
    if (begin !== undefined) {
      while (at < Number(begin) - 1) result.push(old[at++]);
    } else {
      const [mark, text] = [line[0], line.slice(1)];
      if (mark !== "+") assertEquals(old[at++], text);
      if (mark !== "-") result.push(text);
    }
  }
  return [...result, ...old.slice(at)].map((line) => `${line}\n`).join("");
}

Deno.test("lineDiff() shows a change with three lines on each side", () => {
  const diff = lineDiff(lines(9), lines(9, (line) => line === 5 ? "other" : undefined));
  assertEquals(
    diff,
    "@@ -2,7 +2,7 @@\n line 2\n line 3\n line 4\n-line 5\n+other\n line 6\n line 7\n line 8",
  );
});

Deno.test("lineDiff() is empty for equal lines, whatever ends them", () => {
  assertEquals([lineDiff("a\nb\n", "a\nb\n"), lineDiff("a\r\nb\r\n", "a\nb"), lineDiff("", "")], [
    "",
    "",
    "",
  ]);
});

Deno.test("lineDiff() has one hunk for changes that are near, and two for those that are not", () => {
  const hunks = (second: number) =>
    lineDiff(lines(30), lines(30, (line) => line === 5 || line === second ? "x" : undefined)).match(/^@@/gm)
      ?.length;
  assertEquals([hunks(11), hunks(12), hunks(13)], [1, 1, 2]);
});

Deno.test("lineDiff() of any two texts leads from one to the other", () => {
  let seed = 7;
  const random = (below: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) % below;
  for (let round = 0; round < 300; round++) {
    const text = () => Array.from({ length: random(25) }, () => `${"abc"[random(3)]}\n`).join("");
    const [before, after] = [text(), text()];
    assertEquals(patched(before, lineDiff(before, after)), after, JSON.stringify([before, after]));
  }
});

Deno.test("lineDiff() of texts too different to compare has all lines of both", () => {
  const [before, after] = [lines(1_200, (line) => `a${line}`), lines(1_200, (line) => `b${line}`)];
  const diff = lineDiff(before, after);
  assertEquals(diff.split("\n").length, 2_401);
  assertEquals(patched(before, diff), after);
});

Deno.test("lineDiff() is no longer than it may be, and says how much is missing", () => {
  const diff = lineDiff("", lines(500), 1_000);
  assert(diff.length < 1_100);
  const [, missing] = /\n\\ (\d+) more lines$/.exec(diff) ?? [];
  assertEquals(diff.split("\n").length - 1 + Number(missing), 501);
});
