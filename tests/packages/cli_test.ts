/** The command line of the npm package, as its users call it. */
import { assertEquals, assertMatch } from "@std/assert";
import { answerOf, Cli, hotflow } from "../cli/_cli.ts";
import type { TempFolder } from "../support/temp_folder.ts";
import { RUNTIMES } from "../../tools/runtimes.ts";
import { appWith, installed, pathOf, run } from "./_installed.ts";

async function commandOn(runtime: Parameters<typeof pathOf>[0]): Promise<string[]> {
  return [await pathOf(runtime), `${await appWith()}/node_modules/hotflow/cli.js`];
}

for (const runtime of RUNTIMES) {
  Deno.test(`${runtime}: hotflow new makes a project that is served and reloaded, and ends as the exit codes say`, async () => {
    await using folder = await installed();
    const command = await commandOn(runtime);
    const made = await hotflow(folder, ["new", "hello"], { command });
    assertEquals([made.code, made.stderr], [0, ""]);
    const project = { ...folder, path: folder.at("hello") } as TempFolder;
    await using cli = new Cli(project, ["serve", "--port", "0"], { command });
    const port = await cli.port();
    assertEquals([await answerOf(port, "you"), await answerOf(port, "you", "/shout")], ["hello you", "YOU!"]);
    const path = `${project.path}/my_executor.ts`;
    const source = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, source.replace("hello", "good evening"));
    await cli.says(/reload {2}executor0 version 2 in [\d.]+ ms: my_executor\.ts changed/);
    assertEquals(await answerOf(port, "you"), "good evening you");
    await Deno.writeTextFile(path, source.replace("greet(docs", "greet((docs"));
    await cli.says(/failed {2}executor0 version 2 keeps serving: SyntaxError: .*my_executor\.ts:\d+:\d+\n/);
    assertEquals((await hotflow(project, ["ping", String(port)], { command })).code, 0);
    cli.signal("SIGINT");
    assertEquals([await cli.ended(), cli.stderr], [130, ""]);
    const gone = await hotflow(project, ["ping", String(port)], { command });
    assertEquals([gone.code, gone.stderr], [
      1,
      `http://127.0.0.1:${port} is not ready: nothing answers there\n`,
    ]);
    await Deno.writeTextFile(path, source);
    const [program] = command;
    const test = await run(runtime === "bun" ? [program, "test"] : [program, "--test"], project.path);
    assertEquals(test.code, 0, test.stdout + test.stderr);
  });

  Deno.test(`${runtime}: hotflow says mistakes in a line or two, and ends quietly when nobody reads`, async () => {
    await using folder = await installed();
    const command = await commandOn(runtime);
    await folder.write(
      "my_executor.js",
      `import { Executor } from "hotflow";\nexport class A extends Executor { static requests = { default: "a" }; a() {} }\n`,
    );
    const mistyped = await hotflow(folder, ["serve", "my_executr.js"], { command });
    assertMatch(mistyped.stderr, /^Cannot serve "my_executr\.js": .*; did you mean "my_executor\.js"\?\n$/);
    assertEquals([mistyped.code, (await hotflow(folder, ["srve"], { command })).code], [1, 2]);
    const line = `${
      command.join(" ")
    } serve my_executor.js --port 0 | head -1; echo "codes $\{PIPESTATUS[@]}"`;
    const { stdout, stderr } = await hotflow(folder, [line], { command: ["bash", "-c"] });
    assertMatch(stdout, /^hotflow \S+ serves my_executor\.js\ncodes 0 0\n$/);
    assertEquals(stderr, "");
  });
}

Deno.test("node 24: npm's own ways lead to hotflow: npx, and the scripts of a new project", async () => {
  await using folder = await installed();
  const bin = `${await appWith()}/node_modules/.bin`;
  const node = await pathOf("node 24");
  const env = { PATH: `${node.replace(/\/node$/, "")}:${bin}:${Deno.env.get("PATH")}` };
  assertMatch((await run(["hotflow", "--version"], folder.path, env)).stdout, /^\d+\.\d+\.\d+$/);
  await run(["hotflow", "new", "hello"], folder.path, env);
  const { code, stdout, stderr } = await run(["npm", "test"], folder.at("hello"), env);
  assertEquals(code, 0, stdout + stderr);
});

Deno.test("node 20: hotflow says in one line which Node is needed", async () => {
  await using folder = await installed();
  const { code, stdout, stderr } = await hotflow(folder, ["--help"], { command: await commandOn("node 20") });
  assertEquals([code, stdout], [1, ""]);
  assertMatch(stderr, /^Cannot run on Node\.js 20\.[\d.]+: hotflow needs 22\.18 or newer\n$/);
});
