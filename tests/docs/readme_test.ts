/** Does what the README says, as it stands. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { CHECKOUT, codesIn, filesOf, partsOf, readDocument, tableRows } from "./_markdown.ts";
import { Running, runToEnd } from "./_running.ts";
import { freePort, linePattern, Story } from "./_story.ts";
import { TempFolder } from "../support/temp_folder.ts";

const TOP = "hotflow";
const CLI = "One file, one command";
const CHANGE = "Change a word, and save";
const BROKEN = "A broken file: the old version keeps serving";
const YAML = "Restart on YAML";
const FLOW_YAML = "A Flow in YAML";
const WATCHED = "What is watched";
const STATE = "What survives a reload";
const PERMISSIONS = "Log and permissions";

Deno.test("README: it says what happens when you save, and shows all code before line 30", async () => {
  const lines = (await readDocument("README.md")).split("\n");
  assertMatch(lines[2], /^When you save/);
  const code = lines.slice(0, 30).join("\n");
  assertEquals([...filesOf(partsOf(code)).keys()], ["my_executor.ts", "flow.ts", "client.ts"]);
});

Deno.test("README: the word that is changed is answered, and a broken file leaves the old version", async () => {
  await using story = await Story.make();
  await story.write(TOP);
  await story.play(CHANGE);
  await story.play(BROKEN);
  await story.edit("my_executor.ts", "foo((docs", "foo(docs");
  await story.flow.line(/INFO .* the files are again as version 2 was loaded from; it keeps serving \[/);
  await story.edit("my_executor.ts", "a new version", "the last version");
  await story.flow.line(/INFO .* version 4 serves after /);
  assertEquals(await story.client(), "I am coming from the last version of MyExecutor");
  await story.flow.interrupt();
});

Deno.test("README: a file that is broken at the first start is waited for when the Flow names its path", async () => {
  await using story = await Story.make();
  await story.write(TOP);
  story.commands(CHANGE);
  await story.edit("my_executor.ts", "foo(docs", "foo((docs");
  const { code, stderr } = await runToEnd(story.adapt(commandIn(story, CHANGE)), { cwd: story.folder.path });
  assert(code !== 0 && stderr.includes("SyntaxError"), stderr);
  const uses = codesIn(proseOf(story, BROKEN)).find((code) => code.startsWith("uses: "));
  await story.edit("flow.ts", 'import { MyExecutor } from "./my_executor.ts";\n', "");
  await story.edit("flow.ts", "uses: MyExecutor", String(uses));
  await story.start();
  await assertRejects(() => story.client(), Error, "executor0 is down: SyntaxError");
  await story.edit("my_executor.ts", "foo((docs", "foo(docs");
  await story.flow.line(/INFO .* version 2 serves after /);
  assertEquals(await story.client(), "I am coming from the first version of MyExecutor");
  await story.flow.interrupt();
});

Deno.test("README: an import of mod.ts by its path works too", async () => {
  await using story = await Story.make();
  for (const [name, text] of filesOf(story.section(TOP))) {
    await story.save(name, text.replaceAll("@hotflow/hotflow", "/path/to/hotflow/mod.ts"));
  }
  await story.play(CHANGE);
});

Deno.test("README: all its code passes the type check", async () => {
  await using story = await Story.make();
  const files = [TOP, YAML, FLOW_YAML, STATE].flatMap((
    heading,
  ) => [...filesOf(story.section(heading)).keys()]);
  for (const heading of [TOP, YAML, FLOW_YAML, STATE]) await story.write(heading);
  const scripts = files.filter((name) => name.endsWith(".ts")).join(" ");
  const command = `deno check --config ${CHECKOUT}/deno.json ${scripts}`;
  const { code, stderr } = await runToEnd(command, { cwd: story.folder.path });
  assertEquals(code, 0, stderr);
});

Deno.test("README: one command serves one file, and says what the README shows", async () => {
  await using story = await Story.make();
  await story.write(TOP);
  const [shown] = story.section(CLI).filter(({ kind, text }) =>
    kind === "code" && text.startsWith("hotflow ")
  );
  const command = `${story.adapt(commandIn(story, CLI))} --port ${story.port}`;
  await using running = new Running(command, { cwd: story.folder.path });
  let mark = 0;
  for (const line of shown.text.trimEnd().split("\n")) {
    mark = await running.line(linePattern(story.adapt(line)), mark);
  }
  await story.edit("my_executor.ts", "the first version", "a new version");
  const saved = codesIn(proseOf(story, CLI)).find((code) => code.startsWith("reload ")) ?? "";
  await running.line(new RegExp(`[\\d:]+ ${linePattern(saved).source.slice(1).replace(" ", " +")}`), mark);
});

Deno.test("README: a change of the YAML puts the other class in its place", async () => {
  await using story = await Story.make();
  await story.write(TOP);
  story.commands(CHANGE);
  await story.play(YAML);
  await story.flow.interrupt();
});

Deno.test("README: a change of the Flow's YAML is applied while it serves", async () => {
  await using story = await Story.make();
  await story.write(TOP);
  story.commands(CHANGE);
  await story.play(FLOW_YAML);
  assertEquals(await story.client(), "I am coming from the first version of MyExecutor");
  await story.flow.interrupt();
});

Deno.test("README: each source file in the folder and below is watched, imported or not", async () => {
  await using story = await Story.make();
  await story.write(TOP);
  const names = codesIn(proseOf(story, WATCHED)).filter((code) => /^\.\w*[jt]sx?$/.test(code)).map((
    extension,
  ) => `below/deeper/other${extension}`);
  assertEquals(names.length, 7);
  for (const name of names) await story.save(name, "export {};\n");
  story.commands(CHANGE);
  await story.start();
  let version = 1;
  for (const name of [...names, "new.ts"]) {
    await story.save(name, "export const changed = true;\n");
    const path = `/home/you/hello/${name}`;
    const said = `detected changes in: ['${path}']. Refreshing the Executor`;
    await story.logged(`INFO   executor0/rep-0@1 ${said} [11/25/26 10:12:31]`);
    await story.logged(
      `INFO   executor0/rep-0@1 version ${++version} serves after 6.5 ms [11/25/26 10:12:31]`,
    );
  }
});

Deno.test("README: what is not watched reloads nothing; what needs a new process is named", async () => {
  await using story = await Story.make();
  await story.write(TOP);
  story.commands(CHANGE);
  await story.start();
  const unwatched = ["node_modules/a.ts", ".hidden/a.ts", ".a.ts", "a.ts.tmp", "a.ts~", ".hotflow/a.ts"];
  for (const name of [...unwatched, "notes.txt", "data.json"]) await story.save(name, "export {};\n");
  await story.save("my_executor.ts", await Deno.readTextFile(story.folder.at("my_executor.ts")));
  // File events come in order: once this one is told of, those before it were looked at.
  const message = codesIn(proseOf(story, WATCHED)).find((code) => code.includes("restart the process")) ?? "";
  await story.save("deno.json", "{}\n");
  const line = `WARNING  Flow@1 /home/you/hello/${message} [11/25/26 10:25:10]`;
  await story.logged(line);
  await story.edit("flow.ts", "await flow.block();", "await flow.block(); // to the end");
  await story.logged(line.replace("deno.json", "flow.ts"));
  assertEquals(story.flow.log.count(/detected changes/), 0);
});

Deno.test("README: state survives a reload, each replica's own, and no restart; curl shows it", async () => {
  await using story = await Story.make();
  await story.write(STATE);
  const [add] = codesIn(proseOf(story, STATE)).filter((code) => code.startsWith("add("));
  await story.save(
    "count.ts",
    `import { Flow } from "@hotflow/hotflow";
await using flow = await new Flow({ port: 12345 }).${add}.start();
await flow.block();
`,
  );
  story.commands(CHANGE);
  await story.start("count.ts");
  const count = async () => JSON.parse(await curl(story, commandIn(story, "HTTP"))).data[0].text;
  assertEquals([await count(), await count()], ["request 11", "request 12"]);
  await story.edit("counter.ts", "`request $", "`number $");
  await story.logged("INFO   executor0/rep-0@1 version 2 serves after 6.5 ms [11/25/26 10:25:10]");
  assertEquals(await count(), "number 13");
  await story.edit("counter.yml", "from: 10", "from: 100");
  await story.logged("INFO   executor0/rep-0@1 version 3 serves after 6.5 ms [11/25/26 10:25:10]");
  assertEquals(await count(), "number 101");
  await checkRoutes(story);
});

/** Each route of the table answers, and so do the errors that need no special Flow. */
async function checkRoutes(story: Story): Promise<void> {
  const rows = tableRows(await readDocument("README.md"), "request");
  for (const [request] of rows) {
    const [method, path] = codesIn(request)[0].replace("<endpoint>", "count").split(" ");
    const body = method === "POST" ? '{"execEndpoint": "/count"}' : undefined;
    assertEquals(await status(story, method, path, body), 200, request);
  }
  assertEquals(await status(story, "POST", "/nothing", "{}"), 404);
  assertEquals(await status(story, "GET", "/count"), 405);
  assertEquals(await status(story, "POST", "/post", '{"data": [{"tags": 1}]}'), 422);
  assertEquals(await status(story, "POST", "/post", `"${"x".repeat(32 * 1024 * 1024)}"`), 413);
}

