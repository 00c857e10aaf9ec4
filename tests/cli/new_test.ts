/** `hotflow new` and `hotflow check`. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { executorSource } from "../support/flow_fixture.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { answerOf, Cli, hotflow } from "./_cli.ts";
import { doSteps, stepsOf } from "./_steps.ts";

const CHECKOUT = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");

Deno.test("hotflow new makes a project for Deno: the steps that it prints work as they fixture, without JSR", async () => {
  await using folder = await TempFolder.make();
  const { code, stdout } = await hotflow(folder, ["new", "my app"]);
  assertEquals(code, 0);
  const steps = stepsOf(stdout);
  assertEquals(steps[0], "cd 'my app'");
  assertMatch(steps.slice(1).join(), /^(?:deno|npx -y deno@[\d.]+) task -q start,.* task -q test$/);
  const project = { ...folder, path: folder.at("my app") } as TempFolder;
  const { tasks, imports, links } = JSON.parse(await Deno.readTextFile(`${project.path}/deno.json`));
  assertMatch(imports["@hotflow/hotflow"], /^jsr:@hotflow\/hotflow@\^[\d.]+$/);
  assert(
    tasks.start.endsWith(` run -A ${imports["@hotflow/hotflow"]}/cli serve my_executor.ts`),
    tasks.start,
  );
  assertEquals(links, [CHECKOUT]);
  // An empty cache: nothing of JSR is known.
  await doSteps(folder, steps, { DENO_DIR: folder.at(".deno") });
});

Deno.test("hotflow new: the project for Deno reloads", async () => {
  await using folder = await TempFolder.make();
  await hotflow(folder, ["new", "app"]);
  const project = { ...folder, path: folder.at("app") } as TempFolder;
  await using cli = new Cli(project, ["task", "-q", "start", "--port", "0"], { command: [Deno.execPath()] });
  const port = await cli.port();
  const path = `${project.path}/my_executor.ts`;
  await Deno.writeTextFile(path, (await Deno.readTextFile(path)).replace("hello", "good evening"));
  await cli.says(/version 2/);
  assertEquals(await answerOf(port, "you"), "good evening you");
  cli.signal("SIGINT");
  await cli.ended();
});

Deno.test("hotflow new: flow.yml names its schema, is valid, and serves the same Executor", async () => {
  await using folder = await TempFolder.make();
  for (
    const [target, schema] of [["deno", "flow.schema.json"], [
      "node",
      "node_modules/hotflow/schema/flow.schema.json",
    ]]
  ) {
    await hotflow(folder, ["new", target, `--${target}`]);
    const text = await Deno.readTextFile(folder.at(`${target}/flow.yml`));
    assertEquals(text.split("\n")[0], `# yaml-language-server: $schema=${schema}`);
    const { code, stdout } = await hotflow(folder, ["check", `${target}/flow.yml`]);
    assertEquals([code, stdout], [0, `${target}/flow.yml: no problems\n`]);
  }
  const committed = new URL("../../schema/flow.schema.json", import.meta.url);
  assertEquals(
    await Deno.readTextFile(folder.at("deno/flow.schema.json")),
    await Deno.readTextFile(committed),
  );
  // The task of the project, with the Flow in the place of the Executor.
  const path = folder.at("deno/deno.json");
  const config = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, config.replace("serve my_executor.ts", "flow flow.yml"));
  const project = { ...folder, path: folder.at("deno") } as TempFolder;
  await using cli = new Cli(project, ["task", "-q", "start", "--port", "0"], { command: [Deno.execPath()] });
  assertEquals(await answerOf(await cli.port(), "you"), "hello you");
  cli.signal("SIGINT");
  await cli.ended();
});

Deno.test("hotflow new never overwrites, and fills an empty folder", async () => {
  await using folder = await TempFolder.make();
  await folder.write("taken/my_executor.ts", "mine");
  const { code, stderr } = await hotflow(folder, ["new", "taken"]);
  assertEquals(code, 1);
  assertMatch(stderr, /^Cannot make a project in "taken": the folder is there, and not empty\n/);
  assertEquals(await Deno.readTextFile(folder.at("taken/my_executor.ts")), "mine");
  const onFile = await hotflow(folder, ["new", "taken/my_executor.ts"]);
  assertEquals([onFile.code, onFile.stderr.split("\n")[0]], [
    1,
    'Cannot make a project in "taken/my_executor.ts": it is a file',
  ]);
  await Deno.mkdir(folder.at("empty"));
  assertEquals(
    (await hotflow({ ...folder, path: folder.at("empty") } as TempFolder, ["new", ".", "--node"])).code,
    0,
  );
  const { name, scripts, dependencies } = JSON.parse(
    await Deno.readTextFile(folder.at("empty/package.json")),
  );
  assertEquals([name, scripts.start], ["empty", "hotflow serve my_executor.ts"]);
  assertMatch(dependencies.hotflow, /^file:\/.*\/npm$/);
});

Deno.test("hotflow check lists every problem of an Executor's YAML, each with its place", async () => {
  await using folder = await TempFolder.make();
  await folder.write("good.ts", executorSource("good"));
  await folder.write(
    "executor.yml",
    "jtpe: MyExecutor\nmetas:\n  name: 3\n  modules: [gone.ts, 4, good.ts]\nwith: 5\n",
  );
  const { code, stdout, stderr } = await hotflow(folder, ["check", "executor.yml"]);
  assertEquals([code, stderr], [1, ""]);
  const file = folder.at("executor.yml");
  const found = stdout.split("\n").filter((line) => line.startsWith(file)).map((line) =>
    line.slice(file.length + 1)
  );
  assertEquals(found, [
    "1:1 unknown key `jtpe`; did you mean `jtype`?",
    "3:3 `metas.name` has to be a string, not 3",
    `4:13 metas.modules[0]: ${folder.at("gone.ts")} does not exist; did you mean "./good.ts"?`,
    "4:22 `metas.modules[1]` has to be a path, not 4",
    "5:1 `with` has to be a mapping, not 5",
  ]);
  assertMatch(stdout, /^executor\.yml: 5 problems$/m);
  await folder.write("executor.yml", "jtype: MyExecutor\nmetas:\n  modules: [good.ts]\n");
  assertEquals(await hotflow(folder, ["check", "executor.yml"]), {
    code: 0,
    stdout: "executor.yml: no problems\n",
    stderr: "",
  });
  await folder.write("executor.yml", "");
  assertMatch(
    (await hotflow(folder, ["check", "executor.yml"])).stdout,
    /the file is empty; expected `jtype:/,
  );
});

Deno.test("hotflow check --json writes one line for each problem, and nothing else", async () => {
  await using folder = await TempFolder.make();
  await folder.write("good.ts", executorSource("good"));
  await folder.write("flow.yml", "jtype: Flow\nwith: { prt: 1 }\nexecutors:\n  - uses: gone.ts\n");
  await folder.write("executor.yml", "jtype: MyExecutor\nmetas:\n  name: 3\n  modules: [good.ts]\n");
  await folder.write("broken.yml", "a: [\n");
  const check = async (name: string) => {
    const { code, stdout, stderr } = await hotflow(folder, ["check", name, "--json"]);
    assertEquals(stderr, "");
    return {
      code,
      problems: stdout.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line)),
    };
  };
  const { code, problems } = await check("flow.yml");
  assertEquals(code, 1);
  assertEquals(problems.map(({ line, column, path }) => [line, column, path]), [
    [2, 9, "with.prt"],
    [4, 5, "executors[0].uses"],
  ]);
  assertEquals(Object.keys(problems[0]), ["file", "line", "column", "path", "message", "snippet"]);
  assertEquals(problems[0].file, folder.at("flow.yml"));
  assertMatch(problems[0].message, /^unknown key `with\.prt`; did you mean `port`\?/);
  const executor = await check("executor.yml");
  assertEquals([executor.code, executor.problems.map(({ line, path }) => [line, path])], [1, [[
    3,
    "metas.name",
  ]]]);
  assertEquals((await check("broken.yml")).code, 1);
  await folder.write("executor.yml", "jtype: MyExecutor\nmetas: { modules: [good.ts] }\n");
  assertEquals(await check("executor.yml"), { code: 0, problems: [] });
  const gone = await hotflow(folder, ["check", "gone.yml", "--json"]);
  assertEquals([gone.code, gone.stdout], [1, ""]);
  assertMatch(gone.stderr, /^Cannot check "gone\.yml": there is no such file/);
});

Deno.test("hotflow check lists every problem of a Flow's YAML at once", async () => {
  await using folder = await TempFolder.make();
  await folder.write(
    "flow.yml",
    "jtype: Flow\nexecutors:\n  - uses: gone.ts\n    nme: a\n  - uses: gone.ts\n    replicas: x\n",
  );
  const { code, stdout } = await hotflow(folder, ["check"]);
  assertEquals(code, 1);
  for (const place of ["3:5", "4:5", "5:5", "6:5"]) {
    assert(stdout.includes(`${folder.at("flow.yml")}:${place} `), stdout);
  }
  assertMatch(stdout, /^flow\.yml: 4 problems$/m);
});
