import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { LoadError } from "../../mod.ts";
import { placeOf } from "../../src/config/load_yaml.ts";
import { readExecutorYaml } from "../../src/executor/check_executor_yaml.ts";
import type { ExecutorConfig } from "../../src/executor/executor_yaml.ts";
import { TempFolder } from "../support/temp_folder.ts";

async function read(text: string): Promise<Omit<ExecutorConfig, "jtypeAt">> {
  await using folder = await TempFolder.make();
  const { jtypeAt, ...config } = await readExecutorYaml(await folder.write("executor.yml", text));
  assertEquals(jtypeAt, { file: folder.at("executor.yml"), path: ["jtype"] });
  return config;
}

/** What is said about a file with this text: the error without its path, `line:column name: message`. */
async function complaint(text: string): Promise<{ said: string; snippet?: string }> {
  await using folder = await TempFolder.make();
  const path = await folder.write("executor.yml", text);
  const { info } = await assertRejects(() => readExecutorYaml(path), LoadError);
  assertEquals(info.place?.file, path);
  const said = `${info.place?.line}:${info.place?.column} ${info.name}: ${info.message}`;
  return { said, ...(info.snippet !== undefined && { snippet: info.snippet }) };
}

Deno.test("readExecutorYaml() reads a jtype alone", async () => {
  const nothing = { with: {}, metas: {}, modules: [], ignore: [], watch: [] };
  assertEquals(await read("jtype: MyExecutor\n"), { jtype: "MyExecutor", ...nothing });
});

Deno.test("readExecutorYaml() reads with, metas and modules", async () => {
  const { metas: { workspace, ...metas }, modules, ...config } = await read(`
# comments are fine
jtype: MyExecutor
version: '1.0'
with: { model: small, size: 3, deep: { list: [1, two, null] } }
metas:
  name: mine
  description: what it does
  workspace: ./work
  keywords: [a, b]
modules: [../shared/prompt.ts, b.ts]
`);
  assertEquals(metas, { name: "mine", description: "what it does", keywords: ["a", "b"] });
  assertMatch(String(workspace), /^\/.*\/hotflow_\w+\/work$/);
  assertEquals(config, {
    jtype: "MyExecutor",
    with: { model: "small", size: 3, deep: { list: [1, "two", null] } },
    ignore: [],
    watch: [],
  });
  assertEquals(modules.map(({ path }) => path), ["../shared/prompt.ts", "b.ts"]);
});

Deno.test("readExecutorYaml() takes py_modules for modules, at the top and in metas, one or a list", async () => {
  const modules = async (text: string) => (await read(`jtype: A\n${text}`)).modules.map(({ path }) => path);
  assertEquals(await modules("py_modules: a.ts"), ["a.ts"]);
  assertEquals(await modules("py_modules:\n  - a.ts\n  - b.ts"), ["a.ts", "b.ts"]);
  assertEquals(await modules("metas:\n  py_modules: [a.ts]"), ["a.ts"]);
  assertEquals(await modules("metas:\n  modules: a.ts\n  py_modules: b.ts"), ["a.ts", "b.ts"]);
});

Deno.test("readExecutorYaml() takes watch in metas, one pattern or a list", async () => {
  const watched = async (text: string) => (await read(`jtype: A\nmetas:\n  watch: ${text}\n`)).watch;
  assertEquals(await watched("prompts/"), ["prompts/"]);
  assertEquals(await watched('[prompts/, "*.txt", .env]'), ["prompts/", "*.txt", ".env"]);
  assertEquals(await watched(""), []);
});

Deno.test("readExecutorYaml() takes ignore in metas, one pattern or a list", async () => {
  const ignored = async (text: string) => (await read(`jtype: A\nmetas:\n  ignore: ${text}\n`)).ignore;
  assertEquals(await ignored("generated/"), ["generated/"]);
  assertEquals(await ignored('[generated/, "*.gen.ts", "!keep.gen.ts"]'), [
    "generated/",
    "*.gen.ts",
    "!keep.gen.ts",
  ]);
  assertEquals(await ignored(""), []);
});

