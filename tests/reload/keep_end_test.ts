/** `keep()`: what becomes of values, and of those still being made, when versions and workers end. */
import { assertEquals, assertMatch } from "@std/assert";
import { inTime } from "../support/in_time.ts";
import { FILE } from "../support/reloading.ts";
import { target } from "../support/target.ts";
import { freePort } from "./_holding.ts";
import { InPlace } from "./_in_place.ts";
import { executorWith, reloadTest, saying } from "./_serving.ts";

const test = (name: string, run: Parameters<typeof reloadTest>[1]) =>
  reloadTest(`keep(): ${name}`, run, target.name === "bun");

const KEPT = /\(in place, kept: .*\)$/;
const FRESH = / ms$/;

/** An expression that keeps a value, which logs its end. */
const keep = (name: string, dispose = "") =>
  `await this.keep("${name}", () => ({ async close() { ${dispose}; logger.info("${name} is closed"); } }));`;

/** An Executor whose `setup()` does something, and logs the end. */
const settingUp = (text: string, setup: string, more = "") =>
  executorWith(`${saying(`"${text}"`)}
  async setup() { const { logger } = this; ${setup} }
${more}`);

const HANGING = 'await this.keep("big", () => new Promise(() => {}));';

test("a make that never ends is made anew by the save that mends it", async (fixture) => {
  const app = await InPlace.serve(fixture, settingUp("v1", keep("model")), { reload: true }, {
    loadTimeout: 1_000,
  });
  assertMatch(
    await app.breaks(settingUp("v2", keep("model") + HANGING)),
    /keep\("big"\) is still being made/,
  );
  await app.serves(() => fixture.folder.write(FILE, settingUp("v3", keep("model") + keep("big"))), KEPT);
  assertEquals(await app.text(), "v3");
  await fixture.close();
  assertEquals([fixture.log.count(/model is closed/), fixture.log.count(/big is closed/)], [1, 1]);
});

test("the same when the save comes before the time of the load is over", async (fixture) => {
  const app = await InPlace.serve(fixture, settingUp("v1", keep("model")), { reload: true }, {
    loadTimeout: 1_000,
  });
  await fixture.folder.write(FILE, settingUp("v2", `${keep("model")} logger.info("it waits"); ${HANGING}`));
  await fixture.log.waitFor(/it waits/);
  // It waits for the same make, and has no more success.
  assertMatch(
    await app.breaks(settingUp("v3", keep("model") + keep("big"))),
    /keep\("big"\) is still being made/,
  );
  await app.serves(() => fixture.folder.write(FILE, settingUp("v4", keep("model") + keep("big"))), KEPT);
  assertEquals([await app.text(), fixture.log.count(/model is closed/)], ["v4", 0]);
});

const FAILING = 'throw new Error("no");';

for (const isFirst of [true, false]) {
  test(`a load in a new worker that fails lets go of what it has made, ${isFirst ? "the first" : "a later"} one`, async (fixture) => {
    const failing = settingUp("v2", keep("model") + FAILING);
    if (isFirst) {
      await fixture.folder.write(FILE, failing);
      await fixture.serve({ uses: FILE }).catch((error) => assertMatch(error.message, /no/));
    } else {
      const app = await InPlace.serve(fixture, settingUp("v1", ""), { reload: true });
      await app.breaks(failing);
    }
    await fixture.log.waitFor(/model is closed/);
    await fixture.close();
    assertEquals(fixture.log.count(/model is closed/), 1);
  });
}

test("a load in a new worker that a newer save overtakes lets go of what it has made", async (fixture) => {
  const app = await InPlace.serve(fixture, settingUp("v1", ""), { reload: true });
  await fixture.folder.write(
    FILE,
    settingUp("v2", `${keep("model")} logger.info("it waits"); await new Promise(() => {});`),
  );
  await fixture.log.waitFor(/it waits/);
  await app.serves(() => fixture.folder.write(FILE, settingUp("v3", "")), FRESH);
  await fixture.log.waitFor(/model is closed/);
  assertEquals(await app.text(), "v3");
});

test("a worker that a handler ends lets go of what it keeps", async (fixture) => {
  const source = settingUp(
    "v1",
    keep("model"),
    '  async exit() { (await import("node:process")).default.exit(1); }',
  )
    .replace('default: "foo"', 'default: "foo", "/exit": "exit"');
  const app = await InPlace.serve(fixture, source, { reload: true });
  await fixture.ask("/exit");
  await fixture.log.waitFor(/it is replaced/);
  await fixture.log.waitFor(/model is closed/);
  assertEquals(await app.text(), "v1");
});

