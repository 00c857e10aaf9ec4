/** Reloading in place: requests in flight, failed and overtaken loads, replicas, exclusive Executors, state. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { askForEvents, eventsOf } from "../support/events.ts";
import { inTime } from "../support/in_time.ts";
import { Latch } from "../support/latch.ts";
import { FILE } from "../support/reloading.ts";
import { ISOLATION, target } from "../support/target.ts";
import { Traffic } from "../support/traffic.ts";
import { freePort, holding } from "./_holding.ts";
import { InPlace } from "./_in_place.ts";
import { answering, executorWith, reloadTest, saying, waitingAtGate } from "./_serving.ts";

const test = (name: string, run: Parameters<typeof reloadTest>[1], ignore = false) =>
  reloadTest(`in place: ${name}`, run, ignore || target.name === "bun");

/** Logs the life of its versions. */
const living = (text: string, more = "") =>
  executorWith(`${answering(text)}${waitingAtGate(text)}  setup() { this.logger.info("setup of ${text}"); }
  close() { this.logger.info("close of ${text}"); }
${more}`);

test("requests in flight finish on the old object, which is closed after them", async (fixture) => {
  await using latch = new Latch();
  const app = await InPlace.serve(fixture, living("v1"));
  const slow = fixture.ask("/slow", "x", { latch: latch.url });
  await latch.reached();
  assertEquals(await app.saved(living("v2")), "v2");
  assertEquals(fixture.log.count(/close of v1/), 0);
  assertEquals(await app.saved(living("v3")), "v3");
  await fixture.log.waitFor(/close of v2/);
  assertEquals(fixture.log.count(/close of v1/), 0);
  latch.open();
  assertEquals((await slow).text, "v1");
  await fixture.log.waitFor(/close of v1/);
});

test("under traffic nothing fails and nothing is stale; no worker is made", async (fixture) => {
  const app = await InPlace.serve(fixture, living("v0"));
  await app.saved(living("v1"));
  const { workers } = fixture.snapshot();
  await using traffic = new Traffic(() => fixture.ask(), 4);
  for (let n = 2; n < 12; n++) {
    await app.serves(() => fixture.folder.write(FILE, living(`v${n}`)));
    await traffic.round();
    const from = traffic.seen.length;
    await traffic.round();
    assertEquals(new Set(traffic.seen.slice(from).map(({ text }) => text)), new Set([`v${n}`]));
    assert(fixture.snapshot().workers <= workers, "no worker was made");
  }
  await traffic.stop();
  assertEquals([traffic.failed, traffic.broken], [[], []]);
});

test("streams of the old version go on", async (fixture) => {
  await using latch = new Latch();
  const streaming = (text: string) =>
    living(
      text,
      `  @requests({ on: "/words" })
  async *words(docs, { parameters }) {
    yield { text: "${text} one" };
    await (await fetch(parameters.latch)).text();
    yield { text: "${text} two" };
  }`,
    );
  const app = await InPlace.serve(fixture, streaming("v1"));
  const response = await askForEvents(`http://127.0.0.1:${fixture.port}/post`, {
    data: [{ text: "x" }],
    execEndpoint: "/words",
    parameters: { latch: latch.url },
  });
  const events = eventsOf(response);
  const first = await events.next();
  assertMatch(JSON.stringify(first.value), /v1 one/);
  await latch.reached();
  assertEquals(await app.saved(streaming("v2")), "v2");
  assertEquals(fixture.log.count(/close of v1/), 0);
  latch.open();
  let rest = "";
  for await (const event of events) rest += JSON.stringify(event);
  assertMatch(rest, /v1 two/);
  await fixture.log.waitFor(/close of v1/);
});

