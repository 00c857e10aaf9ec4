/** What a runtime prints of an error that a script does not catch: the message, and the script's own frames. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { PACKAGE } from "../support/flow_fixture.ts";
import { target } from "../support/target.ts";
import { TempFolder } from "../support/temp_folder.ts";

const GOOD = `import { Executor } from ${JSON.stringify(PACKAGE)};
export class Good extends Executor {
  static source = import.meta.url;
  static requests = { default: "foo", "/raise": "raise" };
  foo() {}
  raise() { throw new Error("boom"); }
}
`;

/** A script's body, `await run(…)` at line 4 where it fails; and what it has to say. */
interface Case {
  readonly name: string;
  readonly body: string;
  readonly says: RegExp;
}

const CASES: readonly Case[] = [
  {
    name: "a port in use",
    body: `await new Flow({ port: TAKEN }).add({ uses: "./good.js" }).start();`,
    says: /Error: Cannot serve at 127\.0\.0\.1:\d+: the port is in use; stop what uses it/i,
  },
  {
    name: "no server at the address",
    body: `await new Client({ port: 4 }).post("/", { text: "x" }, { retries: 0 });`,
    says: /ConnectionError: Cannot reach a Flow at http:\/\/127\.0\.0\.1:4: .*; is it running\?/,
  },
  {
    name: "no server for a stream",
    body: `for await (const doc of new Client({ port: 4 }).stream("/", {})) console.log(doc);`,
    says: /ConnectionError: Cannot reach a Flow at http:\/\/127\.0\.0\.1:4: .*; is it running\?/,
  },
  {
    name: "an Executor that is broken at the start",
    body: `await new Flow({ port: 0 }).add({ uses: "./broken.js" }).start();`,
    says: /LoadError: SyntaxError: .* at \S+broken\.js:5:\d+\n/,
  },
  {
    name: "an Executor whose setup() throws",
    body: `await new Flow({ port: 0 }).add({ uses: "./throws.js" }).start();`,
    says: /LoadError: Error: no model at \S+throws\.js:4:\d+\n/,
  },
  {
    name: "an Executor that is not there",
    body: `await new Flow({ port: 0 }).add({ uses: "./gone.js" }).start();`,
    says: /LoadError: .*gone\.js/,
  },
  {
    name: "an unknown option",
    body: `new Flow({ prot: 3 });`,
    says: /TypeError: Cannot make a Flow with the option "prot"; did you mean "port"\?/,
  },
  {
    name: "an option of add() that is out of range",
    body: `new Flow().add({ uses: "./good.js", replicas: 0 });`,
    says: /RangeError: Cannot add an Executor with replicas 0: /,
  },
  {
    name: "a Client's option",
    body: `new Client({ port: "x" });`,
    says: /TypeError: Cannot create a Client for/,
  },
  {
    name: "a topology that does not hold together",
    body: `await new Flow({ port: 0 }).add({ uses: "./good.js", needs: "gone" }).start();`,
    says: /TypeError: Cannot start the Flow: /,
  },
  {
    name: "mistakes in a Flow's YAML",
    body: `await Flow.load("flow.yml");`,
    says: /FlowYamlError: Cannot load flow\.yml: 2 problems:\nunknown key `with\.prt`.*flow\.yml:2:9\n/,
  },
  {
    name: "an Executor that throws",
    body: `const flow = await new Flow({ port: 0 }).add({ uses: "./good.js" }).start();
  try { await flow.post("/raise"); } finally { await flow.close(); }`,
    says: /BadServerError: Error: boom/,
  },
  {
    name: "several at once",
    body:
      `await Promise.all([4, 4].map(async (port) => await new Client({ port }).post("/", {}, { retries: 0 })));`,
    says: /ConnectionError: Cannot reach a Flow/,
  },
  {
    name: "a promise that nothing awaits",
    body: `new Client({ port: 4 }).post("/", {}, { retries: 0 }).then(() => {});`,
    says: /ConnectionError: Cannot reach a Flow/,
  },
];