Deno.test("readExecutorYaml() tells where each module is named", async () => {
  const places = async (text: string) => {
    await using folder = await TempFolder.make();
    const path = await folder.write("executor.yml", text);
    const { modules } = await readExecutorYaml(path);
    const found = await Promise.all(modules.map(({ at }) => placeOf(at)));
    return found.map(({ place }) => `${place?.line}:${place?.column}`).join(" ");
  };
  assertEquals(await places("jtype: A\nmodules: a.ts\n"), "2:1");
  assertEquals(await places("jtype: A\nmodules: [a.ts, 'b.ts']\n"), "2:11 2:17");
  assertEquals(await places("jtype: A\nmodules:\n  - a.ts\n\n  - ../a.ts # a.ts\n"), "3:5 5:5");
  assertEquals(await places("jtype: A\nmodules:\n- aa.ts\n- a.ts\nwith: {x: a.ts}\n"), "3:3 4:3");
  assertEquals(await places("metas: {modules: [a.ts]}\njtype: A\n"), "1:19");
  assertEquals(await places('jtype: A\nmodules: ["\\u0061.ts"]\n'), "2:11");
});

Deno.test("readExecutorYaml() takes with, metas and modules that are left empty for absent", async () => {
  assertEquals(await read("jtype: A\nwith:\nmetas:\nmodules:\n"), {
    jtype: "A",
    with: {},
    metas: {},
    modules: [],
    ignore: [],
    watch: [],
  });
});

Deno.test("readExecutorYaml() puts in what expressions stand for, and says which stand for nothing", async () => {
  Deno.env.set("HOTFLOW_TEST_SIZE", "3");
  const yaml = "jtype: A\nwith: { size: '${{ ENV.HOTFLOW_TEST_SIZE }}', same: '${{ root.with.size }}' }\n";
  assertEquals((await read(yaml)).with, { size: 3, same: 3 });
  const { said } = await complaint("jtype: A\nwith: { size: '${{ ENV.HOTFLOW_NO_SUCH }}' }\n");
  assertMatch(said, /^2:9 ConfigError: the environment variable HOTFLOW_NO_SUCH is not set/);
});

Deno.test("readExecutorYaml() keeps keys such as __proto__ as data", async () => {
  const config = await read("jtype: A\nwith:\n  __proto__: { a: 1 }\n  b: 2\n");
  assertEquals(Object.keys(config.with), ["__proto__", "b"]);
});