test("two replicas: all are ready before any switches", async (fixture) => {
  await using latch = new Latch();
  const slowSetup = (text: string, wait: string) =>
    executorWith(
      `${saying(`"${text} " + this.runtime.replica`)}
  async setup() { ${wait} }`,
    );
  const app = await InPlace.serve(fixture, slowSetup("v1", ""), { replicas: 2 });
  const mark = fixture.log.mark;
  const wait = `if (this.runtime.replica === 1) await (await fetch("${latch.url}")).text();`;
  await fixture.folder.write(FILE, slowSetup("v2", wait));
  await latch.reached();
  const during = await Promise.all(Array.from({ length: 6 }, () => app.text()));
  assertEquals(new Set(during.map((text) => text.slice(0, 2))), new Set(["v1"]));
  latch.open();
  await fixture.log.waitFor(/version 2 serves after .*\(in place\)/, mark);
  const after = await Promise.all(Array.from({ length: 6 }, () => app.text()));
  assertEquals(new Set(after), new Set(["v2 0", "v2 1"]));
  // One that fails in one of them leaves both on the old version.
  const failing = 'if (this.runtime.replica === 1) throw new Error("no model");';
  assertMatch(await app.breaks(slowSetup("v3", failing)), /no model/);
  const still = await Promise.all(Array.from({ length: 6 }, () => app.text()));
  assertEquals(new Set(still), new Set(["v2 0", "v2 1"]));
  assertEquals((await app.saved(slowSetup("v4", ""))).slice(0, 2), "v4");
});

const FAILURES: Readonly<Record<string, [text: string, name?: string]>> = {
  "a syntax error": [executorWith(`${answering("v2")}  foo((docs) {}`)],
  "a missing import": [executorWith(answering("v2"), 'import { gone } from "./gone.ts";\ngone();')],
  "a missing export": [executorWith(answering("v2"), 'import { gone } from "./help.ts";\ngone();')],
  "a throw at the top level": [executorWith(answering("v2"), 'throw new RangeError("no model");')],
  "a throw in an import": ['export const help = 1;\nthrow new RangeError("no help");\n', "help.ts"],
  "a syntax error in an import": ["export const help = (;\n", "help.ts"],
  "a setup() that throws": [
    executorWith(`${answering("v2")}  setup() { throw new RangeError("no model"); }`),
  ],
  "a constructor that throws": [
    executorWith(`${answering("v2")}  constructor() { super(); throw new RangeError("no model"); }`),
  ],
  "a class that is gone": ["export const nothing = 1;\n"],
  "process.exit() at the top level": [
    executorWith(answering("v2"), 'import process from "node:process";\nprocess.exit(3);'),
  ],
};

for (const [what, [text, name = FILE]] of Object.entries(FAILURES)) {
  test(`${what}: the old object serves on, and the error is that of a fresh worker`, async (fixture) => {
    const good = (text: string) =>
      executorWith(
        `  count = 0;
${saying(`"${text} " + help + " " + ++this.count`)}`,
        'import { help } from "./help.ts";',
      );
    const help = "export const help = 1;\n";
    const app = await InPlace.serve(fixture, { "help.ts": help, [FILE]: good("v1") });
    assertEquals(await app.text(), "v1 1 1");
    const inPlace = await app.breaks(text, name);
    assertEquals(await app.text(), "v1 1 2");
    const { lastError, version } = (await fixture.status()).deployments[0];
    assertEquals([version, typeof lastError?.message], [1, "string"]);
    assertEquals(/\?v=/.test(inPlace), false, inPlace);
    // Another failure of another file, then both are fixed one after the other.
    const [other, broken] = name === FILE
      ? ["help.ts", "export const help = ];\n"]
      : [FILE, "export class {"];
    await app.breaks(broken, other);
    assertEquals(await app.text(), "v1 1 3");
    await app.breaks(other === FILE ? good("v5") : "export const help = 5;\n", other);
    assertEquals(await app.text(), "v1 1 4");
    assertEquals(
      await app.saved(name === FILE ? good("v6") : "export const help = 6;\n", name),
      name === FILE ? "v6 5 1" : "v5 6 1",
    );
    await fixture.close();
    // The same in a fresh worker.
    await using other2 =
      await (fixture.constructor as typeof import("../support/flow_fixture.ts").FlowFixture).make();
    const fresh = await InPlace.serve(other2, { "help.ts": help, [FILE]: good("v1") }, { reload: "fresh" });
    assertEquals(await fresh.breaks(text, name), inPlace);
  });
}

