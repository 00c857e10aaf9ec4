import { assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { type AddOptions, Flow, type FlowOptions, LoadError } from "../../mod.ts";
import { Latch } from "../support/latch.ts";
import { FILE } from "../support/reloading.ts";
import { executorSource, FlowFixture, PACKAGE } from "../support/flow_fixture.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { A, B } from "./_executors.ts";
import { Served } from "./_serve.ts";

const quiet: FlowOptions = { port: 0, log: () => {} };

Deno.test("Flow() throws when a number is none from 0 up, and names the option", () => {
  const names = [
    "port",
    "bodyLimit",
    "timeout",
    "loadTimeout",
    "handoverTimeout",
    "stuckAfter",
    "closeTimeout",
  ];
  for (const name of names) {
    for (const value of [-1, NaN, "80"]) {
      assertThrows(
        () => new Flow({ [name]: value }),
        RangeError,
        `Cannot make a Flow with ${name} ${value}: expected `,
      );
    }
  }
});

Deno.test("Flow() throws when poll is no yes or no, and no time that can be meant", () => {
  for (const poll of [0, 9, 60_001, NaN, -1]) {
    assertThrows(
      () => new Flow({ poll }),
      RangeError,
      `poll ${poll}: expected true, false or a number of milliseconds from 10 to 60000`,
    );
  }
  assertThrows(
    () => new Flow({ poll: "1" as unknown as number }),
    TypeError,
    "with poll 1: expected true, false or a number",
  );
  for (const poll of [true, false, 10, 60_000]) new Flow({ poll });
});

Deno.test("Flow() throws when a time is longer than a timer can hold, and takes Infinity for no limit", () => {
  for (const name of ["timeout", "loadTimeout", "handoverTimeout", "stuckAfter", "closeTimeout"]) {
    assertThrows(
      () => new Flow({ [name]: 2 ** 31 }),
      RangeError,
      `${name} 2147483648: expected milliseconds from 0 to 2147483647, or Infinity for no limit`,
    );
    new Flow({ [name]: 2 ** 31 - 1 });
    new Flow({ [name]: Infinity });
  }
});

Deno.test("Flow serves, hands over and closes without any limit", async () => {
  await using fixture = await FlowFixture.make();
  const never = Object.fromEntries(
    ["timeout", "loadTimeout", "handoverTimeout", "stuckAfter", "closeTimeout"].map((
      name,
    ) => [name, Infinity]),
  );
  const source = (text: string) => executorSource(text, "MyExecutor", "saveState() {}\nrestoreState() {}");
  await using latch = new Latch();
  await fixture.folder.write(FILE, source("v1"));
  await fixture.serve({ uses: FILE, reload: true }, never);
  const traffic = await fixture.traffic();
  await Promise.all([traffic.text("v2"), fixture.folder.write(FILE, source("v2"))]);
  // A request in flight is waited for.
  await Promise.all([
    traffic.text("slow"),
    fixture.folder.write(
      FILE,
      source("slow").replace("foo(docs) {", `async foo(docs) { await (await fetch("${latch.url}")).text();`),
    ).then(() => latch.reached()).then(() => latch.open()),
  ]);
  await fixture.assertNothingLost();
});

Deno.test("Flow() throws when an option has another type than its own, and says which is wanted", () => {
  const odd = (options: unknown) => () => new Flow(options as FlowOptions);
  for (const host of [5, "", null]) {
    assertThrows(odd({ host }), TypeError, `Cannot make a Flow with host ${host}: expected an address`);
  }
  for (const log of ["info", {}, true]) {
    assertThrows(odd({ log }), TypeError, "with log ");
  }
  for (const options of [null, "x", 5]) {
    assertThrows(
      odd(options),
      TypeError,
      `Cannot make a Flow with ${options}: expected an object of options`,
    );
  }
});

Deno.test("Flow.add() throws when an option has another type than its own, and says which is wanted", () => {
  const odd = (options: unknown) => () => new Flow(quiet).add(options as AddOptions);
  for (const restart of ["yes", 1, null]) {
    const said = `Cannot add an Executor with restart ${restart}: expected true or false`;
    assertThrows(odd({ uses: A, restart }), TypeError, said);
  }
  for (const usesWith of ["x", [1], 5, new Map()]) {
    assertThrows(odd({ uses: A, usesWith }), TypeError, "expected an object of constructor arguments");
  }
  assertThrows(
    odd({ uses: A, modules: ["a.ts", 5] }),
    TypeError,
    'modules ["a.ts",5]: expected an array of paths or URLs',
  );
  assertThrows(
    odd({ uses: A, name: 5 }),
    TypeError,
    'Cannot add an Executor with name 5: expected a name other than "gateway"',
  );
  for (const options of [undefined, null, "x.yml"]) {
    const said = `Cannot add an Executor with ${options}: expected an object of options`;
    assertThrows(odd(options), TypeError, said);
  }
});

Deno.test("Flow() throws when the port is no whole number up to 65535", () => {
  for (const port of [1.5, 65_536]) {
    assertThrows(
      () => new Flow({ port }),
      RangeError,
      `port ${port}: expected a whole number from 0 to 65535`,
    );
  }
});

Deno.test("Flow.port is 12345 before the start when nothing else was asked for", () => {
  assertEquals([new Flow().port, new Flow({ port: 8080 }).port], [12345, 8080]);
});

Deno.test("Flow.add() gives the Flow itself, and throws when uses is missing", () => {
  const flow = new Flow();
  assertEquals(flow.add({ uses: A }) === flow, true);
  for (const options of [{}, { uses: undefined }, { uses: null }]) {
    assertThrows(
      () => flow.add(options as unknown as AddOptions),
      TypeError,
      "Cannot add an Executor without `uses`: expected an Executor class",
    );
  }
});

const RELOADS = 'expected true, false, "fresh" or "in-place"';

Deno.test("Flow.load() refuses what cannot stand above the file, and takes undefined for nothing", async () => {
  await using folder = await TempFolder.make();
  await folder.write("a.ts", "export class A {}\n");
  const path = await folder.write(
    "flow.yml",
    "jtype: Flow\nwith: { port: 8123 }\nexecutors: [{ uses: a.ts }]\n",
  );
  assertEquals((await Flow.load(path, { port: undefined })).port, 8123);
  assertEquals((await Flow.load(path, { port: 8124 })).port, 8124);
  for (const replicas of [0, -1, 1.5]) await assertRejects(() => Flow.load(path, { replicas }), RangeError);
  await assertRejects(() => Flow.load(path, { ignore: "data/" as never }), TypeError, "an array of patterns");
  await assertRejects(
    () => Flow.load(path, { watch: ["#"] }),
    TypeError,
    'Cannot load a Flow with watch ["#"]: invalid pattern "#"',
  );
  await assertRejects(() => Flow.load(path, { reload: "yes" as never }), TypeError, RELOADS);
});

Deno.test("Flow.add() throws when reload is no mode", () => {
  for (const reload of [true, false, "fresh", "in-place"] as const) new Flow().add({ uses: A, reload });
  for (const reload of ["inplace", "", "true", 1, null]) {
    assertThrows(
      () => new Flow().add({ uses: A, reload: reload as never }),
      TypeError,
      `Cannot add an Executor with reload ${reload}: ${RELOADS}`,
    );
  }
});

Deno.test("Flow.add() throws when replicas is no whole number from 1 to 1000", () => {
  for (const replicas of [0, -1, 1.5, NaN, "2" as unknown as number]) {
    assertThrows(
      () => new Flow().add({ uses: A, replicas }),
      RangeError,
      `Cannot add an Executor with replicas ${replicas}: expected a whole number from 1 to 1000`,
    );
  }
});

Deno.test("Flow.add() throws when a name is malformed", () => {
  const flow = new Flow();
  for (const name of ["", "1a", "a b", "a/b", "é"]) {
    assertThrows(
      () => flow.add({ uses: A, name }),
      TypeError,
      `Cannot add an Executor with name ${name}: expected a name`,
    );
  }
});

Deno.test("Flow.add() gives no two Executors one name when a default name was taken by hand", async () => {
  await using served = await Served.start([{ uses: A, name: "executor1" }, { uses: B }]);
  const { deployments } = await (await fetch(served.at("/status"))).json();
  assertEquals(new Set(deployments.map(({ name }: { name: string }) => name)).size, 2);
});

Deno.test("Flow() and Flow.add() throw when an option is unknown, and name the nearest", () => {
  const odd = { prot: 0 } as FlowOptions;
  assertThrows(() => new Flow(odd), TypeError, 'the option "prot"; did you mean "port"?');
  const add = { uses: A, relaod: true } as AddOptions;
  assertThrows(() => new Flow(quiet).add(add), TypeError, 'the option "relaod"; did you mean "reload"?');
});

Deno.test("Flow.add() throws when modules is no array, or usesWith cannot go to a worker", () => {
  const flow = new Flow(quiet);
  const modules = "a.ts" as unknown as string[];
  assertThrows(() => flow.add({ uses: A, modules }), TypeError, "modules a.ts: expected an array of paths");
  assertThrows(
    () => flow.add({ uses: A, usesWith: { f: () => 1 } }),
    TypeError,
    "cannot send usesWith.f to a worker",
  );
});

Deno.test("Flow.add() throws when ignore is no array of patterns, and says what is wanted", () => {
  const wrong: readonly [ignore: unknown, said: string][] = [
    [
      "generated/",
      'Cannot add an Executor with ignore generated/: expected an array of patterns, such as ["generated/", "*.gen.ts"]',
    ],
    [["a", 5], "invalid pattern 5: expected a string"],
    [[" "], 'invalid pattern " ": it is empty'],
    [["a//b"], 'it contains "//", which no path contains'],
    [["a/./b"], 'it contains "./", which no path contains'],
    [["!.."], "it names the whole folder, or one above it"],
    [["../.."], "it names the whole folder, or one above it"],
    [["[abc"], 'a "[" is not closed; write "\\[" for a name with one'],
    [["# generated"], 'it is a comment; write "\\# generated"'],
    [["a\nb"], "it has several lines"],
    [["./generated/"], 'a path begins with "/", which is the Executor\'s folder: "/generated/"'],
    [["!./a.ts"], '"!/a.ts"'],
    [["/"], "it names no file or folder"],
    [["a\\"], 'a "\\" at its end'],
  ];
  for (const [ignore, said] of wrong) {
    const options = { uses: A, ignore } as AddOptions;
    assertThrows(() => new Flow(quiet).add(options), TypeError, said);
  }
  const ignore = ["generated/", "*.gen.ts", "!keep.gen.ts", "/a", "**/b", "../shared/", "\\#a", "c\\\\"];
  new Flow(quiet).add({ uses: A, ignore });
});

Deno.test("Flow.add() throws when watch is no array of patterns, and when it is mistyped", () => {
  const add = (options: object) => () => new Flow(quiet).add({ uses: A, ...options });
  const array =
    'Cannot add an Executor with watch prompts/: expected an array of patterns, such as ["prompts/", "*.txt"]';
  assertThrows(add({ watch: "prompts/" }), TypeError, array);
  assertThrows(add({ watch: ["./prompts/"] }), TypeError, '"/prompts/"');
  assertThrows(add({ wacth: [] }), TypeError, 'the option "wacth"; did you mean "watch"?');
  add({ watch: ["prompts/", "*.txt", ".env", "../shared/prompts/", "!*.bak", "file:///a/b/"] })();
});

Deno.test("Flow.add() throws when one of modules is a file that is read, and names watch", () => {
  const add = (module: string | URL) => () => new Flow(quiet).add({ uses: A, modules: [module] });
  for (
    const module of [
      "./prompt.txt",
      "a/.env",
      "executor.yml",
      new URL("file:///a/template.html?v=1"),
      "LICENSE",
    ]
  ) {
    const said = `${module} is not a module (.ts, .tsx, .mts, .js, .jsx, .mjs); ` +
      "list files that the Executor reads itself in `watch`";
    assertThrows(add(module), TypeError, said);
  }
  const right = [
    "a.ts",
    "./b.mjs",
    "c.cjs",
    "d.json",
    "e.wasm",
    "npm:zod@3",
    "https://esm.sh/x",
    "file:///a/b.tsx?v=1",
  ];
  for (const module of right) add(module)();
});

Deno.test("Flow.post() rejects when the Flow was not started", async () => {
  await assertRejects(() => new Flow(quiet).add({ uses: A }).post("/"), Error, "start it first");
});

Deno.test("Flow.start() throws when there is no Executor", async () => {
  await assertRejects(() => new Flow(quiet).start(), Error, "call add() first");
});

Deno.test("Flow.start() throws when it is called twice, and Flow.add() after it, while the Flow goes on", async () => {
  await using served = await Served.start({ uses: A });
  await assertRejects(() => served.flow.start(), Error, "Cannot start a Flow twice");
  assertThrows(
    () => served.flow.add({ uses: B }),
    Error,
    "Cannot add an Executor to a Flow that was started",
  );
  assertEquals((await served.post("/", { data: [{ text: "x" }] })).body.data[0].text, "x>A");
});

Deno.test("Flow.block() throws when the Flow was not started", async () => {
  await assertRejects(() => new Flow(quiet).block(), Error, "start the Flow first");
});

Deno.test("Flow.block() ends when the Flow is closed, and Flow.close() can be called again", async () => {
  await using served = await Served.start({ uses: A });
  const blocked = served.flow.block();
  await served.flow.close();
  await blocked;
  await served.flow.close();
});

Deno.test("Flow.close() does nothing when the Flow was not started", async () => {
  await new Flow(quiet).close();
});

Deno.test("Flow.start() says that the port is in use, and leaves nothing behind", async () => {
  await using taken = await Served.start({ uses: A });
  const flow = new Flow({ ...quiet, port: taken.flow.port }).add({ uses: B });
  const error = await assertRejects(() => flow.start(), Error);
  assertMatch(
    error.message,
    new RegExp(`^Cannot serve at 127\\.0\\.0\\.1:${taken.flow.port}: the port is in use`),
  );
  assertEquals((await taken.post("/", { data: [{ text: "x" }] })).body.data[0].text, "x>A");
});

Deno.test("Flow.start() throws a LoadError with the place when the Executor is broken and nothing is watched", async () => {
  await using folder = await TempFolder.make();
  const path = await folder.write("my_executor.ts", `import { Executor } from "${PACKAGE}";\nclass {`);
  const error = await assertRejects(() => new Flow(quiet).add({ uses: path }).start(), LoadError);
  assertEquals([error.place?.file, error.place?.line, error.info.name], [path, 2, "SyntaxError"]);
  assertMatch(error.message, /\n {2}2 \| class \{\n/);
});

Deno.test("Flow.start() throws naming what the module exports when the class is not there", async () => {
  await using folder = await TempFolder.make();
  const source = `import { Executor } from "${PACKAGE}";
export class First extends Executor { static requests = { default: "foo" }; foo() {} }
export class Second extends First {}
`;
  const path = await folder.write("two.ts", source);
  const said = async (uses: string) =>
    (await assertRejects(() => new Flow(quiet).add({ uses }).start(), LoadError)).info.message;
  assertMatch(
    await said(`${path}#Secnd`),
    /^Cannot find the Executor Secnd in .*two\.ts: exported there: First, Second;/,
  );
  assertMatch(await said(`${path}#Secnd`), /did you mean Second\?$/);
  assertMatch(
    await said(path),
    /^Cannot choose an Executor in .*: it exports First, Second; name one, as in "#First"$/,
  );
  const empty = await folder.write("none.ts", "export const a = 1;\n");
  assertMatch(
    await said(empty),
    /^Cannot find an Executor in .*none\.ts: export a class that extends Executor$/,
  );
});

Deno.test("Flow.start() says where the file was looked for when it is not there", async () => {
  await using folder = await TempFolder.make();
  const path = folder.at("nope.ts");
  const error = await assertRejects(() => new Flow(quiet).add({ uses: path }).start(), LoadError);
  assertMatch(error.message, new RegExp(`Module not found.*${path}`));
});

Deno.test("Flow.start() throws, and says what to write, when a module starts a Flow inside the worker", async () => {
  await using folder = await TempFolder.make();
  const source = `import { Executor, Flow } from "${PACKAGE}";
export class Mine extends Executor { static requests = { default: "foo" }; foo() {} }
await new Flow({ port: 0 }).add({ uses: Mine }).start();
`;
  const path = await folder.write("script.ts", source);
  const error = await assertRejects(() => new Flow(quiet).add({ uses: path }).start(), LoadError);
  assertMatch(error.message, /Cannot start a Flow inside an Executor's worker/);
  assertMatch(error.message, /if \(import\.meta\.main\)/);
  assertEquals([error.place?.file, error.place?.line], [path, 3]);
});
