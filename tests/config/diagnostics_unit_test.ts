import { assertEquals } from "@std/assert";
import { Diagnostics } from "../../src/config/diagnostics.ts";
import { expected } from "../../src/config/check.ts";

const aNumber = expected((value) => typeof value === "number", "a number");

Deno.test("Diagnostics.add() keeps the first diagnostic of each path", () => {
  const diagnostics = new Diagnostics();
  diagnostics.add(["a", 0], "first");
  diagnostics.add(["a", 0], "second");
  diagnostics.add(["a"], "third");
  assertEquals(diagnostics.all.map(({ message }) => message), ["first", "third"]);
});

Deno.test("Diagnostics.has() looks at the path itself, and hasWithin() also below it", () => {
  const diagnostics = new Diagnostics();
  diagnostics.add(["executors", 1, "name"], "");
  const at = (...path: (string | number)[]) => [diagnostics.has(path), diagnostics.hasWithin(path)];
  assertEquals(at("executors", 1, "name"), [true, true]);
  assertEquals(at("executors", 1), [false, true]);
  assertEquals(at("executors", 0), [false, false]);
  assertEquals(at(), [false, true]);
});

Deno.test("Diagnostics.check() names the path, the expected type and the value", () => {
  const diagnostics = new Diagnostics();
  assertEquals(diagnostics.check(1, ["ok"], aNumber), true);
  assertEquals(diagnostics.check("x", ["with", "size"], aNumber), false);
  assertEquals(diagnostics.check("$SIZE", ["with", "limit"], aNumber), false);
  assertEquals(diagnostics.check(new Date(0), ["uses", "with"], aNumber, ["with"]), false);
  diagnostics.check(["#"], ["watch"], () => ({ reason: "it is a comment" }));
  assertEquals(diagnostics.all, [
    { path: ["with", "size"], message: '`with.size` has to be a number, not "x"', namesPath: true },
    {
      path: ["with", "limit"],
      message:
        '`with.limit` has to be a number, not "$SIZE"; an environment variable is written `${{ ENV.NAME }}`',
      namesPath: true,
    },
    { path: ["uses", "with"], message: "`with` has to be a number, not the date 1970-01-01" },
    { path: ["watch"], message: "`watch`: it is a comment", namesPath: true },
  ]);
});

Deno.test("Diagnostics.checkKeys() suggests the nearest key, and gives advice on foreign ones", () => {
  const diagnostics = new Diagnostics();
  const advice = (key: string) => key === "shards" ? "use `replicas`" : undefined;
  diagnostics.checkKeys({ name: 1, nmae: 2, shards: 3, x: 4 }, ["a"], ["name", "replicas"], advice);
  assertEquals(diagnostics.all.map(({ message }) => message), [
    "unknown key `a.nmae`; did you mean `name`? (known: name, replicas)",
    "`a.shards` is a key of Jina for Python, which has no meaning here: use `replicas`",
    "unknown key `a.x` (known: name, replicas)",
  ]);
});
