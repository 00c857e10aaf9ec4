/** What the log says of mistakes in files besides the Executor's, and of handlers that fail. */
import { assertEquals, assertMatch } from "@std/assert";
import { Latch } from "../support/latch.ts";
import { FILE, Reloading, spotOf } from "../support/reloading.ts";
import { executorSource } from "../support/flow_fixture.ts";
import { answering, executorWith, reloadTest } from "./_serving.ts";

reloadTest("an imported JSON file that is broken is named with its line and column", async (fixture) => {
  await fixture.folder.write("words.json", '{ "text": "v1" }');
  const source = `import words from "./words.json" with { type: "json" };\n${
    executorSource("").replace('""', "words.text")
  }`;
  const reloading = await Reloading.begin(fixture, { files: { [FILE]: source } });
  await reloading.breaks(
    { says: /SyntaxError/, file: "words.json", spot: { line: 2, column: 3 } },
    () => fixture.folder.write("words.json", '{\n  oops: "v2" }'),
  );
  await reloading.saved("v2", '{ "text": "v2" }', "words.json");
  assertEquals(reloading.traffic.texts, ["v1", "v2"]);
  await fixture.assertNothingLost();
});

// By polling: Deno 2.9's own watcher opens a pipe that comes into its folder, and waits for ever.
reloadTest("a pipe beside the source holds nothing up", async (fixture) => {
  const { folder } = fixture;
  const reloading = await Reloading.begin(fixture, { flow: { poll: true } });
  const { success } = await new Deno.Command("mkfifo", { args: [folder.at("pipe.ts")] }).output();
  assertEquals(success, true);
  await folder.write(FILE, executorSource("v2"));
  await reloading.traffic.text("v2");
  assertEquals(reloading.traffic.texts, ["v1", "v2"]);
});

reloadTest("a handler that throws leaves a line with the place", async (fixture) => {
  const source = executorWith(`${answering("v1")}  @requests({ on: "/fail" })
  fail() { throw new RangeError("out of words"); }
`);
  await fixture.folder.write(FILE, source);
  await fixture.serve({ uses: FILE, reload: true });
  assertEquals((await fixture.ask("/fail")).status, 500);
  const { line, column } = spotOf(source, "new RangeError");
  const { message } = await fixture.log.waitFor(/ERROR executor0\/rep-0 a request for \/fail failed/);
  assertMatch(
    message,
    new RegExp(`: RangeError: out of words at ${fixture.folder.at(FILE)}:${line}:${column}$`),
  );
});

reloadTest("endless recursion in a handler is the handler's mistake: 500, and logged", async (fixture) => {
  const source = executorWith(`${answering("v1")}  @requests({ on: "/deep" })
  deep() { const dig = (depth) => dig(depth + 1) + 1; return dig(0); }
`);
  await fixture.folder.write(FILE, source);
  await fixture.serve({ uses: FILE, reload: true });
  const seen = await fixture.ask("/deep");
  assertEquals(seen.status, 500);
  assertMatch(seen.body, /Maximum call stack/);
  await fixture.log.waitFor(
    /ERROR executor0\/rep-0 a request for \/deep failed: RangeError: Maximum call stack/,
  );
});

reloadTest("a request whose client is gone does not keep a replaced version alive", async (fixture) => {
  await using latch = new Latch();
  const source = (text: string) =>
    executorWith(`${answering(text)}  @requests({ on: "/never" })
  async never(docs, { parameters }) { await fetch(parameters.latch); await new Promise(() => {}); }
`);
  const reloading = await Reloading.begin(fixture, { files: { [FILE]: source("v1") } });
  const gone = new AbortController();
  const request = fetch(`http://127.0.0.1:${fixture.port}/never`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ parameters: { latch: latch.url } }),
    signal: gone.signal,
  }).catch(() => {});
  await latch.reached();
  await reloading.saved("v2", source("v2"));
  gone.abort();
  await request;
  // The worker of the first version ends, although the handler never does.
  await fixture.assertNothingLost();
});

reloadTest("a broken save is told of, although its file is touched right after it", async (fixture) => {
  const reloading = await Reloading.begin(fixture);
  const broken = executorSource("broken").replace("foo(docs)", "foo((docs)");
  await reloading.breaks({ says: /SyntaxError/, file: FILE, spot: { line: 4, column: 7 } }, async () => {
    await fixture.folder.write(FILE, broken);
    await Deno.chmod(fixture.folder.at(FILE), 0o600);
  });
  await reloading.saved("v2");
  await fixture.assertNothingLost();
});

reloadTest("a module that a YAML names and that is missing is placed where it is named", async (fixture) => {
  await fixture.folder.write(FILE, executorSource("v1"));
  await fixture.folder.write("executor.yml", `jtype: MyExecutor\nmodules: [${FILE}]\n`);
  await fixture.serve({ uses: "executor.yml", restart: true, reload: true });
  await fixture.folder.write("executor.yml", "jtype: MyExecutor\nmodules:\n  - ./gone.ts\n");
  const { message } = await fixture.log.waitFor(/ERROR executor0\/rep-0 could not load the new version/);
  const yaml = fixture.folder.at("executor.yml");
  assertMatch(
    message,
    new RegExp(`: Module not found ".*${fixture.folder.at("gone.ts")}"\\. at ${yaml}:3:5\n`),
  );
  assertMatch(message, /\n {2}3 \| {3}- \.\/gone\.ts\n/);
  const { lastError } = (await fixture.status()).deployments[0];
  assertEquals([lastError?.file, lastError?.line, lastError?.column], [yaml, 3, 5]);
  assertEquals((await fixture.ask()).text, "v1");
});
