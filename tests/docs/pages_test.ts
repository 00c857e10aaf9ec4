/** Follows the documents: their commands, files, edits, log lines and answers, as they stand. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { TempFolder } from "../support/temp_folder.ts";
import {
  CHECKOUT,
  codeOf,
  codesIn,
  codesOf,
  DOCUMENTS,
  filesOf,
  partsOf,
  readDocument,
  tableRows,
} from "./_markdown.ts";
import { curl, freePort, Page } from "./_page.ts";
import { Running, runToEnd } from "./_running.ts";

const ROLES = ["serve", "run", "edit", "log", "output", "npm", "least", "shown", "ignore"];
/** The documents with commands that serve. */
const PLAYED = (await Promise.all(DOCUMENTS.map(async (name) => [name, await readDocument(name)])))
  .filter(([, text]) => codeOf(text).some(({ roles }) => roles.includes("serve"))).map(([name]) => name);

const QUESTIONS = "Three questions";

for (const name of PLAYED) {
  Deno.test(`${name}: its commands, edits, log lines and answers are as shown`, async () => {
    await using page = await Page.open(name);
    await page.play();
  });
}

Deno.test("The documents: each command has a role, and so has each edit and output", async () => {
  for (const name of DOCUMENTS) {
    for (const { lang, roles, text } of codeOf(await readDocument(name))) {
      const known = roles.every((role) => ROLES.includes(role.split("=")[0]));
      assert(
        known && (roles.length > 0 || !["sh", "diff", "text"].includes(lang)),
        `${name}: ${lang}\n${text}`,
      );
    }
  }
});

Deno.test("The documents: all their TypeScript passes the type check", async () => {
  await using folder = await TempFolder.make();
  const scripts: string[] = [];
  for (const [at, name] of DOCUMENTS.entries()) {
    const text = await readDocument(name);
    // Files for a checkout are checked there, by a command of the document.
    if (text.includes("<!-- checkout -->")) continue;
    for (const [file, code] of filesOf(partsOf(text))) {
      // Tests and configurations are for other runtimes; probes are run by documents_test.ts.
      if (!file.endsWith(".ts") || /\.(?:test|config)\.ts$/.test(file)) continue;
      await folder.write(`${at}/${file}`, code);
      scripts.push(`${at}/${file}`);
    }
  }
  const command = `deno check --config ${CHECKOUT}/deno.json ${scripts.join(" ")}`;
  const { code, stderr } = await runToEnd(command, { cwd: folder.path });
  assertEquals(code, 0, stderr);
});

Deno.test("README: it says what happens when you save, and shows all code before line 30", async () => {
  const lines = (await readDocument("README.md")).split("\n");
  assertMatch(lines[2], /^When you save/);
  const code = lines.slice(0, 30).join("\n");
  assertEquals([...filesOf(partsOf(code)).keys()], ["my_executor.ts", "flow.ts", "client.ts"]);
});

