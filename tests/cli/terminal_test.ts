/** On a terminal: colours and keys. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { PATIENCE_MS } from "../support/log_trap.ts";
import { executorSource } from "../support/flow_fixture.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { act, otherKey } from "../../src/cli/keys.ts";
import { answerOf, Cli, HAS_TERMINALS, HOTFLOW } from "./_cli.ts";

const ignore = !HAS_TERMINALS;
/** Counts the requests since it was made. */
const COUNTER = executorSource("unused").replace(
  /foo\(docs\) \{.*\}/,
  "foo(docs) { this.count = (this.count ?? 0) + 1; for (const doc of docs) doc.text = String(this.count); }",
);
// deno-lint-ignore no-control-regex -- colour codes begin with the escape character
const COLOUR = /\x1b\[\d+m/;

async function serving(args: readonly string[] = [], env: Record<string, string> = {}) {
  const folder = await TempFolder.make();
  await folder.write("my_executor.ts", COUNTER);
  const cli = new Cli(folder, ["serve", "my_executor.ts", "--port", "0", ...args], { env, terminal: true });
  return {
    folder,
    cli,
    async [Symbol.asyncDispose]() {
      await cli[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

Deno.test(
  { name: "hotflow serve has colours on a terminal, and none under NO_COLOR or with --json", ignore },
  async () => {
    await using coloured = await serving();
    await coloured.cli.says(/r reloads all/);
    assertMatch(coloured.cli.stdout, COLOUR);
    await using plain = await serving([], { NO_COLOR: "1" });
    await plain.cli.says(/r reloads all/);
    await using json = await serving(["--json"]);
    await json.cli.says(/"started".*\r\n/);
    assert(!COLOUR.test(plain.cli.stdout + json.cli.stdout));
    assert(!json.cli.stdout.includes("reloads all"));
  },
);

Deno.test(
  { name: "hotflow serve: r and R reload all, o opens the page, q quits, others are told", ignore },
  async () => {
    await using tools = await TempFolder.make();
    const browser = await tools.write("browser", `#!/bin/sh\necho "$1" > "$(dirname "$0")/opened"\n`);
    await Deno.chmod(browser, 0o755);
    await using fixture = await serving([], { BROWSER: browser, NO_COLOR: "1" });
    const { cli } = fixture;
    const port = await cli.port();
    await cli.says(
      /keys +r reloads all, R reloads all in new workers, o opens the page, q quits\r\n\r\n/,
    );
    assertEquals([await answerOf(port), await answerOf(port)], ["1", "2"]);
    await cli.press("r");
    await cli.says(/reload {2}executor0 version 2 in [\d.]+ ms: as you asked/);
    assertEquals(await answerOf(port), "1");
    await cli.press("R");
    await cli.says(/reload {2}executor0 version 3 in [\d.]+ ms: as you asked/);
    await cli.press("o");
    await cli.says(/opened http:\/\/127\.0\.0\.1:\d+\//);
    await cli.press("e");
    await cli.says(/the key e does nothing; did you mean r, which reloads all\?/);
    await cli.press("\x1b[A");
    await cli.says(/that key does nothing; keys: r reloads all/);
    await cli.press("q");
    assertEquals(await cli.ended(), 0);
    assertEquals(await Deno.readTextFile(tools.at("opened")), `http://127.0.0.1:${port}/\n`);
  },
);

Deno.test({
  name: "hotflow serve: a reload by key that fails says why, and the old version serves on",
  ignore,
}, async () => {
  await using fixture = await serving(["--no-reload"], { NO_COLOR: "1" });
  const { cli, folder } = fixture;
  const port = await cli.port();
  await cli.says(/q quits\r\n\r\n/);
  await folder.write("my_executor.ts", COUNTER.replace("foo(docs)", "foo((docs)"));
  await cli.press("r");
  await cli.says(/failed {2}executor0 version 1 keeps serving: SyntaxError: .*my_executor\.ts:4:7/);
  assertEquals(await answerOf(port), "1");
});

Deno.test({ name: "hotflow serve: Ctrl-C ends it after the requests in flight", ignore }, async () => {
  await using fixture = await serving([], { NO_COLOR: "1" });
  await fixture.cli.says(/q quits\r\n\r\n/);
  await fixture.cli.press("\x03");
  assertEquals(await fixture.cli.ended(), 130);
  assertMatch(
    fixture.cli.stdout,
    /closing; requests in flight finish first, the same key once more ends at once\r\n$/,
  );
});

Deno.test({
  name:
    "hotflow serve in the background of a terminal has no keys, and serves; Ctrl-Z suspends it, fg goes on",
  ignore,
  async fn() {
    await using folder = await TempFolder.make();
    await folder.write("my_executor.ts", executorSource("v1"));
    const serve = [...HOTFLOW, "serve", "my_executor.ts", "--port", "0"].join(" ");
    await using shell = new Cli(folder, ["--norc", "-i"], {
      command: ["bash"],
      terminal: true,
      env: { NO_COLOR: "1" },
    });
    await shell.press(`${serve} &\n`);
    assertEquals(await answerOf(await shell.port()), "v1");
    assert(!shell.stdout.includes("reloads all"), "there are no keys");
    await shell.press("kill %1; wait; echo first is over\n");
    await shell.says(/first is over\r\n/);
    await shell.press(`echo again; ${serve}\n`);
    const [, port] = await shell.says(/again\r\n[\s\S]*http:\/\/127\.0\.0\.1:(\d+)[\s\S]*q quits\r\n/);
    await shell.press("pasted text, with r, o, and q");
    await shell.says(/what was pasted is ignored; keys: r reloads all/);
    await shell.press("\x1a");
    await shell.says(/Stopped/);
    await shell.press("fg\n");
    await shell.says(/fg\r\n[\s\S]*my_executor\.ts/);
    assertEquals(await answerOf(Number(port)), "v1");
    await shell.press("r");
    await shell.says(/version 2 in [\d.]+ ms: as you asked/);
    await shell.press("q");
    // What is typed before the shell has the terminal again is lost.
    await shell.says(/closing; [\s\S]*[#$] $/);
    await shell.press("exit\n");
    await shell.ended();
  },
});

/** Says in the log that it is there, again and again, and in a file that it was closed. */
const TALKING = (closed: string) =>
  executorSource(
    "v1",
    "MyExecutor",
    `  setup() { setInterval(() => this.logger.info("still here"), 20); }
  close() { this.logger.info("closing"); Deno.writeTextFileSync(${JSON.stringify(closed)}, "closed"); }`,
  );

/** Runs it under a shell that outlives the terminal, and keeps the exit code. */
function underShell(folder: TempFolder, how: string, args: readonly string[] = []): Cli {
  const command = ["sh", "-c", `trap : HUP; ${how}`, "sh", ...HOTFLOW];
  return new Cli(folder, ["serve", "my_executor.ts", "--port", "0", ...args], { command, terminal: true });
}

/** Waits until a file is there, and whole. */
async function contentOf(path: string): Promise<string> {
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline;) {
    const text = await Deno.readTextFile(path).catch(() => "");
    if (text.endsWith("\n")) return text.trim();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${path} does not come`);
}

Deno.test(
  { name: "hotflow serve: a terminal that is closed ends it with 129, after close()", ignore },
  async () => {
    await using folder = await TempFolder.make();
    await folder.write("my_executor.ts", TALKING(folder.at("closed")));
    await using cli = underShell(folder, `"$@"; echo $? > code`);
    await cli.says(/q quits\r\n[\s\S]*still here/);
    cli.signal("SIGKILL");
    assertEquals(await contentOf(folder.at("code")), "129");
    assertEquals(await Deno.readTextFile(folder.at("closed")), "closed");
  },
);

Deno.test(
  { name: "hotflow serve in the background outlives its terminal; SIGHUP ends it with 129", ignore },
  async () => {
    await using folder = await TempFolder.make();
    await folder.write("my_executor.ts", TALKING(folder.at("closed")));
    const how = `"$@" & p=$!; echo $p > pid; while kill -0 $p; do wait $p; code=$?; done; echo $code > code`;
    await using cli = underShell(folder, how, ["--json"]);
    await cli.says(/"started"[\s\S]*still here/);
    const [, port] = /127\.0\.0\.1:(\d+)/.exec(cli.stdout) ?? [];
    const pid = Number(await contentOf(folder.at("pid")));
    cli.signal("SIGKILL");
    await cli.ended();
    assertEquals(await answerOf(Number(port)), "v1");
    Deno.kill(pid, "SIGHUP");
    assertEquals(await contentOf(folder.at("code")), "129");
    assertEquals(await Deno.readTextFile(folder.at("closed")), "closed");
  },
);

Deno.test({
  name: "hotflow serve: o says so when no browser can be opened",
  ignore: !HAS_TERMINALS,
  async fn() {
    await using tools = await TempFolder.make();
    const browser = await tools.write("browser", "#!/bin/sh\nexit 3\n");
    await Deno.chmod(browser, 0o755);
    await using fixture = await serving([], { BROWSER: browser, NO_COLOR: "1" });
    await fixture.cli.press("o");
    await fixture.cli.says(/no browser could be opened; the page: http:\/\/127\.0\.0\.1:\d+\//);
  },
});

Deno.test("act() reloads in new workers when r is pressed with shift", () => {
  const done: unknown[] = [];
  const actions = {
    reload: (isFresh: boolean) => done.push(isFresh),
    open: () => done.push("open"),
    quit: () => done.push("quit"),
    interrupt: () => done.push("interrupt"),
    hangUp: () => done.push("hang up"),
    say: (text: string) => done.push(text),
  };
  for (const key of ["r", "R", "O", "Q", "\x04", "\x03", "\r"]) act(key, actions);
  assertEquals(done, [false, true, "open", "quit", "quit", "interrupt", ""]);
});

Deno.test("otherKey() names the nearest key that does something, if there is one", () => {
  assertMatch(otherKey("t"), /did you mean r,/);
  assertMatch(otherKey("p"), /did you mean o,/);
  assertMatch(otherKey("w"), /did you mean q,/);
  assertMatch(otherKey("x"), /^the key x does nothing; keys: /);
  assertMatch(otherKey("T"), /^the key T does nothing; did you mean R, which reloads all in new workers\?/);
  assertMatch(otherKey("P"), /did you mean o,/);
  for (const key of ["h", "H"]) assertMatch(otherKey(key), /^keys: /);
});
