/** What is said to somebody who calls it wrongly, or asks how. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { executorSource } from "../support/flow_fixture.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { answerOf, Cli, hotflow } from "./_cli.ts";

const COMMANDS = ["serve", "flow", "executor", "new", "check", "schema", "ping", "export"];

/** Command lines that cannot be meant, with what is said first. */
const MISTAKES: readonly (readonly [line: string, code: number, says: string | RegExp])[] = [
  ["srve", 2, 'Cannot run the command "srve"; did you mean "serve"?'],
  ["frobnicate", 2, 'Cannot run the command "frobnicate"; the commands are serve, flow'],
  ["good.ts", 2, 'Cannot run the command "good.ts": to serve a file, hotflow serve good.ts'],
  ["flow.yml", 2, 'Cannot run the command "flow.yml": to serve a YAML, hotflow flow flow.yml'],
  ["--versoin", 2, 'Cannot use --versoin without a command; did you mean "--version"?'],
  ["--port 3 serve good.ts", 2, "Cannot use --port before the command: expected hotflow serve … --port"],
  [
    "serve good.ts --prot 3",
    2,
    'Cannot use --prot: hotflow serve has no such option; did you mean "--port"?',
  ],
  ["serve good.ts -p 3000", 2, 'Cannot use -p: hotflow serve has no such option; did you mean "--port"?'],
  ["run good.ts", 2, 'Cannot run the command "run"; did you mean "serve"?'],
  ["ping --port 3", 2, "Cannot use --port: hotflow ping has no such option"],
  ["serve good.ts --port", 2, "Cannot use --port without a value: expected --port PORT"],
  ["serve good.ts --port --json", 2, "Cannot use --port without a value: expected --port PORT"],
  ["serve good.ts --port 99999", 2, "Cannot use --port 99999: expected a whole number from 0 to 65535"],
  ["serve good.ts --host a --host b", 2, "Cannot use --host twice: expected one ADDRESS"],
  [
    "serve good.ts --port 1 --port 2",
    1,
    "Cannot make a Flow with port [1,2] and protocol http: expected one port for each protocol, such as port: 12345",
  ],
  ["serve good.ts --port 1,1", 2, "Cannot use --port 1,1: 1 is in the list twice"],
  [
    "serve good.ts --protocol ftp",
    2,
    'Cannot use --protocol ftp: expected "http" or "grpc", or a list of both',
  ],
  ["serve good.ts --replicas 0", 2, "Cannot use --replicas 0: expected a whole number from 1 to 1000"],
  ["serve good.ts --reload", 2, "Cannot use --reload without a value: expected --reload MODE"],
  [
    "serve good.ts --reload inplace",
    2,
    'Cannot use --reload inplace: expected true, false, "fresh" or "in-place"',
  ],
  [
    "serve good.ts --no-reload --reload fresh",
    2,
    "Cannot use --reload and --no-reload together: expected one of them",
  ],
  ["serve good.ts --cors=no", 2, 'Cannot give --cors the value "no": it takes no value'],
  ["serve good.ts other.ts", 2, 'Cannot use "other.ts": expected hotflow serve [FILE | FOLDER | FILE#NAME]'],
  ["ping localhost --wait soon", 2, "Cannot use --wait soon: expected a time such as 10s, 500ms or 2m"],
  ["ping http://", 2, 'Cannot ping "http://": expected a URL such as http://127.0.0.1:12345'],
  ["ping ftp://x", 2, 'Cannot ping "ftp://x": expected a URL such as http://127.0.0.1:12345'],
  ["schema flwo", 2, 'Cannot print the schema of "flwo": expected flow or executor; did you mean "flow"?'],
  ["new", 2, "Cannot make a project without a name: expected hotflow new NAME"],
  ["new a --deno --bun", 2, "Cannot make one project for Deno and Bun"],
  ["serve godo.ts", 1, /^Cannot serve "godo\.ts": there is no such file in .*; did you mean "good\.ts"\?$/m],
  ["serve none/good.ts", 1, /^Cannot serve "none\/good\.ts": there is no folder .*none$/m],
  ["serve notes.txt", 1, 'Cannot serve "notes.txt": expected a module'],
  ["serve empty", 1, 'Cannot serve the folder "empty": it is empty\nName a file: hotflow serve FILE'],
  [
    "serve plain",
    1,
    'Cannot serve the folder "plain": none of its modules exports an Executor (a.ts, b.cjs, c.mts)',
  ],
  [
    "serve two",
    1,
    'Cannot serve the folder "two": several of its modules export an Executor: a.ts, b.ts\nName one: hotflow serve two/a.ts',
  ],
  [
    "serve plain/a.ts",
    1,
    'Cannot serve "plain/a.ts": it exports no Executor\nThere is no class in a.ts: export',
  ],
  [
    "serve plain/b.cjs",
    1,
    'Cannot serve "plain/b.cjs": it exports no Executor\nThe file is empty; write a class',
  ],
  [
    "serve plain/c.mts",
    1,
    'Cannot serve "plain/c.mts": it exports no Executor\nThe class Übersetzer does not extend Executor; write',
  ],
  [
    "serve plain/c.mts#Übersetzer",
    1,
    'Cannot serve "plain/c.mts#Übersetzer": there is no Executor Übersetzer; the class Übersetzer does not extend',
  ],
  [
    "serve both.ts",
    1,
    'Cannot serve "both.ts": it exports several Executors: A, B\nName one: hotflow serve both.ts#A',
  ],
  [
    "serve good.ts#Othr",
    1,
    'Cannot serve "good.ts#Othr": there is no Executor Othr; exported there: MyExecutor',
  ],
  ["serve gone.yml", 1, 'Cannot serve "gone.yml": there is no such file in'],
  ["serve empty_flow.yml", 1, /hotflow flow empty_flow\.yml serves it$/m],
  ["flow empty_flow.yml", 1, /^Cannot load .*empty_flow\.yml: the file is empty; expected a mapping/m],
  [
    "serve executor.yml",
    1,
    'Cannot serve "executor.yml": it is a YAML file; hotflow executor executor.yml serves it',
  ],
  [
    "executor good.ts",
    1,
    'Cannot serve "good.ts": expected a YAML file (.yml, .yaml); to serve a module, hotflow serve good.ts',
  ],
  ["executor flow.yml", 1, 'Cannot serve "flow.yml" as one Executor: it describes a Flow'],
  [
    "flow executor.yml",
    1,
    'Cannot serve "executor.yml" as a Flow: it describes one Executor, without "jtype: Flow"',
  ],
  ["flow", 1, /^Cannot load .*flow\.yml: .*gone\.ts does not exist/m],
  ["check nothing.yml", 1, 'Cannot check "nothing.yml": there is no such file in'],
  ["serve good.ts --watch ./", 2, 'Cannot use --watch ./: invalid pattern "./"'],
  ["serve good.ts --watch #", 2, 'Cannot use --watch #: invalid pattern "#": it is a comment'],
  ["serve good.ts --ignore #", 2, 'Cannot use --ignore #: invalid pattern "#": it is a comment'],
];