const COMPLAINTS: Record<string, readonly [text: string, said: string]> = {
  "the file is empty": ["", "1:1 ConfigError: the file is empty; expected `jtype: <the Executor's class>`"],
  "only comments are there": [
    "# jtype: A\n",
    "1:1 ConfigError: the file is empty; expected `jtype: <the Executor's class>`",
  ],
  "it is a list": ["- jtype: A\n", '1:1 ConfigError: the file has to be a mapping, not [{"jtype":"A"}]'],
  "it is text": ["MyExecutor\n", '1:1 ConfigError: the file has to be a mapping, not "MyExecutor"'],
  "jtype is missing": [
    "with: {a: 1}\n",
    "1:1 ConfigError: `jtype` is missing; expected `jtype: <the Executor's class>`",
  ],
  "jtype is a number": ["\njtype: 5\n", "2:1 ConfigError: `jtype` has to be the name of a class, not 5"],
  "jtype is empty": ["jtype:\n", "1:1 ConfigError: `jtype` has to be the name of a class, not null"],
  "with is a list": ["jtype: A\nwith: [1]\n", "2:1 ConfigError: `with` has to be a mapping, not [1]"],
  "metas is text": ["jtype: A\nmetas: mine\n", '2:1 ConfigError: `metas` has to be a mapping, not "mine"'],
  "metas.name is a list": [
    "jtype: A\nmetas:\n  name: [a]\n",
    '3:3 ConfigError: `metas.name` has to be a string, not ["a"]',
  ],
  "metas.workspace is a number, and with has a workspace too": [
    "jtype: A\nwith:\n  workspace: fine\nmetas:\n  workspace: 5\n",
    "5:3 ConfigError: `metas.workspace` has to be a string, not 5",
  ],
  "modules holds a number": [
    "jtype: A\nmodules:\n  - a.ts\n  - 5\n",
    "4:5 ConfigError: `modules[1]` has to be a path, not 5",
  ],
  "py_modules is a mapping": [
    "jtype: A\nmetas:\n  py_modules: {a: b}\n",
    '3:3 ConfigError: `metas.py_modules` has to be a path or a list of paths, not {"a":"b"}',
  ],
  "ignore holds a number": [
    "jtype: A\nmetas:\n  ignore: [a, 5]\n",
    "3:3 ConfigError: `metas.ignore`: invalid pattern 5: expected a string",
  ],
  "ignore is a mapping": [
    "jtype: A\nmetas:\n  ignore: { a: b }\n",
    '3:3 ConfigError: `metas.ignore` has to be a pattern or a list of patterns, such as ["generated/", "*.gen.ts"], not {"a":"b"}',
  ],
  "watch holds a number": [
    "jtype: A\nmetas:\n  watch: [a, 5]\n",
    "3:3 ConfigError: `metas.watch`: invalid pattern 5: expected a string",
  ],
  "watch is not below metas": [
    "jtype: A\nwatch: [a]\n",
    "2:1 ConfigError: `watch` belongs below `metas`",
  ],
  "a module is a file that is read": [
    "jtype: A\nmetas:\n  modules: [a.ts, ./prompt.txt]\n",
    "3:19 ConfigError: ./prompt.txt is not a module (.ts, .tsx, .mts, .js, .jsx, .mjs); " +
    "list files that the Executor reads itself in `watch`",
  ],
  "ignore is not below metas": [
    "jtype: A\nignore: [a]\n",
    "2:1 ConfigError: `ignore` belongs below `metas`",
  ],
  "isolation is not the Flow's": [
    "jtype: A\nisolation: process\npermissions: {}\n",
    "2:1 ConfigError: `isolation` belongs to the Flow: set it where the Executor is added; and " +
    "`permissions` belongs to the Flow: set it where the Executor is added (line 3)",
  ],
  "ignore is mistyped": [
    "jtype: A\nmetas:\n  ingore: [a]\n",
    "3:3 ConfigError: unknown key `metas.ingore`; did you mean `ignore`?",
  ],
  "jtype is mistyped": ["jtyp: A\n", "1:1 ConfigError: unknown key `jtyp`; did you mean `jtype`?"],
  "with is mistyped": [
    "jtype: A\nwiht: {a: 1}\n",
    "2:1 ConfigError: unknown key `wiht`; did you mean `with`?",
  ],
  "metas is mistyped": [
    "jtype: A\nmeta:\n  name: a\n",
    "2:1 ConfigError: unknown key `meta`; did you mean `metas`?",
  ],
  "py_modules is mistyped inside metas": [
    "jtype: A\nmetas:\n  py_module: a.ts\n",
    "3:3 ConfigError: unknown key `metas.py_module`; did you mean `py_modules`?",
  ],
  "a key in quotes is mistyped, and one like it is inside another key": [
    'with:\n  "meta": 1\njtype: A\n"meta": {a: 1}\n',
    "4:1 ConfigError: unknown key `meta`; did you mean `metas`?",
  ],
  "a key ends with a bracket": [
    "version: 1\njtype(: A\n",
    "2:1 ConfigError: unknown key `jtype(`; did you mean `jtype`?",
  ],
  "a key has a bracket within": [
    "jtype: A\nwit[h: {a: 9}\n",
    "2:1 ConfigError: unknown key `wit[h`; did you mean `with`?",
  ],
  "jtype is wrong, and with has one that is right": [
    "with:\n  jtype: B\njtype: [A]\n",
    '3:1 ConfigError: `jtype` has to be the name of a class, not ["A"]',
  ],
  "jtype is wrong, and a text has a line like it": [
    "with:\n  text: |\n    jtype: B\n\njtype: 5\n",
    "5:1 ConfigError: `jtype` has to be the name of a class, not 5",
  ],
  "metas.name is wrong on the line of metas": [
    "jtype: A\nmetas: { description: name, name: 5 }\n",
    "2:29 ConfigError: `metas.name` has to be a string, not 5",
  ],
  "modules inside metas hold a number, and those at the top are right": [
    "jtype: A\nmodules: [a.ts]\nmetas:\n  # modules\n  modules: 5\n",
    "5:3 ConfigError: `metas.modules` has to be a path or a list of paths, not 5",
  ],
  "the whole file is on one line": [
    '{ jtype: A, "wiht": { a: 1 } }\n',
    "1:13 ConfigError: unknown key `wiht`; did you mean `with`?",
  ],
  "the file is indented": [
    "---\n  jtype: A\n  wiht: 1\n",
    "3:3 ConfigError: unknown key `wiht`; did you mean `with`?",
  ],
  "several things are wrong": [
    "jtype: A\nwiht: { a: 1 }\nmetas: { nme: x }\n",
    "2:1 ConfigError: unknown key `wiht`; did you mean `with`?; " +
    "and unknown key `metas.nme`; did you mean `name`? (line 3)",
  ],
  "jtype is no name of a class": [
    "jtype: My(Exec\n",
    '1:1 ConfigError: `jtype` has to be the name of a class, not "My(Exec"',
  ],
  "with is a date": [
    "jtype: A\nwith: 2026-11-25\n",
    "2:1 ConfigError: `with` has to be a mapping, not the date 2026-11-25",
  ],
  "it describes a Flow": [
    "version: '1'\njtype: Flow\n",
    "2:1 ConfigError: this describes a whole Flow; expected the YAML of one Executor",
  ],
  "a mistyped key is written in quotes": [
    'jtype: A\n"wiht": {a: 1}\n',
    "2:1 ConfigError: unknown key `wiht`; did you mean `with`?",
  ],
};

