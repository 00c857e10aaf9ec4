/** `hotflow new` and `hotflow check`. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { executorSource } from "../support/stand.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { answerOf, Cli, HOTFLOW, hotflow } from "./_cli.ts";

Deno.test("hotflow new makes a project for Deno that runs, reloads, and whose test passes", async () => {
  await using folder = await TempFolder.make();
  const { code, stdout } = await hotflow(folder, ["new", "my app"]);
  assertEquals(code, 0);
  assertEquals(stdout.split("\n").slice(2, 6), [
    "Next:",
    "  cd 'my app'",
    "  deno task start",
    "  deno task test",
  ]);
  const project = { ...folder, path: folder.at("my app") } as TempFolder;
  const { tasks, imports } = JSON.parse(await Deno.readTextFile(`${project.path}/deno.json`));
  // The package is not published: the checkout's configuration stands in for the project's own.
  const config = HOTFLOW[HOTFLOW.indexOf("--config") + 1];
  assertMatch(tasks.start, /^deno run -A jsr:@hotflow\/hotflow@\^[\d.]+\/cli serve my_executor\.ts$/);
  assertEquals(tasks.start.split(" ")[3], `${imports["@hotflow/hotflow"]}/cli`);
  const args = ["test", "-A", "--no-check", "--config", config, "my_executor_test.ts"];
  const test = await hotflow(project, args, { command: [Deno.execPath()] });
  assertEquals(test.code, 0, test.stdout + test.stderr);
  await using cli = new Cli(project, ["serve", "my_executor.ts", "--port", "0"]);
  const port = await cli.port();
  assertEquals([await answerOf(port, "you"), await answerOf(port, "you", "/shout")], ["hello you", "YOU!"]);
  const path = `${project.path}/my_executor.ts`;
  await Deno.writeTextFile(path, (await Deno.readTextFile(path)).replace("hello", "good evening"));
  await cli.says(/version 2/);
  assertEquals(await answerOf(port, "you"), "good evening you");
});

Deno.test("hotflow new never overwrites, and fills an empty folder", async () => {
  await using folder = await TempFolder.make();
  await folder.write("taken/my_executor.ts", "mine");
  const { code, stderr } = await hotflow(folder, ["new", "taken"]);
  assertEquals(code, 1);
  assertMatch(stderr, /^Cannot make a project in "taken": the folder is there, and not empty\n/);
  assertEquals(await Deno.readTextFile(folder.at("taken/my_executor.ts")), "mine");
  await Deno.mkdir(folder.at("empty"));
  assertEquals(
    (await hotflow({ ...folder, path: folder.at("empty") } as TempFolder, ["new", ".", "--node"])).code,
    0,
  );
  const { name, scripts } = JSON.parse(await Deno.readTextFile(folder.at("empty/package.json")));
  assertEquals([name, scripts.start], ["empty", "hotflow serve my_executor.ts"]);
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
    "3:3 `metas.name` has to be text, not 3",
    `4:13 metas.modules[0]: there is no file ${folder.at("gone.ts")}`,
    "4:22 metas.modules[1]: `modules` has to be a path or a list of paths, not 4",
    "5:1 `with` has to be a mapping, not 5",
  ]);
  assertMatch(stdout, /^executor\.yml: 5 problems$/m);
  await folder.write("executor.yml", "jtype: MyExecutor\nmetas:\n  modules: [good.ts]\n");
  assertEquals(await hotflow(folder, ["check", "executor.yml"]), {
    code: 0,
    stdout: "executor.yml: nothing wrong\n",
    stderr: "",
  });
  await folder.write("executor.yml", "");
  assertMatch(
    (await hotflow(folder, ["check", "executor.yml"])).stdout,
    /the file is empty; wanted is `jtype:/,
  );
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
