/** What an Executor writes to standard output and standard error, on the command line and in a program. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { FlowProcess, flowScript } from "../support/process.ts";
import { PACKAGE } from "../support/flow_fixture.ts";
import { target } from "../support/target.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { Cli, HOTFLOW } from "./_cli.ts";

const COMMAND = target.app === undefined
  ? HOTFLOW
  : [...target.command, `${target.app}/node_modules/hotflow/cli.js`];

/** An Executor that writes while it is loaded and closed, and whose handlers have the given bodies. */
function writer(handlers: Readonly<Record<string, string>>): string {
  const methods = Object.entries(handlers).map(([name, body]) => `
  @requests({ on: "/${name}" })
  ${name}() { ${body} }`);
  return `import { Executor, requests } from ${JSON.stringify(PACKAGE)};
import process from "node:process";
import fs from "node:fs";
console.log("top level");
export class Writer extends Executor {${methods.join("")}
  setup() { console.log("in setup()"); }
  close() { process.stdout.write("in close()"); }
}
`;
}

type Line = Readonly<Record<string, unknown>>;

/** Serves an Executor with the log in JSON. */
async function serve(folder: TempFolder, handlers: Readonly<Record<string, string>>, env = {}): Promise<Cli> {
  await folder.write("writer.ts", writer(handlers));
  return new Cli(folder, ["serve", "writer.ts", "--port", "0", "--json"], { command: COMMAND, env });
}