/** Beside the message and the frames: source lines, a caret, the cause in one line, blank lines, the runtime's name. */
const MOST_LINES = 25;

for (const { name, body, says } of CASES) {
  for (const place of ["a function", "the top level"]) {
    Deno.test(`An uncaught error at ${place} shows its message and the script's frames only: ${name}`, async () => {
      await using folder = await scriptFolder();
      using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const text = body.replace("TAKEN", String((taken.addr as Deno.NetAddr).port));
      const whole = place === "a function"
        ? `async function main() {\n  ${text}\n}\nawait main();`
        : `\n${text}\n`;
      const { code, stderr } = await runScript(folder, whole);
      assert(code !== 0, stderr);
      assertMatch(stderr, says);
      assertOwnFrames(stderr, folder);
      const [message] = says.exec(stderr) as RegExpExecArray;
      assert(stderr.split("\n").length - message.split("\n").length < MOST_LINES, stderr);
    });
  }
}

Deno.test("An error that a program's own callback throws keeps its frames, and so does an engine's", async () => {
  await using folder = await scriptFolder();
  const { stderr } = await runScript(
    folder,
    `async function* inputs() { yield {}; throw new TypeError("Cannot read it: my own"); }
await new Client({ port: 4 }).post("/", inputs());`,
  );
  assertMatch(stderr, /TypeError: Cannot read it: my own/);
  assertMatch(stderr, /at inputs \(.*script\.js:2:/);
});

Deno.test("What a trimmed error carries can be read, and is not printed", async () => {
  await using folder = await scriptFolder();
  const { stdout, stderr } = await runScript(
    folder,
    `const load = await new Flow({ port: 0 }).add({ uses: "./broken.js" }).start().catch((error) => error);
const lost = await new Client({ port: 4 }).post("/", {}, { retries: 0 }).catch((error) => error);
const yaml = await Flow.load("flow.yml").catch((error) => error);
console.log(load.place.line, load.info.name, yaml.problems.length, lost.requestId.length, lost.cause instanceof Error);
console.log(Object.keys(load).concat(Object.keys(lost), Object.keys(yaml)).filter((key) => key !== "name").length);`,
  );
  assertEquals([stdout, stderr], ["5 SyntaxError 2 32 true\n0\n", ""]);
});

async function scriptFolder(): Promise<TempFolder> {
  const folder = await TempFolder.make();
  await folder.write("good.js", GOOD);
  await folder.write(
    "throws.js",
    GOOD.replace("foo() {}", "").replace(
      'static requests = { default: "foo", "/raise": "raise" };',
      'setup() { throw new Error("no model"); }',
    ),
  );
  await folder.write("broken.js", GOOD.replace("foo() {}", "foo(( {}"));
  await folder.write("flow.yml", "jtype: Flow\nwith: { prt: 3 }\nexecutors:\n  - uses: gone.js\n");
  return folder;
}

async function runScript(
  folder: TempFolder,
  body: string,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const path = await folder.write(
    "script.js",
    `import { Client, Flow } from ${JSON.stringify(PACKAGE)};\n${body}\n`,
  );
  const [program, ...args] = target.command;
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...args, path],
    cwd: folder.path,
    env: { NO_COLOR: "1", HOTFLOW_LOG_LEVEL: "silent" },
    stdin: "null",
  }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, stdout: out, stderr: err };
}

/** Every frame is one of the script, there is at least one, and no source line is one of the library. */
function assertOwnFrames(stderr: string, folder: TempFolder): void {
  const frames = stderr.split("\n").filter((line) => /^\s+at .*:\d+:\d+\)?(?: \{)?$/.test(line));
  assert(frames.length > 0, stderr);
  for (const frame of frames) assert(frame.includes(folder.at("script.js")), stderr);
  assert(!/hotflow\/src\/|\/src\/(?:flow|client|errors|reload)\//.test(stderr), stderr);
}