test("a disposal that never ends is named, and holds up no other one", async (fixture) => {
  const app = await InPlace.serve(
    fixture,
    settingUp("v1", keep("model") + keep("bad", "await new Promise(() => {})")),
    { reload: true },
    { closeTimeout: 500 },
  );
  assertEquals(await app.text(), "v1");
  await app.serves(() => fixture.folder.write(FILE, settingUp("v2", keep("model"))), KEPT);
  assertEquals(await app.text(), "v2");
  // Version 2 has answered without asking for it: it is let go when that version is replaced.
  await app.serves(() => fixture.folder.write(FILE, settingUp("v3", keep("model"))), KEPT);
  const { message } = await fixture.log.waitFor(/could not be released/);
  assertMatch(message, /the disposal of "bad" did not end within 500 ms; `closeTimeout` gives it more time/);
  const { mark } = fixture.log;
  assertEquals(await app.text(), "v3");
  await app.serves(() => fixture.folder.write(FILE, settingUp("v4", keep("model"))), KEPT);
  await app.serves(() => fixture.folder.write(FILE, settingUp("v5", keep("model"))), KEPT);
  assertEquals(await app.text(), "v5");
  await inTime(fixture.close(), "The end of the Flow");
  const lines = fixture.log.lines.slice(mark);
  assertEquals(lines.filter((line) => /could not be released/.test(line)), []);
  assertEquals(fixture.log.count(/model is closed/), 1);
});

test("an Executor whose requests go to another endpoint keeps its model", async (fixture) => {
  const source = (text: string) =>
    executorWith(`  static requests = { "/search": "search" };
  async search(docs) {
    const { logger } = this;
    ${keep("model")}
    for (const doc of docs) doc.text = ${JSON.stringify(text)};
  }`);
  await fixture.folder.write(FILE, source("v1"));
  await fixture.folder.write(
    "other/other.ts",
    executorWith('  static requests = { "/index": "index" };\n  index() {}'),
  );
  await fixture.serve([{ uses: FILE, reload: true }, { uses: "other/other.ts" }]);
  assertEquals((await fixture.ask("/search")).text, "v1");
  for (const text of ["v2", "v3", "v4"]) {
    const { mark } = fixture.log;
    await fixture.folder.write(FILE, source(text));
    await fixture.log.waitFor(/executor0.* serves after .*\(in place, kept: model\)$/, mark);
    assertEquals((await fixture.ask("/index")).status, 200);
  }
  assertEquals((await fixture.ask("/search")).text, "v4");
  assertEquals(fixture.log.count(/model is closed/), 0);
});

/** An exclusive Executor that keeps a port. */
const keepingPort = (text: string, port: number, setup = "") =>
  executorWith(
    `  static exclusive = true;
${saying(`"${text}"`)}
  async setup() {
    await this.keep("port", async () => {
      const server = createServer();
      await new Promise((resolve, reject) => server.once("error", reject).listen(${port}, "127.0.0.1", resolve));
      return { close: () => new Promise((resolve) => server.close(resolve)) };
    });
    ${setup}
  }
  close() {}`,
    'import { createServer } from "node:net";',
  );

test("an exclusive Executor that keeps a port is reloaded in a new worker, and continues when that fails", async (fixture) => {
  const port = freePort();
  const app = await InPlace.serve(fixture, keepingPort("v1", port), { reload: true });
  await app.serves(() => fixture.folder.write(FILE, keepingPort("v2", port)), KEPT);
  await app.serves(() => fixture.reload({ fresh: true }), FRESH);
  assertEquals(await app.text(), "v2");
  await app.breaks(keepingPort("v4", port, FAILING));
  assertEquals(await app.text(), "v2");
  await fixture.folder.write(
    FILE,
    keepingPort("v5", port, "if (this.runtime.version === 6) throw new Error('no');"),
  );
  await fixture.log.waitFor(/version 5 serves/);
  await fixture.reload({ fresh: true }).catch((error) => assertMatch(error.message, /no/));
  assertEquals(await app.text(), "v5");
  await app.serves(() => fixture.folder.write(FILE, keepingPort("v7", port)), KEPT);
  assertEquals(await app.text(), "v7");
});

test("exclusive: a setup() that never ends holds up neither the version before nor the next one", async (fixture) => {
  const source = (text: string, setup = "") =>
    settingUp(text, setup, "  static exclusive = true;\n  close() {}");
  const app = await InPlace.serve(fixture, source("v1"), {}, { loadTimeout: 1_000, exclusiveTimeout: 200 });
  assertMatch(
    await app.breaks(source("v2", "await new Promise(() => {});")),
    /it was not ready within 1000 ms/,
  );
  assertEquals(await app.text(), "v1");
  await app.saved(source("v3"));
  await fixture.folder.write(FILE, source("v4", 'logger.info("it waits"); await new Promise(() => {});'));
  await fixture.log.waitFor(/it waits/);
  assertEquals(await app.saved(source("v5")), "v5");
});
