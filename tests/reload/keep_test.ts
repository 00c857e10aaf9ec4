/** `keep()`: values that outlive the versions of an Executor. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { inTime } from "../support/in_time.ts";
import { Latch } from "../support/latch.ts";
import { FILE } from "../support/reloading.ts";
import { target } from "../support/target.ts";
import { InPlace } from "./_in_place.ts";
import { executorWith, reloadTest, saying, waitingAtGate } from "./_serving.ts";

const test = (name: string, run: Parameters<typeof reloadTest>[1]) =>
  reloadTest(`keep(): ${name}`, run, target.name === "bun");

const KEPT = /\(in place, kept: model\)$/;
const FRESH = / ms$/;

/** A model that counts how often it is made, and logs its end. */
const MAKE = `async () => {
    globalThis.made = (globalThis.made ?? 0) + 1;
    const logger = this.logger;
    return { number: globalThis.made, close() { logger.info("the model " + this.number + " is closed"); } };
  }`;

/** An Executor that keeps a model in `setup()`. */
const keeping = (text: string, more = "", make = MAKE) =>
  executorWith(`${saying(`"${text} " + this.model.number + " of " + globalThis.made`)}
  async setup() { this.model = await this.keep("model", ${make}); }
  close() { this.logger.info("close of ${text}"); }
${more}`);

/** The same without. */
const plain = (text: string) =>
  executorWith(`${saying(`"${text}"`)}
  close() { this.logger.info("close of ${text}"); }`);

async function serve(fixture: Parameters<typeof InPlace.serve>[0], source: string, add = {}, flow = {}) {
  return await InPlace.serve(fixture, source, { reload: true, ...add }, flow);
}

test("a value is made once in a worker, and the log says that it was kept", async (fixture) => {
  const app = await serve(fixture, keeping("v1"));
  assertEquals(await app.text(), "v1 1 of 1");
  for (const text of ["v2", "v3", "v4"]) {
    const { message } = await app.serves(() => fixture.folder.write(FILE, keeping(text)));
    assertMatch(message, /^version \d serves after [\d.]+ ms \(in place, kept: model\)$/);
    assertEquals(await app.text(), `${text} 1 of 1`);
  }
});

test("without it, reload: true takes fresh workers, and so does the first version that asks", async (fixture) => {
  const app = await serve(fixture, plain("v1"));
  await app.serves(() => fixture.folder.write(FILE, plain("v2")), FRESH);
  await app.serves(() => fixture.folder.write(FILE, keeping("v3")), FRESH);
  assertEquals(await app.text(), "v3 1 of 1");
  await app.serves(() => fixture.folder.write(FILE, keeping("v4")), KEPT);
  assertEquals(await app.text(), "v4 1 of 1");
});

test('reload: "fresh" takes fresh workers in any case', async (fixture) => {
  const app = await serve(fixture, keeping("v1"), { reload: "fresh" });
  await app.serves(() => fixture.folder.write(FILE, keeping("v2")), FRESH);
  assertEquals(await app.text(), "v2 1 of 1");
  await fixture.log.waitFor(/the model 1 is closed/);
});

test("in a handler, and several that ask at once get one value", async (fixture) => {
  await using latch = new Latch();
  const handling = (text: string) =>
    executorWith(`  static requests = { default: "foo" };
  async foo(docs) {
    const model = await this.keep("model", async () => {
      globalThis.made = (globalThis.made ?? 0) + 1;
      await (await fetch("${latch.url}")).text();
      return { number: globalThis.made };
    });
    for (const doc of docs) doc.text = "${text} " + model.number + " of " + globalThis.made;
  }`);
  const app = await serve(fixture, handling("v1"));
  const answers = [app.text(), app.text(), app.text()];
  await latch.reached();
  // A make that is running counts.
  await app.serves(() => fixture.folder.write(FILE, handling("v2")), KEPT);
  const next = app.text();
  latch.open();
  assertEquals(await Promise.all([...answers, next]), [...Array(3).fill("v1 1 of 1"), "v2 1 of 1"]);
});

test("a make that throws keeps nothing", async (fixture) => {
  const failing = (text: string, make: string) =>
    executorWith(`  static requests = { default: "foo" };
  async foo(docs) {
    const ask = () => this.keep("model", () => { globalThis.made = (globalThis.made ?? 0) + 1; ${make} }).catch((e) => e.message);
    const all = await Promise.all([ask(), ask()]);
    for (const doc of docs) doc.text = "${text} " + all.join() + " " + globalThis.made;
  }`);
  const app = await serve(fixture, failing("v1", 'throw new Error("no disk");'));
  assertEquals(await app.text(), "v1 no disk,no disk 1");
  assertEquals(await app.text(), "v1 no disk,no disk 2");
  await app.serves(() => fixture.folder.write(FILE, failing("v2", "return 7;")), FRESH);
  assertEquals(await app.text(), "v2 7,7 1");
  assertEquals(await app.text(), "v2 7,7 1");
  await app.serves(() => fixture.folder.write(FILE, failing("v3", "return 8;")), KEPT);
  assertEquals(await app.text(), "v3 7,7 1");
});