/** All lines so far; each is JSON. */
function linesOf(cli: Cli): Line[] {
  return cli.stdout.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

/** What was written, in its order: texts of the streams and messages of the Executor's log. */
function saidBy(cli: Cli): unknown[] {
  return linesOf(cli).filter(({ name, event }) => name === "executor0/rep-0" && event === undefined)
    .map(({ stdout, stderr, message }) => stdout ?? (stderr === undefined ? [message] : { stderr }));
}

async function post(cli: Cli, endpoint: string): Promise<number> {
  const { status, body } = await fetch(`http://127.0.0.1:${await cli.port()}/${endpoint}`, {
    method: "POST",
  });
  await body?.cancel();
  return status;
}

Deno.test("hotflow serve --json: what an Executor writes, in whatever way, are records in their order", async () => {
  await using folder = await TempFolder.make();
  await using cli = await serve(folder, {
    console:
      `console.log("%s has %d", "it", 3, { a: [1] }); console.error("bad"); console.info("a\\nb"); console.log();
      console.group("group"); console.log("inside"); console.groupEnd(); console.warn("careful"); console.count();`,
    streams: `process.stdout.write("in "); process.stdout.write("parts\\n"); process.stderr.write("e\\n");
      process.stdout.write(new Uint8Array([226, 130])); process.stdout.write(new Uint8Array([172, 10]));
      fs.writeSync(1, "by fs\\n"); fs.writeSync(2, new TextEncoder().encode("xby fdx"), 1, 5);`,
    mixed: `console.log("one"); this.logger.info("two"); console.log("three"); process.stdout.write("four");
      this.logger.warning("five");`,
    table:
      `console.table([{ a: 1 }]); console.dir({ deep: { er: 1 } }); console.log(new Error("told").message);`,
  });
  for (const endpoint of ["console", "streams", "mixed", "table"]) {
    assertEquals(await post(cli, endpoint), 200);
  }
  await cli.says(/"told"/);
  cli.signal("SIGINT");
  assertEquals([await cli.ended(), cli.stderr], [130, ""]);
  const said = saidBy(cli);
  const [table] = said.splice(-4, 1);
  assertMatch(String(table), /\(index\).*\n.*\n.*│ 1 │/s);
  assertEquals(said, [
    ...["top level", "in setup()"],
    ...["it has 3 { a: [ 1 ] }", { stderr: "bad" }, "a\nb", "", "group", "  inside", { stderr: "careful" }],
    "default: 1",
    ...["in parts", { stderr: "e" }, "€", "by fs", { stderr: "by fd" }],
    ...["one", ["two"], "three", "four", ["five"]],
    ...["{ deep: { er: 1 } }", "told", "in close()"],
  ]);
  const [first] = linesOf(cli).filter(({ stdout }) => stdout === "top level");
  assertEquals({ ...first, time: "" }, {
    time: "",
    level: "info",
    name: "executor0/rep-0",
    stdout: "top level",
  });
  assertEquals(linesOf(cli).find(({ stderr }) => stderr === "bad")?.level, "warning");
});

Deno.test({
  name: "hotflow serve --json: what is written to Deno.stdout is a record too",
  ignore: target.app !== undefined,
  async fn() {
    await using folder = await TempFolder.make();
    await using cli = await serve(folder, {
      bytes: `const bytes = new TextEncoder().encode("é\\n");
        Deno.stdout.writeSync(bytes); Deno.stderr.write(bytes);
        return new Blob(["in\\npieces\\n"]).stream().pipeTo(Deno.stdout.writable).then(() => undefined);`,
    });
    assertEquals(await post(cli, "bytes"), 200);
    await cli.says(/pieces/);
    assertEquals(saidBy(cli).slice(2), ["é", { stderr: "é" }, "in\npieces"]);
    cli.signal("SIGINT");
    assertEquals(await cli.ended(), 130);
  },
});

Deno.test("hotflow serve --json: nothing is lost of many lines, before a crash, or before a loop without an end", async () => {
  await using folder = await TempFolder.make();
  await using cli = await serve(folder, {
    many: "for (let count = 0; count < 5000; count++) console.log(count);",
    crash: 'console.log("last words"); process.stdout.write("unfinished"); process.exit(3);',
    loop: 'console.log("before the loop"); for (;;);',
  }, { HOTFLOW_LOG_LEVEL: "error" });
  await post(cli, "many");
  await cli.says(/"stdout":"4999"/);
  assertEquals(saidBy(cli).slice(2), Array.from({ length: 5000 }, (_, count) => String(count)));
  assertEquals(await post(cli, "crash"), 503);
  await cli.says(/"last words"[^]*"unfinished"/);
  const gone = post(cli, "loop").catch(() => undefined);
  await cli.says(/"before the loop"/);
  linesOf(cli);
  cli.signal("SIGKILL");
  await gone;
});

Deno.test("hotflow serve: what an Executor writes stands under its name", async () => {
  await using folder = await TempFolder.make();
  await folder.write("writer.ts", writer({ out: 'console.log("hello"); console.error("bad");' }));
  await using cli = new Cli(folder, ["serve", "writer.ts", "--port", "0"], { command: COMMAND });
  await post(cli, "out");
  await cli.says(/^\d\d:\d\d:\d\d stdout {2}executor0 hello\n\d\d:\d\d:\d\d stderr {2}executor0 bad\n/m);
  assertMatch(cli.stdout, /^\d\d:\d\d:\d\d stdout {2}executor0 top level\n/m);
  cli.signal("SIGINT");
  assertEquals([await cli.ended(), cli.stderr], [130, ""]);
  assertMatch(cli.stdout, /^\d\d:\d\d:\d\d stdout {2}executor0 in close\(\)\n$/m);
});

Deno.test("hotflow serve --json: a version that could not be loaded has said what it wrote", async () => {
  await using folder = await TempFolder.make();
  await using cli = await serve(folder, { a: "" });
  await cli.port();
  await folder.write("writer.ts", 'console.log("so far"); throw new Error("and no further");\n');
  await cli.says(/"stdout":"so far"\}\n.*"kind":"failed"/);
});

Deno.test("In a program, what an Executor writes goes where it always goes", async () => {
  await using folder = await TempFolder.make();
  const uses = await folder.write("writer.ts", writer({ out: 'console.log("hello");' }));
  await using running = await FlowProcess.serve(folder, flowScript({ uses }));
  await running.ask("/out");
  await running.printed(/^INFO - hello$/);
  assert(running.log.lines.every((line) => !line.includes("hello")));
});