async function mistakenFolder(): Promise<TempFolder> {
  const folder = await TempFolder.make();
  const executor = executorSource("good");
  await folder.write("good.ts", executor);
  await folder.write(
    "both.ts",
    executorSource("a", "A") + executorSource("b", "B").replace(/^import.*\n/, ""),
  );
  await folder.write("notes.txt", "no module");
  await folder.write("executor.yml", "jtype: MyExecutor\nmetas:\n  modules: [good.ts]\n");
  await folder.write("flow.yml", "jtype: Flow\nexecutors:\n  - uses: gone.ts\n");
  await folder.write("empty_flow.yml", "# nothing yet\n");
  await folder.write("plain/a.ts", "export const a = 1; // class extends Executor {}\n");
  await folder.write("plain/b.cjs", "");
  await folder.write("plain/c.mts", "export class Übersetzer {}\n");
  await folder.write("two/a.ts", executor);
  await folder.write("two/b.ts", executor);
  await Deno.mkdir(folder.at("empty"));
  return folder;
}

Deno.test("hotflow says in a line or two what is wrong with a command line, and what would be right", async (t) => {
  await using folder = await mistakenFolder();
  for (const [line, expected, says] of MISTAKES) {
    await t.step(`hotflow ${line}`, async () => {
      const args = /^serve (?:plain\/|both\.ts|good\.ts#)/.test(line) ? `${line} --port 0` : line;
      const result = await hotflow(folder, args.split(" "));
      // Said first where the load takes long, as on a busy machine.
      const stderr = result.stderr.replace(/^.* loading; it serves as soon as that is done\n/, "");
      assertEquals([result.code, result.stdout], [expected, ""], stderr);
      if (typeof says === "string") assert(stderr.startsWith(says), stderr);
      else assertMatch(stderr, says);
      assert(!/^\s+at /m.test(stderr), stderr);
    });
  }
});

Deno.test("hotflow says which port is in use, and how to get another one", async () => {
  await using folder = await mistakenFolder();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr as Deno.NetAddr;
  const { code, stdout, stderr } = await hotflow(folder, ["serve", "good.ts", "--port", String(port)]);
  assertEquals([code, stdout], [1, ""]);
  assertEquals(
    stderr,
    `Cannot serve at 127.0.0.1:${port}: the port is in use\n` +
      "Stop what uses it, or choose another one: --port 0 picks a free one\n",
  );
});

Deno.test("hotflow --help lists commands, examples and exit codes; without arguments it is an error", async () => {
  await using folder = await TempFolder.make();
  const { code, stdout } = await hotflow(folder, ["--help"]);
  assertEquals(code, 0);
  for (const command of COMMANDS) assertMatch(stdout, new RegExp(`^  ${command} +\\w`, "m"));
  for (const exit of [0, 1, 2, 129, 130, 143]) assertMatch(stdout, new RegExp(`^  ${exit} +\\w`, "m"));
  assertEquals(await hotflow(folder, []), { code: 2, stdout: "", stderr: stdout });
  assertEquals(await hotflow(folder, ["help"]), { code: 0, stdout, stderr: "" });
  const { version } = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));
  assertEquals((await hotflow(folder, ["--version"])).stdout, `${version}\n`);
});