for (const [what, [text, said]] of Object.entries(COMPLAINTS)) {
  Deno.test(`readExecutorYaml() throws with file, line and column when ${what}`, async () => {
    assertEquals((await complaint(text)).said, said);
  });
}

Deno.test("readExecutorYaml() throws with the place of the slip when the file is no YAML", async () => {
  const places = {
    "jtype: A\nwith: {a: 1\n": /^2:12 SyntaxError: /,
    "jtype: A\njtype: B\n": /^2:\d+ SyntaxError: .* `jtype` is here twice/,
    "jtype: 'A\n": /^1:10 SyntaxError: /,
    "jtype: A\n- b\n": /^2:\d+ SyntaxError: /,
    "jtype: [A, }\n": /^1:\d+ SyntaxError: /,
  };
  for (const [text, pattern] of Object.entries(places)) {
    const { said } = await complaint(text);
    assertEquals(pattern.test(said), true, `${JSON.stringify(text)} gives "${said}"`);
  }
});

Deno.test("readExecutorYaml() throws, and loses no argument, when lines are indented with tabs", async () => {
  const { said } = await complaint("jtype: A\nwith:\n\tsize: 3\n");
  assertEquals(/^3:1 SyntaxError: .*tab/.test(said), true, said);
});

Deno.test("readExecutorYaml() takes tabs where YAML has them: in texts, in brackets and before comments", async () => {
  const { with: given } = await read(
    "jtype: A\n\t# note\nwith:\n  text: |\n    if x:\n    \ty\n  list: [1,\n\t2]\n",
  );
  assertEquals(given, { text: "if x:\n\ty\n", list: [1, 2] });
});

Deno.test("readExecutorYaml() throws when a file holds two documents", async () => {
  assertStringIncludes((await complaint("jtype: A\n---\njtype: B\n")).said, "SyntaxError: ");
});

Deno.test("readExecutorYaml() shows the line that is wrong with its neighbours", async () => {
  const { snippet } = await complaint("jtype: A\nwiht:\n  a: 1\n");
  assertEquals(snippet, "  1 | jtype: A\n  2 | wiht:\n    | ^\n  3 |   a: 1");
});

Deno.test("readExecutorYaml() names the file when it is missing", async () => {
  await using folder = await TempFolder.make();
  const path = folder.at("nope.yml");
  const error = await assertRejects(() => readExecutorYaml(path), LoadError);
  assertEquals(error.message, `NotFound: the Executor's YAML does not exist at ${path}`);
});

Deno.test("readExecutorYaml() leaves keys alone that are no slip of the pen", async () => {
  const config = await read(
    "jtype: A\nrequests: {}\nuses_metas: {}\nmetas:\n  avatar: x\n  url: y\n  vendor: z\n",
  );
  assertEquals(config.metas, { avatar: "x", url: "y", vendor: "z" });
});
