/** `hotflow serve`, `flow` and `executor` in pipes: what is said, in what form, and how they end. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { toPath } from "../../src/paths.ts";
import { executorSource, PACKAGE } from "../support/flow_fixture.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { answerOf, Cli, HOTFLOW, hotflow } from "./_cli.ts";

Deno.test("hotflow serve shows a banner, one line a reload, and one a failed reload with place and snippet", async () => {
  await using folder = await TempFolder.make();
  await folder.write(
    "my_executor.ts",
    executorSource("v1", "MyExecutor", "  @requests({ on: '/count' }) count() {}"),
  );
  await using cli = new Cli(folder, ["serve", "my_executor.ts", "--port", "0"]);
  const port = await cli.port();
  await cli.says(/watched .*\n/);
  const lines = cli.stdout.split("\n");
  assertMatch(lines[0], /^hotflow \d+\.\d+\.\d+ serves my_executor\.ts$/);
  const rows = new Map(lines.slice(1).map((line) => [line.slice(2, 11).trim(), line.slice(13)]));
  assertEquals(rows.get("address"), `http://127.0.0.1:${port}`);
  assertEquals([...rows][0], ["page", `http://127.0.0.1:${port}/`]);
  assertEquals(rows.get("executor0"), "MyExecutor: POST /count, any other endpoint");
  assertEquals(rows.get("watched"), `source files in ${folder.path}/`);
  assertEquals(rows.has("keys"), false);

  await folder.write("my_executor.ts", executorSource("v2"));
  await cli.says(/^\d\d:\d\d:\d\d reload {2}executor0 version 2 in [\d.]+ ms: my_executor\.ts changed$/m);
  assertEquals(await answerOf(port), "v2");
  await folder.write("my_executor.ts", executorSource("v3").replace("foo(docs)", "foo((docs)"));
  const [failed] = await cli.says(/^.* failed {2}executor0 version 2 keeps serving: .*\n(?: .*\n)+/m);
  const place = `at ${folder.at("my_executor.ts")}:4:7\n`;
  assert(failed.includes(place), failed);
  assertMatch(failed, /\n {2}4 \| {3}foo\(\(docs\).*\n {4}\| {7}\^\n/);
  await folder.write("my_executor.ts", executorSource("v4"));
  await cli.says(/^\S+ reload {2}executor0 version 4 in /m);
  assertEquals([await answerOf(port), cli.stdout.match(/ reload /g)?.length, cli.stderr], ["v4", 2, ""]);
  assert(!cli.stdout.includes("\x1b"));
  cli.signal("SIGINT");
  assertEquals(await cli.ended(), 130);
});

Deno.test("hotflow serve says where each protocol is served", async () => {
  await using folder = await TempFolder.make();
  await folder.write("my_executor.ts", executorSource("v1"));
  const args = ["serve", "my_executor.ts", "--port", "0,0", "--protocol", "http", "--protocol", "grpc"];
  await using cli = new Cli(folder, args);
  const port = await cli.port();
  assertMatch(
    cli.stdout,
    new RegExp(`address {4}http://127\\.0\\.0\\.1:${port} {2}grpc://127\\.0\\.0\\.1:\\d+\\n`),
  );
  assertEquals(await answerOf(port), "v1");

  await using grpc = new Cli(folder, [
    "serve",
    "my_executor.ts",
    "--port",
    "0",
    "--protocol",
    "grpc",
    "--json",
  ]);
  const [line] = await grpc.says(/.*"kind":"started".*\n/);
  const { message, event: { url, ports } } = JSON.parse(line);
  assertEquals([message, ports.length, ports[0].protocol], [`serving at ${url}`, 1, "grpc"]);
  assertEquals(url, `grpc://127.0.0.1:${ports[0].port}`);
});

Deno.test("hotflow serve waits for the next good save of a file that is broken at first", async () => {
  await using folder = await TempFolder.make();
  await folder.write("my_executor.ts", executorSource("v1").replace("foo(docs)", "foo((docs)"));
  await using cli = new Cli(folder, ["serve", "my_executor.ts", "--port", "0"]);
  const port = await cli.port();
  await cli.says(/executor0 {2}waits for the next good save/);
  await cli.says(/failed {2}executor0 nothing serves yet: SyntaxError: .*my_executor\.ts:4:7\n/);
  assertEquals((await hotflow(folder, ["ping", String(port)])).code, 1);
  await folder.write("my_executor.ts", executorSource("v1"));
  await cli.says(/reload {2}executor0 version 2 in .* ms: my_executor\.ts changed/);
  assertEquals((await hotflow(folder, ["ping", String(port)])).code, 0);
});

Deno.test("hotflow serve takes a folder, by default the one it is in, and one Executor of several by its name", async () => {
  await using folder = await TempFolder.make();
  await folder.write("app/my_executor.ts", executorSource("in the folder"));
  await folder.write("app/my_executor_test.ts", executorSource("a test"));
  await folder.write("app/helper.ts", "export const help = 1;\n");
  await folder.write(
    "both.ts",
    executorSource("a", "A") + executorSource("b", "B").replace(/^import.*\n/, ""),
  );
  await using one = new Cli(folder, ["serve", "app", "--port", "0"]);
  assertEquals(await answerOf(await one.port()), "in the folder");
  await using two = new Cli(folder, ["serve", "both.ts#B", "--port=0"]);
  assertEquals(await answerOf(await two.port()), "b");
});

Deno.test("hotflow serve takes CommonJS, in a file or a folder, and names of classes in any script", async () => {
  await using folder = await TempFolder.make();
  const source = `const { Executor } = require(${JSON.stringify(toPath(PACKAGE))});
exports.Übersetzer = class Übersetzer extends Executor {
  static requests = { default: "foo" };
  foo(docs) { for (const doc of docs) doc.text = "from CommonJS"; }
};
`;
  await folder.write("app/ex.cjs", source);
  await folder.write("executor.yml", "jtype: Übersetzer\nmetas:\n  modules: [app/ex.cjs]\n");
  await folder.write("flow.yml", "jtype: Flow\nexecutors:\n  - uses: app/ex.cjs#Übersetzer\n");
  const served = [
    "serve app/ex.cjs",
    "serve app",
    "serve app/ex.cjs#Übersetzer",
    "executor executor.yml",
    "flow flow.yml",
  ];
  for (const line of served) {
    await using cli = new Cli(folder, [...line.split(" "), "--port", "0"]);
    assertEquals(await answerOf(await cli.port()), "from CommonJS", line);
  }
  for (const yaml of ["executor.yml", "flow.yml"]) {
    assertEquals((await hotflow(folder, ["check", yaml])).code, 0);
    const text = await Deno.readTextFile(folder.at(yaml));
    await folder.write(yaml, text.replace("Übersetzer", "Übersetzr"));
    const { code, stderr, stdout } = await hotflow(folder, ["check", yaml]);
    assertEquals(code, 1);
    assertMatch(stdout + stderr, /there is no class Übersetzr; did you mean Übersetzer\?/);
  }
});

Deno.test("hotflow serve --no-reload watches nothing; --ignore leaves files out; --cors lets pages in", async () => {
  await using folder = await TempFolder.make();
  await folder.write("my_executor.ts", executorSource("v1"));
  await using still = new Cli(folder, ["serve", "my_executor.ts", "--port", "0", "--no-reload", "--cors"]);
  const response = await fetch(`http://127.0.0.1:${await still.port()}/`, {
    headers: { origin: "http://a.test" },
  });
  assertEquals([response.headers.get("access-control-allow-origin"), await response.text()], ["*", "{}"]);
  await still.says(/watched {4}nothing\n/);
  await using cli = new Cli(folder, [
    "serve",
    "my_executor.ts",
    "--port",
    "0",
    "--ignore",
    "made/",
    "--poll",
  ]);
  await cli.port();
  await folder.write("made/file.ts", "export {};\n");
  await folder.write("my_executor.ts", executorSource("v2"));
  await cli.says(/reload {2}executor0 version 2 in .* ms: my_executor\.ts changed\n/);
});

Deno.test("hotflow serve --ignore takes a path as it is typed, from the folder that it is typed in", async () => {
  await using folder = await TempFolder.make();
  await folder.write("src/my_executor.ts", executorSource("v1"));
  await folder.write("src/made/a.ts", "export {};\n");
  const args = ["serve", "src/my_executor.ts", "--port", "0", "--ignore", "src/made/"];
  await using cli = new Cli(folder, args);
  await cli.port();
  await folder.write("src/made/a.ts", "export const a = 1;\n");
  await folder.write("src/my_executor.ts", executorSource("v2"));
  await cli.says(/reload {2}executor0 version 2 in .* ms: src\/my_executor\.ts changed\n/);
});

Deno.test("hotflow serve --watch reloads for other files, takes paths as they are typed, and shows them", async () => {
  await using folder = await TempFolder.make();
  await folder.write("src/my_executor.ts", executorSource("v1"));
  for (const name of ["src/prompts/a.txt", "shared/b.txt", "c.txt"]) await folder.write(name, "1");
  const watch = ["src/prompts/", "shared/", "*.md", "c.txt", ".env"].flatMap((
    pattern,
  ) => ["--watch", pattern]);
  await using cli = new Cli(folder, ["serve", "src/my_executor.ts", "--port", "0", ...watch]);
  await cli.port();
  await cli.says(
    /watched {4}source files in \S+\/src\/, prompts\/, shared\/, \.\.\/shared\/, \*\.md, c\.txt and 2 more\n/,
  );
  const names = ["src/prompts/a.txt", "shared/b.txt", "c.txt", "src/new/d.md", "src/.env"];
  for (const [at, name] of names.entries()) {
    await folder.write(name, "2");
    const said = `reload {2}executor0 version ${at + 2} in .* ms: ${name.replaceAll(".", "\\.")} changed\\n`;
    await cli.says(new RegExp(said));
  }
});

Deno.test("hotflow flow --watch holds for each Executor, besides what the YAML says", async () => {
  await using folder = await TempFolder.make();
  await folder.write("a/a.ts", executorSource("a"));
  await folder.write("b/b.ts", executorSource("b"));
  await folder.write(
    "flow.yml",
    "jtype: Flow\nexecutors:\n  - { uses: a/a.ts, watch: '*.md' }\n  - uses: b/b.ts\n",
  );
  await using cli = new Cli(folder, ["flow", "flow.yml", "--port", "0", "--watch", "*.txt"]);
  await cli.port();
  await folder.write("b/b.md", "1");
  for (
    const [name, said] of [["a/a.txt", "executor0 version 2"], ["b/b.txt", "executor1 version 2"]] as const
  ) {
    await folder.write(name, "1");
    await cli.says(new RegExp(`reload {2}${said} in .* ms: ${name.replaceAll(".", "\\.")} changed\\n`));
  }
  await folder.write("a/a.md", "1");
  await cli.says(/reload {2}executor0 version 3 in .* ms: a\/a\.md changed\n/);
});

Deno.test("hotflow serve --json writes one JSON object a line, and nothing else", async () => {
  await using folder = await TempFolder.make();
  await folder.write("my_executor.ts", executorSource("v1"));
  await using cli = new Cli(folder, ["serve", "my_executor.ts", "--port", "0", "--json"]);
  await cli.says(/"serving at .*\n/);
  await folder.write("my_executor.ts", executorSource("v2"));
  await cli.says(/"kind":"served".*\n/);
  await folder.write("my_executor.ts", executorSource("v3").replace("foo(docs)", "foo((docs)"));
  await cli.says(/"kind":"failed".*\n/);
  cli.signal("SIGTERM");
  assertEquals(await cli.ended(), 143);
  const records = cli.stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  for (const record of records) {
    assertEquals(
      ["time", "level", "name", "message"].map((key) => typeof record[key]),
      Array(4).fill("string"),
    );
  }
  const [started] = records;
  assertEquals(started.event.url, `http://127.0.0.1:${started.event.port}`);
  const { event: served } = records.find(({ event }) => event?.kind === "served");
  assertEquals([served.version, served.files], [2, [folder.at("my_executor.ts")]]);
  const { event: failed } = records.find(({ event }) => event?.kind === "failed");
  assertEquals([failed.serving, failed.error.place.line], [2, 4]);
});

Deno.test("hotflow executor follows the YAML and the source", async () => {
  await using folder = await TempFolder.make();
  await folder.write("one.ts", executorSource("one", "One"));
  await folder.write("two.ts", executorSource("two", "Two"));
  const yaml = (name: string) => `jtype: ${name}\nmetas:\n  modules: [one.ts, two.ts]\n`;
  await folder.write("executor.yml", yaml("One"));
  await using cli = new Cli(folder, ["executor", "--port", "0"]);
  const port = await cli.port();
  assertEquals(await answerOf(port), "one");
  await folder.write("executor.yml", yaml("Two"));
  await cli.says(/restart executor0 version 2 in [\d.]+ ms: executor\.yml changed/);
  assertEquals(await answerOf(port), "two");
  await folder.write("two.ts", executorSource("two again", "Two"));
  await cli.says(/reload {2}executor0 version 3 in [\d.]+ ms: two\.ts changed/);
  assertEquals(await answerOf(port), "two again");
});

Deno.test("hotflow executor says where to name the class's file when the YAML does not", async () => {
  await using folder = await TempFolder.make();
  await folder.write("executor.yml", "jtype: MyExecutor\n");
  await using cli = new Cli(folder, ["executor", "executor.yml", "--port", "0"]);
  await cli.says(
    /Cannot find the Executor MyExecutor: known: none; `metas\.modules` names its file at .*executor\.yml:1:1/,
  );
});

Deno.test("hotflow flow applies changes of the YAML, and lists what is wrong with it", async () => {
  await using folder = await TempFolder.make();
  await folder.write("one.ts", executorSource("one"));
  await folder.write("two.ts", executorSource("two"));
  const yaml = (last: string) => `jtype: Flow\nexecutors:\n  - uses: one.ts\n    name: first\n${last}`;
  await folder.write("flow.yml", yaml(""));
  await using cli = new Cli(folder, ["flow", "flow.yml", "--port", "0", "--replicas", "2"]);
  const port = await cli.port();
  await cli.says(/watched {2}flow\.yml, source files in /);
  assertEquals(await answerOf(port), "one");
  await folder.write("flow.yml", yaml("  - uses: two.ts\n    name: second\n"));
  await cli.says(/change {2}Flow added second, in [\d.]+ ms: flow\.yml changed/);
  assertEquals(await answerOf(port), "two");
  const { deployments } = await (await fetch(`http://127.0.0.1:${port}/status`)).json();
  assertEquals(
    deployments.map(({ versions }: { versions: [{ replicas: [] }] }) => versions[0].replicas.length),
    [2, 2],
  );
  await folder.write("flow.yml", yaml("  - usse: two.ts\n    name: second\n"));
  await cli.says(
    /failed {2}Flow keeps serving as before:\n.*`executors\[1\]\.usse`; did you mean `uses`\?.*flow\.yml:5:5/,
  );
  assertEquals(await answerOf(port), "two");
});

Deno.test("hotflow ends quietly when nobody reads what it writes", async () => {
  await using folder = await TempFolder.make();
  await folder.write("my_executor.ts", executorSource("v1"));
  const line = `${HOTFLOW.join(" ")} serve my_executor.ts --port 0 | head -1; echo "codes $\{PIPESTATUS[@]}"`;
  const options = { command: ["bash", "-c"] };
  await using cli = new Cli(folder, [line], options);
  assertEquals(await cli.ended(), 0);
  assertMatch(cli.stdout, /^hotflow \S+ serves my_executor\.ts\ncodes 0 0\n$/);
  assertEquals(cli.stderr, "");
});

Deno.test({
  name: "hotflow ends, and says why, when its output cannot be written",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using folder = await TempFolder.make();
    await folder.write("my_executor.ts", executorSource("v1"));
    for (const args of ["serve my_executor.ts --port 0", "serve my_executor.ts --port 0 --json", "--help"]) {
      const line = `${HOTFLOW.join(" ")} ${args} > /dev/full`;
      await using cli = new Cli(folder, [line], { command: ["bash", "-c"] });
      assertEquals(await cli.ended(), 1, args);
      assertMatch(cli.stderr, /^Cannot write to standard output: .*[Nn]o space left on device.*\n$/);
    }
  },
});

Deno.test("hotflow says where it serves and what is watched, however little the log says", async () => {
  await using folder = await TempFolder.make();
  await folder.write("my_executor.ts", executorSource("v1"));
  const env = { HOTFLOW_LOG_LEVEL: "error", HOTFLOW_POLL: "1", HTTP_PROXY: "http://127.0.0.1:1" };
  await using cli = new Cli(folder, ["serve", "--port", "0", "--host", "0.0.0.0"], { env });
  await cli.says(/address {4}http:\/\/127\.0\.0\.1:\d+(?: {2}http:\S+)*\n/);
  await cli.says(/executor0 {2}MyExecutor: any endpoint\n {2}watched {4}source files in .*, by polling\n/);
});

Deno.test("hotflow serve of a folder knows comments from texts", async () => {
  await using folder = await TempFolder.make();
  const source = `const glob = "data/*"; // "\n/** No class Other extends Executor. */\n${
    executorSource("v1")
  }`;
  await folder.write("my_executor.ts", source.replace("export class", "/** It's */ export class"));
  await using cli = new Cli(folder, ["serve", ".", "--port", "0"]);
  assertEquals(await answerOf(await cli.port()), "v1");
});

Deno.test("hotflow ends with the signal's code, also when an Executor never yields", async () => {
  await using folder = await TempFolder.make();
  await folder.write("my_executor.ts", executorSource("v1").replace(/for \(.*?;/, "for (;;);"));
  await using cli = new Cli(folder, ["serve", "--port", "0"]);
  const spinning = answerOf(await cli.port()).catch(() => {});
  await cli.says(/has not yielded for too long/, 30_000);
  cli.signal("SIGTERM");
  assertEquals(await cli.ended(), 143);
  await spinning;
});

Deno.test("hotflow serves files and folders whose names hold a #", async () => {
  await using folder = await TempFolder.make();
  await folder.write("a#b/#Foo.ts", executorSource("v1"));
  for (const given of ["a#b/#Foo.ts", "a#b", "a#b/#Foo.ts#MyExecutor"]) {
    await using cli = new Cli(folder, ["serve", given, "--port", "0"]);
    const port = await cli.port();
    assertEquals(await answerOf(port), "v1", given);
    await folder.write("a#b/#Foo.ts", executorSource("v2"));
    await cli.says(/version 2/);
    assertEquals(await answerOf(port), "v2", given);
    await folder.write("a#b/#Foo.ts", executorSource("v1"));
  }
});

Deno.test("hotflow ping waits for a Flow that is being started", async () => {
  await using folder = await TempFolder.make();
  await folder.write("my_executor.ts", executorSource("v1"));
  using held = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = held.addr as Deno.NetAddr;
  held.close();
  await using ping = new Cli(folder, ["ping", `127.0.0.1:${port}`, "--wait", "15s"]);
  await using cli = new Cli(folder, ["serve", "my_executor.ts", "--port", String(port)]);
  assertEquals(await ping.ended(), 0);
  assertEquals(ping.stdout, `http://127.0.0.1:${port} is ready\n`);
  cli.signal("SIGINT");
  assertEquals(await cli.ended(), 130);
  const { code, stderr } = await hotflow(folder, ["ping", String(port), "--wait", "200ms"]);
  assertEquals([code, stderr], [
    1,
    `http://127.0.0.1:${port} is not ready after 200ms: nothing answers there\n`,
  ]);
});

Deno.test("hotflow serve suggests a command that is answered, whatever the endpoints are called", async () => {
  for (const endpoints of [["/it's", "/b"], ['/a "b"?c'], ["/über {x}"], ["/search", "/boom"]]) {
    await using folder = await TempFolder.make();
    const table = JSON.stringify(
      Object.fromEntries(endpoints.map((name, at) => [name, at === 0 ? "foo" : "boom"])),
    );
    await folder.write(
      "my_executor.ts",
      executorSource("answered", "A", '  boom() { throw new Error("boom"); }')
        .replace("@requests()", "").replace("{\n", `{\n  static requests = ${table};\n`),
    );
    await using cli = new Cli(folder, ["serve", "my_executor.ts", "--port", "0"]);
    const [, command] = await cli.says(/^ {2}try +(curl .*)$/m);
    const { stdout } = await new Deno.Command("bash", { args: ["-c", command], stdin: "null" }).output();
    assertMatch(new TextDecoder().decode(stdout), /"text":"answered"/, command);
  }
});
