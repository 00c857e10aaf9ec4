import { assertEquals } from "@std/assert";
import { configError, loadYaml } from "../../src/config/load_yaml.ts";
import { TempFolder } from "../support/temp_folder.ts";

async function load(text: string) {
  await using folder = await TempFolder.make();
  const yaml = await loadYaml(await folder.write("a.yml", text), "the file");
  const problems = await yaml.problems();
  return {
    ...yaml,
    problems: problems.map(({ place, message }) => `${place.line}:${place.column} ${message}`),
  };
}

Deno.test("loadYaml() gives the values, with expressions replaced", async () => {
  const { value, fault, problems } = await load("a: 1\nb: ${{ root.a }}\n");
  assertEquals([value, fault, problems], [{ a: 1, b: 1 }, undefined, []]);
});

Deno.test("loadYaml() reports a file that does not exist", async () => {
  await using folder = await TempFolder.make();
  const { value, fault, problems } = await loadYaml(folder.at("gone.yml"), "the Flow's YAML");
  assertEquals([value, fault], [undefined, "missing"]);
  const found = await problems();
  assertEquals(found.map(({ message }) => message), ["the Flow's YAML does not exist"]);
  assertEquals(configError(found, fault).code, "CONFIG_NOT_FOUND");
});

Deno.test("loadYaml() gives no values of a file that cannot be parsed", async () => {
  const { value, fault, problems } = await load("a: [1\n");
  assertEquals([value, fault, problems.length], [undefined, "unreadable", 1]);
});

Deno.test("loadYaml() gives the values of a file with a key twice, and reports all problems in order", async () => {
  const { value, fault, problems, diagnostics } = await load("a: ${{ root.x }}\nb: 1\nb: 2\nc: 3\n");
  assertEquals([Object.keys(Object(value)), fault], [["a", "b", "c"], "irregular"]);
  assertEquals(diagnostics.has(["a"]), true);
  assertEquals(problems, [
    '1:1 there is no `root.x`; did you mean "a"?; this is ${{ root.x }}',
    "3:1 the key `b` is here twice; expected each key once",
  ]);
});

Deno.test("loadYaml() places what is added to its diagnostics later", async () => {
  await using folder = await TempFolder.make();
  const { diagnostics, problems } = await loadYaml(await folder.write("a.yml", "a:\n  - b\n  - c\n"), "");
  diagnostics.add(["a", 1], "wrong");
  diagnostics.add(["a", 0], "`a[0]` is wrong", true);
  const found = await problems();
  assertEquals(found.map(({ path, namesPath, place }) => [path, namesPath, place.line, place.column]), [
    ["a[0]", true, 2, 5],
    ["a[1]", undefined, 3, 5],
  ]);
});

Deno.test("loadYaml() gives texts as they are written, where aliases and merges stand for them too", async () => {
  await using folder = await TempFolder.make();
  const path = await folder.write(
    "a.yml",
    `list:
  - env: &one { A: 1.10, B: &b 0755, C: &c yes }
  - env: *one
  - env: { <<: *one, B: 2.0, D: *b, E: *c }
  - env: { <<: [{ A: 3.30 }, *one] }
  - &item { env: { A: 4.40 } }
  - { <<: *item }
`,
  );
  const { value } = await loadYaml(path, "the file", undefined, ["list", "*", "env", "*"]);
  const one = { A: "1.10", B: "0755", C: "yes" };
  const merged = { ...one, B: "2.0", D: "0755", E: "yes" };
  const four = { A: "4.40" };
  assertEquals(value, {
    list: [one, one, merged, { ...one, A: "3.30" }, four, four].map((env) => ({ env })),
  });
});

Deno.test("loadYaml() shows no values of environment variables in the lines around a problem", async () => {
  await using folder = await TempFolder.make();
  const snippetOf = async (text: string) => {
    const yaml = await loadYaml(await folder.write("a.yml", text), "the file");
    return (await yaml.problems()).map(({ snippet }) => snippet);
  };
  const bad = "${{ root.gone }}";
  const wrong = await snippetOf(
    `items:\n  - env:\n      KEY: secret\n      LONG: |\n        secret\n    name: ${bad}\n    env2: seen\n`,
  );
  assertEquals(wrong, [
    `  5 |         …\n  6 |     name: ${bad}\n    |     ^\n  7 |     env2: seen`,
  ]);
  assertEquals(await snippetOf(`a:\n  env:\n    KEY: secret ${bad}\n    OTHER: secret\n`), [
    "  2 |   env:\n  3 |     KEY: …\n    |     ^\n  4 |     OTHER: …",
  ]);
  assertEquals(await snippetOf(`a: { env: { K: secret }, name: "${bad}" }\n`), [
    `  1 | a: { env: {…}          , name: "${bad}" }\n    |                          ^\n  2 | `,
  ]);
});