async function status(story: Story, method: string, path: string, body?: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${story.port}${path}`, {
    method,
    ...(body !== undefined && { body, headers: { "content-type": "application/json" } }),
  });
  await response.body?.cancel();
  return response.status;
}

Deno.test("README: the least permissions are enough for a reload and an end, and none can be left out", async () => {
  await using story = await Story.make();
  await story.write(TOP);
  const command = story.adapt(commandIn(story, PERMISSIONS));
  story.commands(PERMISSIONS);
  await story.start();
  await story.edit("my_executor.ts", "the first version", "a new version");
  await story.logged("INFO   executor0/rep-0@1 version 2 serves after 6.5 ms [11/25/26 10:25:10]");
  assertMatch(await curl(story, commandIn(story, "HTTP").replace("/count", "/")), /a new version/);
  assertEquals(story.flow.log.count(/NotCapable|Requires/), 0);
  assertEquals(await story.flow.interrupt(), 0);

  const silent = command.replace(/--allow-env=\S+/, "--no-prompt");
  await using another = await Running.serving(silent, { cwd: story.folder.path });
  assertMatch(await curl(story, commandIn(story, "HTTP").replace("/count", "/")), /a new version/);
  await another.interrupt();
  for (const name of ["--allow-net", "--allow-read"]) {
    const less = command.split(" ").filter((word) => !word.startsWith(name)).join(" ");
    await using running = new Running(less, { cwd: story.folder.path });
    await running.line(new RegExp(`.*Requires ${name.slice("--allow-".length)} access`));
  }
});

Deno.test("README: a Flow that is started without a guard says what its question quotes", async () => {
  await using story = await Story.make();
  const files = filesOf(story.section(TOP));
  const guarded = `${files.get("my_executor.ts")}${files.get("flow.ts")}`.replace(
    /^import .*my_executor.*$/m,
    "",
  );
  await story.save("flow.ts", guarded);
  const [question] = /Cannot start a Flow[^"]*/.exec(proseOf(story, "Three questions")) ?? [];
  story.commands(CHANGE);
  await story.start();
  await story.flow.line(new RegExp(`Error: ${question}: .*import\\.meta\\.main`));
});

Deno.test("README: an Executor binds its handlers without decorators", async () => {
  await using story = await Story.make();
  const [requests, source] = codesIn(proseOf(story, "Three questions")).filter((code) =>
    code.startsWith("static")
  );
  await story.save(
    "plain.js",
    `import { Executor } from "@hotflow/hotflow";
export class Plain extends Executor {
  ${requests}
  ${source}
  foo(docs) { for (const doc of docs) doc.text = "foo"; }
  find(docs) { for (const doc of docs) doc.text = "find"; }
}
`,
  );
  const flow = `${filesOf(story.section(TOP)).get("flow.ts")}`.replace("./my_executor.ts", "./plain.js");
  await story.save("flow.ts", flow.replaceAll("MyExecutor", "Plain"));
  story.commands(CHANGE);
  await story.start();
  assertMatch(await curl(story, commandIn(story, "HTTP").replace("/count", "/search")), /"text":"find"/);
  assertMatch(await curl(story, commandIn(story, "HTTP").replace("/count", "/")), /"text":"foo"/);
});

Deno.test("README: a generator streams, in a loop and as events", async () => {
  await using story = await Story.make();
  await story.write("Streams");
  const files = filesOf(story.section(TOP));
  await story.save(
    "flow.ts",
    `${files.get("flow.ts")}`.replace("./my_executor.ts", "./teller.ts").replaceAll("MyExecutor", "Teller"),
  );
  story.commands(CHANGE);
  await story.start();
  const [loop, accept] = codesIn(proseOf(story, "Streams")).filter((code) =>
    /^(?:for await|accept)/.test(code)
  );
  const [use, ...rest] = `${files.get("client.ts")}`.split("\n").filter((line) => line.startsWith("import"));
  const port = "const client = new Client({ port: 12345 });";
  await story.save("client.ts", [use, ...rest, port, `${loop} console.log(doc.text);`].join("\n"));
  assertEquals(await story.client(), "one\nby\none");
  const [name, value] = accept.split(": ");
  const response = await fetch(`http://127.0.0.1:${story.port}/tell`, {
    method: "POST",
    headers: { "content-type": "application/json", [name]: value },
    body: '{"data": [{"text": "two words"}]}',
  });
  assertEquals((await response.text()).match(/(?<=^event: )\w+/gm), ["update", "update", "end"]);
});