test("a name that a version did not ask for is let go after its close(), if it answered requests", async (fixture) => {
  const app = await serve(fixture, keeping("v1"));
  assertEquals(await app.text(), "v1 1 of 1");
  await app.serves(() => fixture.folder.write(FILE, plain("v2")), KEPT);
  await fixture.log.waitFor(/close of v1/);
  // It has answered nothing: the model stays.
  await app.serves(() => fixture.folder.write(FILE, plain("v3")), KEPT);
  await fixture.log.waitFor(/close of v2/);
  assertEquals(await app.text(), "v3");
  assertEquals(fixture.log.count(/the model \d is closed/), 0);
  const mark = fixture.log.mark;
  await app.serves(() => fixture.folder.write(FILE, plain("v4")), KEPT);
  await fixture.log.waitFor(/the model 1 is closed/, mark);
  const lines = fixture.log.lines.slice(mark);
  const at = (pattern: RegExp) => lines.findIndex((line) => pattern.test(line));
  assert(at(/close of v3/) < at(/the model 1 is closed/));
  assertEquals(await app.text(), "v4");
  // Nothing is kept any more.
  await app.serves(() => fixture.folder.write(FILE, plain("v5")), FRESH);
});

test("a name stays that the next version asks for", async (fixture) => {
  const app = await serve(fixture, keeping("v1"));
  await app.text();
  await app.serves(() => fixture.folder.write(FILE, plain("v2")), KEPT);
  assertEquals(await app.text(), "v2");
  await app.serves(() => fixture.folder.write(FILE, keeping("v3")), KEPT);
  await fixture.log.waitFor(/close of v2/);
  assertEquals(await app.text(), "v3 1 of 1");
  assertEquals(fixture.log.count(/the model \d is closed/), 0);
});

test("what a failed version newly made is let go at once", async (fixture) => {
  const failing = (text: string) =>
    keeping(text).replace("close() {", 'close() { this.logger.info("closed");').replace(
      "async setup() {",
      `async setup() {
    const { logger } = this;
    await this.keep("extra", () => ({ [Symbol.asyncDispose]: async () => logger.info("extra is disposed") }));
    await this.keep("model", () => {});
    if (${text === "v2"}) throw new Error("no");`,
    );
  const app = await serve(fixture, keeping("v1"));
  assertEquals(await app.text(), "v1 1 of 1");
  await app.breaks(failing("v2"));
  await fixture.log.waitFor(/extra is disposed/);
  assertEquals(await app.text(), "v1 1 of 1");
  assertEquals(fixture.log.count(/the model \d is closed/), 0);
  await app.serves(() => fixture.folder.write(FILE, failing("v3")), /kept: model\)$/);
  assertEquals(await app.text(), "v3 1 of 1");
});

test("a save while setup() makes a value: the make goes on, and the next version gets it", async (fixture) => {
  await using latch = new Latch();
  const slow = (text: string) =>
    keeping(
      text,
      "",
      `async () => {
    globalThis.made = (globalThis.made ?? 0) + 1;
    await (await fetch("${latch.url}")).text();
    return { number: globalThis.made };
  }`,
    ).replaceAll('"model"', '"slow"');
  const app = await serve(fixture, keeping("v1"));
  await app.text();
  await fixture.folder.write(FILE, slow("v2"));
  await latch.reached();
  const serves = app.serves(() => fixture.folder.write(FILE, slow("v3")), /kept: model, slow\)$/);
  await fixture.log.waitFor(/detected changes/, fixture.log.mark);
  latch.open();
  await inTime(serves, "version 3");
  assertEquals(await app.text(), "v3 2 of 2");
});

for (const method of ["Symbol.asyncDispose", "Symbol.dispose", '"close"']) {
  test(`${method} is called when the Flow closes, and on a fresh reload`, async (fixture) => {
    const source = (text: string) =>
      keeping(
        text,
        "",
        `() => {
    const { logger } = this;
    return { number: 1, [${method}]() { logger.info("released by ${text}"); }, other() {} };
  }`,
      );
    const app = await serve(fixture, source("v1"));
    await app.serves(() => fixture.folder.write(FILE, source("v2")), KEPT);
    await app.serves(() => fixture.reload(), KEPT);
    assertEquals(fixture.log.count(/released by/), 0);
    await app.serves(() => fixture.reload({ fresh: true }), FRESH);
    await fixture.log.waitFor(/released by v1/);
    assertEquals((await app.text()).slice(0, 4), "v2 1");
    await fixture.close();
    assertEquals([fixture.log.count(/released by v1/), fixture.log.count(/released by v2/)], [1, 1]);
  });
}

test("a restart makes it anew and releases the one before", async (fixture) => {
  const yaml = (text: string) => `jtype: MyExecutor\nmetas: { modules: [${FILE}], description: "${text}" }\n`;
  await fixture.folder.write("executor.yml", yaml("one"));
  const app = await serve(fixture, keeping("v1"), { uses: "executor.yml", restart: true });
  await app.serves(() => fixture.folder.write(FILE, keeping("v2")), KEPT);
  await app.serves(() => fixture.folder.write("executor.yml", yaml("two")), FRESH);
  await fixture.log.waitFor(/the model 1 is closed/);
  assertEquals(await app.text(), "v2 1 of 1");
  await app.serves(() => fixture.folder.write(FILE, keeping("v4")), KEPT);
  assertEquals(await app.text(), "v4 1 of 1");
});