Deno.test("README: after a broken file, the next good save serves", async () => {
  await using page = await Page.open("README.md");
  await page.play();
  await page.edit("my_executor.ts", "foo((docs", "foo(docs");
  await page.flow.line(/INFO .* the files are again as version 2 was loaded from; it keeps serving \[/);
  await page.edit("my_executor.ts", "a new version", "the last version");
  await page.flow.line(/INFO .* version 4 serves after /);
  assertEquals(await page.run(page.command("run")), "I am coming from the last version of MyExecutor");
  await page.flow.interrupt();
});

Deno.test("docs/executors.md: a file that is broken at the first start is waited for when `uses` is its path", async () => {
  await using page = await Page.open("README.md");
  await page.write();
  await page.edit("my_executor.ts", "foo(docs", "foo((docs");
  const { code, stderr } = await runToEnd(page.adapt(page.command("serve")), { cwd: page.folder.path });
  assert(code !== 0 && stderr.includes("SyntaxError"), stderr);
  const uses = codesOf(await readDocument("docs/executors.md")).find((code) =>
    code === 'uses: "./my_executor.ts"'
  );
  await page.edit("flow.ts", 'import { MyExecutor } from "./my_executor.ts";\n', "");
  await page.edit("flow.ts", "uses: MyExecutor", String(uses));
  await page.serve(page.command("serve"));
  await assertRejects(() => page.run(page.command("run")), Error, "executor0 is down: SyntaxError");
  await page.edit("my_executor.ts", "foo((docs", "foo(docs");
  await page.flow.line(/INFO .* version 2 serves after /);
  assertEquals(await page.run(page.command("run")), "I am coming from the first version of MyExecutor");
  await page.flow.interrupt();
});

Deno.test("docs/runtimes.md: an import of mod.ts by its path works too", async () => {
  await using page = await Page.open("README.md");
  for (const [name, text] of filesOf(partsOf(page.text))) {
    await page.save(name, text.replaceAll("@hotflow/hotflow", "/path/to/hotflow/mod.ts"));
  }
  await page.serve(page.command("serve"));
  assertEquals(await page.run(page.command("run")), "I am coming from the first version of MyExecutor");
});

Deno.test("docs/watching.md: each source file in the folder and below is watched, imported or not", async () => {
  const extensions = codesOf(await readDocument("docs/watching.md")).filter((code) =>
    /^\.\w*[jt]sx?$/.test(code)
  );
  assertEquals(extensions.length, 7);
  const names = extensions.map((extension) => `below/deeper/other${extension}`);
  await using page = await Page.open("README.md");
  await page.write();
  for (const name of names) await page.save(name, "export {};\n");
  await page.serve(page.command("serve"));
  let version = 1;
  for (const name of [...names, "new.ts"]) {
    await page.save(name, "export const changed = true;\n");
    const changed = `detected changes in: ['/home/you/hello/${name}']. Refreshing the Executor`;
    await page.logged(`INFO   executor0/rep-0@1 ${changed} [11/25/26 10:12:31]`);
    await page.logged(
      `INFO   executor0/rep-0@1 version ${++version} serves after 6.5 ms [11/25/26 10:12:31]`,
    );
  }
});

Deno.test("docs/watching.md: what is not watched reloads nothing; what needs a new process is named", async () => {
  await using page = await Page.open("README.md");
  await page.write();
  await page.serve(page.command("serve"));
  const unwatched = ["node_modules/a.ts", ".hidden/a.ts", ".a.ts", "a.ts.tmp", "a.ts~", ".hotflow/a.ts"];
  for (const name of [...unwatched, "notes.txt", "data.json"]) await page.save(name, "export {};\n");
  await page.save("my_executor.ts", await Deno.readTextFile(page.folder.at("my_executor.ts")));
  // File events come in order: once this one is logged, those before it were looked at.
  const message =
    codesOf(await readDocument("docs/watching.md")).find((code) => code.includes("restart the process")) ??
      "";
  await page.save("deno.json", "{}\n");
  const line = `WARNING  Flow@1 /home/you/hello/${message} [11/25/26 10:25:10]`;
  await page.logged(line);
  await page.edit("flow.ts", "await flow.block();", "await flow.block(); // to the end");
  await page.logged(line.replace("deno.json", "flow.ts"));
  assertEquals(page.flow.log.count(/detected changes/), 0);
});

Deno.test("docs/lifecycle.md: with two replicas, each goes on from its own number", async () => {
  await using page = await Page.open("docs/lifecycle.md");
  await page.write();
  await page.edit("count.ts", "restart: true", "restart: true, replicas: 2");
  await page.serve(page.command("serve"));
  const count = async () => JSON.parse(await page.run(page.command("run"))).data[0].text;
  assertEquals([await count(), await count()], ["request 11", "request 12"]);
  await page.edit("counter.ts", "`request $", "`number $");
  await page.logged("INFO   executor0/rep-0@1 version 2 serves after 6.5 ms [11/25/26 10:25:10]");
  assertEquals(await count(), "number 13");
});

Deno.test("docs/http.md: each route answers, and so does each error that needs no special Flow", async () => {
  await using page = await Page.open("docs/http.md");
  await page.write();
  await page.serve(page.command("serve"));
  const status = async (method: string, path: string, body?: string): Promise<number> => {
    const headers = { "content-type": "application/json" };
    const init = body === undefined ? { method } : { method, body, headers };
    const response = await fetch(`http://127.0.0.1:${page.port}${path}`, init);
    await response.body?.cancel();
    return response.status;
  };
  for (const [request] of tableRows(page.text, "request")) {
    const [method, path] = codesIn(request)[0].replace("<endpoint>", "shout").split(" ");
    const body = method === "POST" ? '{"execEndpoint": "/shout"}' : undefined;
    assertEquals(await status(method, path, body), 200, request);
  }
  const statuses = {
    404: await status("POST", "/nothing", "{}"),
    405: await status("GET", "/shout"),
    422: await status("POST", "/post", '{"data": [{"tags": 1}]}'),
    413: await status("POST", "/post", `"${"x".repeat(32 * 1024 * 1024)}"`),
  };
  for (const [expected, actual] of Object.entries(statuses)) assertEquals(actual, Number(expected));
  const listed = tableRows(page.text, "status").map(([status]) => status);
  assertEquals(Object.keys(statuses).filter((status) => !listed.includes(status)), []);
});

Deno.test("docs/streams.md: a stream's events are update and end", async () => {
  await using page = await Page.open("docs/streams.md");
  await page.write();
  await page.serve(page.command("serve"));
  const command = codeOf(page.text).find(({ text }) => text.includes("text/event-stream"))?.text.trim() ?? "";
  assertEquals((await page.run(command)).match(/(?<=^event: )\w+/gm), ["update", "update", "end"]);
});

Deno.test("docs/permissions.md: they are enough for a reload and an end, and none can be left out", async () => {
  await using page = await Page.open("docs/permissions.md");
  const request = "curl -s http://127.0.0.1:12345/ -H 'content-type: application/json' -d '{\"data\": [{}]}'";
  const command = page.command("least");
  await page.serve(command);
  await page.edit("my_executor.ts", "the first version", "a new version");
  await page.logged("INFO   executor0/rep-0@1 version 2 serves after 6.5 ms [11/25/26 10:25:10]");
  assertMatch(await page.run(request), /a new version/);
  assertEquals(page.flow.log.count(/NotCapable|Requires/), 0);
  assertEquals(await page.flow.interrupt(), 0);

  await page.serve(command.replace(/--allow-env=\S+/, "--no-prompt"));
  assertMatch(await page.run(request), /a new version/);
  await page.flow.interrupt();
  for (const name of ["--allow-net", "--allow-read"]) {
    const less = command.split(" ").filter((word) => !word.startsWith(name)).join(" ");
    await using running = new Running(page.adapt(less), { cwd: page.folder.path });
    await running.line(new RegExp(`.*Requires ${name.slice("--allow-".length)} access`));
  }
});

Deno.test("README: a Flow that is started without a guard logs what its question quotes", async () => {
  await using page = await Page.open("README.md");
  const files = filesOf(partsOf(page.text));
  const both = `${files.get("my_executor.ts")}${files.get("flow.ts")}`;
  await page.save("flow.ts", both.replace(/^import .*my_executor.*$/m, ""));
  const [question] = /Cannot start a Flow[^"]*/.exec(page.text) ?? [];
  await page.serve(page.command("serve"));
  await page.flow.line(new RegExp(`Error: ${question}: .*import\\.meta\\.main`));
});

Deno.test("README: an Executor binds its handlers without decorators", async () => {
  await using page = await Page.open("README.md");
  const [requests, source] = page.codes(QUESTIONS).filter((code) => code.startsWith("static"));
  await page.save(
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
  const flow = `${filesOf(partsOf(page.text)).get("flow.ts")}`.replace("./my_executor.ts", "./plain.js");
  await page.save("flow.ts", flow.replaceAll("MyExecutor", "Plain"));
  await page.serve(page.command("serve"));
  const ask = (path: string) =>
    page.run(`curl -s http://127.0.0.1:12345${path} -H 'content-type: application/json' -d '{"data": [{}]}'`);
  assertMatch(await ask("/search"), /"text":"find"/);
  assertMatch(await ask("/"), /"text":"foo"/);
});

Deno.test("README: its one command serves the example from a checkout", async () => {
  const command =
    codesOf(await readDocument("README.md")).find((code) => / task (?:-q )?start$/.test(code)) ?? "";
  const port = freePort();
  await using folder = await TempFolder.make();
  const anywhere = command.replace("task", `task --config ${CHECKOUT}/deno.json`);
  await using running = await Running.serving(anywhere, { cwd: folder.path, env: { PORT: String(port) } });
  await running.line(new RegExp(`Ask: .*http://127\\.0\\.0\\.1:${port}/`));
  const answer = await curl(
    `curl -s http://127.0.0.1:${port}/ -H 'content-type: application/json' -d '{"data": [{}]}'`,
  );
  assertEquals(JSON.parse(answer).data[0].text, "I am coming from the first version of MyExecutor");
  assertEquals(running.lines.filter((line) => line.includes("tools/launch.ts")), []);
  await running.interrupt();
});