Deno.test("README: its one command serves the example from a checkout", async () => {
  const command =
    codesIn(await readDocument("README.md")).find((code) => / task (?:-q )?start$/.test(code)) ?? "";
  const port = freePort();
  await using folder = await TempFolder.make();
  const anywhere = command.replace("task", `task --config ${CHECKOUT}/deno.json`);
  await using running = await Running.serving(anywhere, { cwd: folder.path, env: { PORT: String(port) } });
  await running.line(new RegExp(`Ask: .*http://127\\.0\\.0\\.1:${port}/`));
  const response = await fetch(`http://127.0.0.1:${port}/`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"data": [{}]}',
  });
  assertEquals((await response.json()).data[0].text, "I am coming from the first version of MyExecutor");
  assertEquals(running.lines.filter((line) => line.includes("tools/launch.ts")), []);
  await running.interrupt();
});

/** The prose of a section. */
function proseOf(story: Story, heading: string): string {
  return story.section(heading).filter(({ kind }) => kind === "prose").map(({ text }) => text).join(" ");
}

/** The first command of a section. */
function commandIn(story: Story, heading: string): string {
  const shell = story.section(heading).find((part) => part.kind === "code" && part.lang === "sh");
  return shell?.text.trim().split("\n")[0] ?? "";
}

/** Does what a curl command of the README does; answers the body. */
async function curl(story: Story, command: string): Promise<string> {
  const [, url, header, body] = /^curl -s (\S+) -H '([^']+)' -d '([^']+)'$/.exec(story.adapt(command)) ?? [];
  const [name, value] = header.split(": ");
  const response = await fetch(url, { method: "POST", headers: { [name]: value }, body });
  return await response.text();
}