test("a load that a newer save overtakes runs on without effect, and its object is closed", async (fixture) => {
  await using latch = new Latch();
  const slow = living("slow", "").replace(
    "setup() {",
    `async setup() { await (await fetch("${latch.url}")).text();`,
  );
  const app = await InPlace.serve(fixture, living("v1"));
  await fixture.folder.write(FILE, slow);
  await latch.reached();
  assertEquals(await app.saved(living("v3")), "v3");
  await fixture.log.waitFor(/close of v1/);
  assertEquals(fixture.log.count(/close of slow/), 0);
  latch.open();
  await fixture.log.waitFor(/close of slow/);
  assertEquals(await app.text(), "v3");
  assertEquals(fixture.log.count(/setup of slow/), 1);
  assertEquals(await app.saved(living("v4")), "v4");
});

test("a load that was overtaken does not lend its modules to the next one", async (fixture) => {
  await using latch = new Latch();
  const main = (text: string, wait = "") =>
    executorWith(
      `${saying(`"${text} " + help`)}\n  async setup() { ${wait} }`,
      'import { help } from "./help.ts";',
    );
  const help = (text: string) => `export const help = "${text}";\n`;
  const app = await InPlace.serve(fixture, { "help.ts": help("h1"), [FILE]: main("v1") });
  assertEquals(await app.text(), "v1 h1");
  await fixture.folder.write("help.ts", help("h2"));
  await fixture.log.waitFor(/version 2 serves/);
  await fixture.folder.write(FILE, main("slow", `await (await fetch("${latch.url}")).text();`));
  await latch.reached();
  const mark = fixture.log.mark;
  await fixture.folder.write("help.ts", help("h3"));
  await fixture.folder.write(FILE, main("v3"));
  await fixture.log.waitFor(/version \d+ serves/, mark);
  for (let text = ""; text !== "v3 h3";) text = await app.text();
  latch.open();
  assertEquals(await app.saved(main("v4")), "v4 h3");
});

test("an exclusive Executor that closes is reloaded in place", async (fixture) => {
  const port = freePort();
  const app = await InPlace.serve(fixture, holding(port, "v1"));
  await using traffic = new Traffic(() => fixture.ask(), 4);
  for (const text of ["v2", "v3"]) assertEquals(await app.saved(holding(port, text)), text);
  assertMatch(
    await app.breaks(holding(port, "v4", { after: 'throw new RangeError("no model");' })),
    /no model/,
  );
  assertEquals(await app.text(), "v3");
  assertMatch(
    await app.breaks(
      holding(port, "v4", { after: 'const { default: p } = await import("node:process"); p.exit(1);' }),
    ),
    /exit\(1\) was called/,
  );
  assertEquals(await app.text(), "v3");
  assertEquals(await app.saved(holding(port, "v5")), "v5");
  await traffic.stop();
  assertEquals([traffic.failed, traffic.broken], [[], []]);
});

test("an exclusive Executor without close() gets a fresh worker", async (fixture) => {
  const source = (text: string) =>
    executorWith(
      `  static exclusive = true;\n${saying(`"${text} " + ++globalThis.times`)}`,
      "globalThis.times ??= 0;",
    );
  const app = await InPlace.serve(fixture, source("v1"));
  assertEquals(await app.text(), "v1 1");
  await app.serves(() => fixture.folder.write(FILE, source("v2")), / ms$/);
  assertEquals(await app.text(), "v2 1");
});

/** Hands its state over: an object, with a function in it. */
const stateful = (text: string, restore = "this.state = state;") =>
  executorWith(`  state = { count: 0, of: "${text}", tell: () => "told by ${text}" };
${
    saying(
      `"${text} " + this.state.tell() + " " + ++this.state.count + " " + (globalThis.first === this.state)`,
    )
  }
  setup() { globalThis.first ??= this.state; }
  saveState() { return this.state; }
  restoreState(state) { ${restore} }`);