test("with old versions that still answer, closing the Flow releases all", async (fixture) => {
  await using latch = new Latch();
  const source = (text: string) => keeping(text, waitingAtGate(text));
  const withSlow = (text: string) =>
    source(text).replace('default: "foo"', 'default: "foo", "/slow": "slow"').replace(
      '@requests({ on: "/slow" })',
      "",
    );
  const app = await serve(fixture, withSlow("v1"));
  const slow = fixture.ask("/slow", "x", { latch: latch.url });
  await latch.reached();
  await app.serves(() => fixture.folder.write(FILE, withSlow("v2")), KEPT);
  const second = fixture.ask("/slow", "x", { latch: latch.url });
  await latch.reached(2);
  const closing = fixture.close();
  latch.open();
  assertEquals([(await slow).text, (await second).text], ["v1", "v2"]);
  await closing;
  assertEquals(fixture.log.count(/the model 1 is closed/), 1);
});

test("with replicas, one value a worker", async (fixture) => {
  const source = (text: string) =>
    executorWith(`${saying(`"${text} " + this.runtime.replica + " " + this.model + " of " + globalThis.made`)}
  async setup() {
    this.model = await this.keep("model", () => { globalThis.made = (globalThis.made ?? 0) + 1; return this.runtime.replica; });
  }`);
  const app = await serve(fixture, source("v1"), { replicas: 2 });
  await app.serves(() => fixture.folder.write(FILE, source("v2")), KEPT);
  const answers = await Promise.all(Array.from({ length: 8 }, () => app.text()));
  assertEquals(new Set(answers), new Set(["v2 0 0 of 1", "v2 1 1 of 1"]));
});

test("50 saves with a model of 200 MB make it once", async (fixture) => {
  const source = (text: string) =>
    keeping(
      text,
      "",
      "() => { globalThis.made = (globalThis.made ?? 0) + 1; return { number: new Uint8Array(200_000_000).fill(1)[5] }; }",
    );
  const app = await serve(fixture, source("v0"));
  for (let n = 1; n <= 50; n++) {
    await app.serves(() => fixture.folder.write(FILE, source(`v${n}`)), KEPT);
    assertEquals(await app.text(), `v${n} 1 of 1`);
  }
});

test("a load that never ends does not keep the values from being released", async (fixture) => {
  const app = await serve(fixture, keeping("v1"), {}, { loadTimeout: 2_000 });
  assertEquals(await app.text(), "v1 1 of 1");
  const hanging = keeping("v2").replace("async setup() {", "async setup() { await new Promise(() => {});");
  assertMatch(await app.breaks(hanging), /TimeoutError: it was not ready within 2000 ms/);
  assertEquals(await app.text(), "v1 1 of 1");
  await app.serves(() => fixture.folder.write(FILE, keeping("v3")), KEPT);
  assertEquals(await app.text(), "v3 1 of 1");
  await app.serves(() => fixture.reload({ fresh: true }), FRESH);
  await fixture.log.waitFor(/the model 1 is closed/);
});

test("a value that cannot be released is reported, and the version serves", async (fixture) => {
  const source = (text: string) =>
    keeping(text, "", '() => ({ number: 1, close() { throw new Error("stuck drive"); } })');
  const app = await serve(fixture, source("v1"));
  await app.text();
  await app.serves(() => fixture.reload({ fresh: true }), FRESH);
  const { message } = await fixture.log.waitFor(/could not be released/);
  assertMatch(message, /the kept value "model" could not be released.*stuck drive/s);
});

test("a worker that dies takes its values with it", async (fixture) => {
  const source = (text: string) =>
    keeping(text, '  async exit() { (await import("node:process")).default.exit(1); }').replace(
      'default: "foo"',
      'default: "foo", "/exit": "exit"',
    );
  const app = await serve(fixture, source("v1"));
  await app.serves(() => fixture.folder.write(FILE, source("v2")), KEPT);
  await fixture.ask("/exit");
  await fixture.log.waitFor(/it is replaced/);
  assertEquals(await app.text(), "v2 1 of 1");
  await app.serves(() => fixture.folder.write(FILE, source("v3")), KEPT);
  assertEquals(await app.text(), "v3 1 of 1");
});

test("bad arguments are refused", async (fixture) => {
  const app = await serve(
    fixture,
    executorWith(`  static requests = { default: "foo" };
  async foo(docs) {
    const messages = [];
    for (const args of [["", () => 1], [7, () => 1], ["model"], ["model", 7]]) {
      try { await this.keep(...args); } catch (error) { messages.push(error.name + ": " + error.message); }
    }
    for (const doc of docs) doc.text = messages.join("\\n");
  }`),
  );
  const lines = (await app.text()).split("\n");
  assertEquals(lines.length, 4);
  for (const line of lines) assertMatch(line, /^TypeError: Cannot keep ".*": expected /);
});