/** The examples of a command's help, as arguments. */
async function examplesOf(folder: TempFolder, command: string): Promise<string[][]> {
  const { code, stdout } = await hotflow(folder, [command, "--help"]);
  assertEquals(code, 0);
  const [, examples = ""] = stdout.split("\nExamples\n");
  return [...examples.matchAll(/^ {2}hotflow (.*?) {2,}/gm)].map(([, line]) =>
    line.replaceAll("'", "").split(" ")
  );
}

Deno.test("hotflow: every example of the help does what it says", async (t) => {
  for (const command of COMMANDS) {
    await using folder = await TempFolder.make();
    await folder.write("my_executor.ts", executorSource("served"));
    await folder.write("executor.yml", "jtype: MyExecutor\nmetas:\n  modules: [my_executor.ts]\n");
    await folder.write("flow.yml", "jtype: Flow\nexecutors:\n  - uses: my_executor.ts\n");
    await using target = new Cli(folder, ["serve", "my_executor.ts", "--port", "0"]);
    const ready = await target.port();
    const examples = await examplesOf(folder, command);
    assert(examples.length > 1);
    for (const args of examples) {
      await t.step(`hotflow ${args.join(" ")}`, async () => {
        // The ports of the examples may be in use here.
        const own = args.map((arg) => arg.replace("12345", String(ready)).replace("3000", "0"));
        if (!["serve", "flow", "executor"].includes(command)) {
          const { code, stderr } = await hotflow(folder, own);
          return assertEquals([code, stderr], [0, ""]);
        }
        await using cli = new Cli(folder, own.includes("--port") ? own : [...own, "--port", "0"]);
        assertEquals(await answerOf(await cli.port()), "served");
        cli.signal("SIGTERM");
        assertEquals(await cli.ended(), 143);
      });
    }
  }
});

Deno.test("hotflow schema prints the JSON Schemas that the packages contain", async () => {
  await using folder = await TempFolder.make();
  const committed = (name: string) =>
    Deno.readTextFile(new URL(`../../schema/${name}.schema.json`, import.meta.url));
  assertEquals((await hotflow(folder, ["schema"])).stdout, await committed("flow"));
  assertEquals((await hotflow(folder, ["schema", "executor"])).stdout, await committed("executor"));
});