test("saveState() hands over the value itself", async (fixture) => {
  const app = await InPlace.serve(fixture, stateful("v1"));
  assertEquals(await app.text(), "v1 told by v1 1 true");
  assertEquals(await app.saved(stateful("v2")), "v2 told by v1 2 true");
  const failing = stateful("v3", 'throw new TypeError("what is this?");');
  assertMatch(
    await app.breaks(failing),
    /restoreState\(\) failed: TypeError: what is this\? at my_executor.ts:\d+:\d+/,
  );
  assertEquals(await app.text(), "v2 told by v1 3 true");
  assertEquals(await app.saved(stateful("v4")), "v4 told by v1 4 true");
});

test("a state of 200 MB is not copied", async (fixture) => {
  const source = (text: string) =>
    executorWith(`  data = undefined;
${
      saying(
        `"${text} " + this.data.length + " " + this.data[7] + " " + (this.data === (globalThis.data ??= this.data))`,
      )
    }
  saveState() { return this.data; }
  restoreState(state) { this.data = state; }
  setup() { if (${text === "v1"}) this.data = new Uint8Array(200_000_000).fill(3); }`);
  const app = await InPlace.serve(fixture, source("v1"));
  assertEquals(await app.text(), "v1 200000000 3 true");
  for (const text of ["v2", "v3", "v4"]) {
    await app.serves(() => fixture.folder.write(FILE, source(text)));
    assertEquals(await app.text(), `${text} 200000000 3 true`);
  }
});

test("a SharedArrayBuffer in the state is shared with a fresh worker", async (fixture) => {
  const source = (text: string) =>
    executorWith(`  data = undefined;
${saying(`"${text} " + ++this.data[0]`)}
  saveState() { return { buffer: this.data.buffer }; }
  restoreState({ buffer }) { this.data = new Uint8Array(buffer); this.data[0] += 10; }
  setup() { this.data ??= new Uint8Array(new SharedArrayBuffer(1000)); }
  static requests = { default: "foo", "/slow": "slow" };
  async slow(docs, { parameters }) {
    await (await fetch(parameters.latch)).text();
    for (const doc of docs) doc.text = "${text} " + this.data[0];
  }`);
  await using latch = new Latch();
  const app = await InPlace.serve(fixture, source("v1"), { reload: "fresh" }, { handoverTimeout: 100 });
  assertEquals(await app.text(), "v1 1");
  const slow = fixture.ask("/slow", "x", { latch: latch.url });
  await latch.reached();
  await app.serves(() => fixture.folder.write(FILE, source("v2")), / ms$/);
  assertEquals(await app.text(), "v2 12");
  latch.open();
  // The old version sees what the new one has changed.
  assertEquals((await inTime(slow, "The slow answer")).text, "v1 12");
  // Processes share no memory.
}, ISOLATION === "process");

test("50 reloads of an Executor that closes leave no timers, sockets, listeners or workers", async (fixture) => {
  const source = (n: number) =>
    executorWith(
      `  timer = undefined;
  server = undefined;
${saying(`${n}`)}
  listener = () => {};
  async setup() {
    this.timer = setInterval(() => {}, 10);
    this.server = net.createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => this.server.once("listening", resolve));
    process.on("test", this.listener);
  }
  async close() {
    clearInterval(this.timer);
    await new Promise((resolve) => this.server.close(resolve));
    process.off("test", this.listener);
  }
  static requests = { default: "foo", "/count": "count" };
  count(docs) {
    const names = process.getActiveResourcesInfo().filter((name) => /Timeout|TCP/.test(name)).sort();
    const listeners = process.listenerCount("test");
    for (const doc of docs) doc.text = names.join() + " " + listeners;
  }`,
      'import net from "node:net";\nimport process from "node:process";',
    );
  const app = await InPlace.serve(fixture, source(0));
  assertEquals(await app.saved(source(1)), "1");
  const settle = async () => {
    // The old version closes after the new one serves.
    let before = "";
    for (let text = await app.text("/count"); text !== before;) {
      before = text;
      for (let turn = 0; turn < 5; turn++) text = await app.text("/count");
    }
    return before;
  };
  const [before, { workers }] = [await settle(), fixture.snapshot()];
  for (let n = 2; n < 52; n++) assertEquals(await app.saved(source(n)), String(n));
  assertEquals(await settle(), before);
  assertEquals(fixture.snapshot().workers, workers);
});
