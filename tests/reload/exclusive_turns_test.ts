/** Exclusive Executors when something comes in the middle of their turn: another save, the end, a death. */
import { assertEquals, assertMatch } from "@std/assert";
import { Latch } from "../support/latch.ts";
import { inTime } from "../support/in_time.ts";
import { FILE, Reloading } from "../support/reloading.ts";
import { EXIT, freePort, holding, notes, noting, unclosing } from "./_holding.ts";
import { executorWith, reloadTest } from "./_serving.ts";

const NEVER = "await new Promise(() => {});";

reloadTest("a save while a replica that died is replaced: its new worker gives way", async (fixture) => {
  const port = freePort();
  await using latch = new Latch();
  const died = JSON.stringify(fixture.folder.at("died"));
  const wait =
    `if ((await import("node:fs")).existsSync(${died})) await (await fetch("${latch.url}")).text();`;
  await fixture.folder.write(FILE, holding(port, "v1", { after: wait, more: EXIT }));
  await fixture.serve({ uses: FILE, reload: true });
  await fixture.folder.write("died", "");
  await Promise.all([fixture.ask("/exit"), fixture.log.waitFor(/it is replaced/)]);
  await latch.reached();
  await fixture.folder.write(FILE, holding(port, "v2", { more: EXIT }));
  await fixture.log.waitFor(/version 2 serves/);
  assertEquals((await fixture.ask()).text, "v2");
  assertEquals(fixture.log.count(/could not/), 0);
  await fixture.ask("/exit");
  assertEquals((await fixture.ask()).text, "v2", "a replica that dies later is replaced");
});

reloadTest(
  "a setup() that never ends is given up after one loadTimeout, whatever was terminated before",
  async (fixture) => {
    const port = freePort();
    await fixture.folder.write(FILE, holding(port, "v1", { close: NEVER }));
    await fixture.serve({ uses: FILE, reload: true }, { closeTimeout: 100, loadTimeout: 1_500 });
    await fixture.folder.write(FILE, holding(port, "v2", { before: `${noting(fixture, "setup")} ${NEVER}` }));
    const { message } = await fixture.log.waitFor(/ERROR .*nothing serves/);
    assertMatch(message, /was not ready within 1500 ms/);
    assertEquals(await notes(fixture), ["setup"]);
    await fixture.folder.write(FILE, holding(port, "v3"));
    await fixture.log.waitFor(/version 3 serves/);
  },
);

reloadTest(
  "the Flow is closed while an old object is set up again: it does not wait for loadTimeout",
  async (fixture) => {
    const port = freePort();
    await using latch = new Latch();
    const again = `if (this.setups > 0) await (await fetch("${latch.url}")).text();`;
    await fixture.folder.write(FILE, holding(port, "v1", { before: again }));
    await fixture.serve({ uses: FILE, reload: true }, { closeTimeout: 300 });
    await fixture.folder.write(FILE, holding(port, "v2", { before: 'throw new Error("no model");' }));
    await latch.reached();
    const asked = fixture.ask();
    await inTime(fixture.close(), "The end of the Flow", 4_000);
    assertEquals((await asked).status, 503);
  },
);

reloadTest("ten quick saves under load: nothing is lost, and the last one serves", async (fixture) => {
  const port = freePort();
  const source = (text: string) =>
    holding(port, text, { before: "await new Promise((resolve) => setTimeout(resolve, 60));" });
  const reloading = await Reloading.begin(fixture, { files: { [FILE]: source("v0") }, clients: 6 });
  for (let save = 1; save < 10; save++) {
    await fixture.folder.write(FILE, source(`v${save}`));
    // Each save comes at another moment of the turn before it.
    await new Promise((resolve) => setTimeout(resolve, 15 * save));
  }
  await reloading.traffic.text("v9").catch(() => {});
  await fixture.folder.write(FILE, source("v10"));
  await reloading.traffic.text("v10");
  await reloading.only("v10");
  await fixture.assertNothingLost();
});

reloadTest("a broken save in the middle of a turn: the old object continues", async (fixture) => {
  const port = freePort();
  await using latch = new Latch();
  const reloading = await Reloading.begin(fixture, { files: { [FILE]: holding(port, "v1") } });
  await fixture.folder.write(
    FILE,
    holding(port, "v2", { after: `await (await fetch("${latch.url}")).text();` }),
  );
  await latch.reached();
  await fixture.folder.write(FILE, holding(port, "v3").replace("foo(docs)", "foo((docs)"));
  await fixture.log.waitFor(/ERROR .*version 1 keeps serving/);
  await reloading.only("v1");
  await reloading.saved("v4", holding(port, "v4"));
  assertEquals(reloading.traffic.texts, ["v1", "v4"]);
  await fixture.assertNothingLost();
});

reloadTest("saveState(), restoreState() and close() that throw", async (fixture) => {
  const port = freePort();
  const state = (save: string, restore: string) => ({
    more: `  saveState() { ${save} }\n  restoreState(state) { ${restore} }\n`,
    close: 'await this.release(); throw new Error("close is broken");',
  });
  const reloading = await Reloading.begin(fixture, {
    files: { [FILE]: holding(port, "v1", state('throw new Error("no state");', "")) },
  });
  await fixture.folder.write(FILE, holding(port, "v2", state("return 1;", "")));
  await fixture.log.waitFor(/saveState\(\) failed: Error: no state.*/);
  await reloading.only("v1");
  let mark = fixture.log.mark;
  await fixture.folder.write(FILE, holding(port, "v3", state("return 1;", "")));
  await fixture.log.waitFor(/close\(\) of version 1 failed: Error: close is broken/, mark);
  await reloading.traffic.text("v3");
  mark = fixture.log.mark;
  await fixture.folder.write(FILE, holding(port, "v4", state("return 1;", 'throw new Error("bad state");')));
  await fixture.log.waitFor(/restoreState\(\) failed: Error: bad state/, mark);
  await reloading.only("v3");
  await reloading.saved("v5", holding(port, "v5", state("return 1;", "")));
  await fixture.assertNothingLost();
});

reloadTest(
  "a client that goes away, and a request whose timeout passes, while they are held",
  async (fixture) => {
    const port = freePort();
    await using latch = new Latch();
    await fixture.folder.write(FILE, holding(port, "v1"));
    await fixture.serve({ uses: FILE, reload: true }, { timeout: 300 });
    await fixture.folder.write(
      FILE,
      holding(port, "v2", { before: `await (await fetch("${latch.url}")).text();` }),
    );
    await latch.reached();
    const gone = fetch(`http://127.0.0.1:${fixture.port}/post`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ data: [{ text: "x" }], execEndpoint: "/" }),
      signal: AbortSignal.timeout(100),
    }).then(() => "answered", () => "gone");
    assertEquals((await inTime(fixture.ask(), "The answer")).status, 504);
    assertEquals(await gone, "gone");
    latch.open();
    await fixture.log.waitFor(/version 2 serves/);
    assertEquals((await fixture.ask()).text, "v2");
  },
);

reloadTest("a stream in flight is finished, or cut with an error event", async (fixture) => {
  const port = freePort();
  const stream = `  @requests({ on: "/tell" })
  async *tell(docs, { parameters }) {
    yield { text: "first" };
    await (await fetch(parameters.latch)).text();
    yield { text: "second" };
  }
`;
  await fixture.folder.write(FILE, holding(port, "v1", { more: stream }));
  await fixture.serve({ uses: FILE, reload: true }, { exclusiveTimeout: 400 });
  const open = async (latch: Latch) => {
    const response = await fetch(`http://127.0.0.1:${fixture.port}/post`, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "text/event-stream" },
      body: JSON.stringify({
        data: [{ text: "x" }],
        execEndpoint: "/tell",
        parameters: { latch: latch.url },
      }),
    });
    return response.text();
  };
  await using quick = new Latch();
  const finished = open(quick);
  await quick.reached();
  await fixture.folder.write(FILE, holding(port, "v2", { more: stream }));
  await fixture.log.waitFor(/detected changes/);
  quick.open();
  assertMatch(await finished, /second[^]*event: end/);
  await fixture.log.waitFor(/version 2 serves/);
  await using never = new Latch();
  const cut = open(never);
  await never.reached();
  await fixture.folder.write(FILE, holding(port, "v3", { more: stream }));
  assertMatch(await inTime(cut, "The end of the stream"), /event: error[^]*exclusiveTimeout/);
  await fixture.log.waitFor(/version 3 serves/);
});

reloadTest("a restart to a class that is not exclusive, and back", async (fixture) => {
  const port = freePort();
  const two = `${holding(port, "A").replace(/MyExecutor/g, "A")}\n${
    holding(port, "B", { exclusive: false }).replace(/^import.*$/gm, "").replace(/MyExecutor/g, "B")
  }`;
  const yaml = (name: string) => `jtype: ${name}\nmetas: { modules: [${FILE}] }\n`;
  await fixture.folder.write(FILE, two);
  await fixture.folder.write("executor.yml", yaml("A"));
  await fixture.serve({ uses: "executor.yml", restart: true });
  const traffic = await fixture.traffic();
  for (const name of ["B", "A", "B"]) {
    await Promise.all([traffic.text(name), fixture.folder.write("executor.yml", yaml(name))]);
  }
  await fixture.assertNothingLost();
});

reloadTest("a replica that dies again and again is left down; a save brings it back", async (fixture) => {
  const port = freePort();
  await fixture.folder.write(FILE, holding(port, "v1", { more: EXIT }));
  await fixture.serve({ uses: FILE, reload: true });
  for (let death = 0; death < 4; death++) await fixture.ask("/exit");
  await fixture.log.waitFor(/it is left down/);
  assertEquals((await fixture.ask()).status, 503);
  await fixture.folder.write(FILE, holding(port, "v2", { more: EXIT }));
  await fixture.log.waitFor(/version 2 serves/);
  assertEquals((await fixture.ask()).text, "v2");
});

for (const moment of ["drain", "close", "setup"]) {
  reloadTest(
    `the Flow is closed during the ${moment} of a turn: the index is written once, and whole`,
    async (fixture) => {
      const path = JSON.stringify(fixture.folder.at("index.json"));
      await using latch = new Latch();
      const wait = `await (await fetch("${latch.url}")).text();`;
      const source = (setup = "", close = "") =>
        executorWith(
          `  static exclusive = true;
  index = [];
  async setup() { try { this.index = JSON.parse(readFileSync(${path}, "utf8")); } catch { this.index = []; } ${setup} }
  async close() { ${close} writeFileSync(${path}, JSON.stringify(this.index)); }
  @requests()
  add(docs) { for (const doc of docs) this.index.push(doc.text); }
  @requests({ on: "/slow" })
  async slow(docs) { ${wait} this.add(docs); }`,
          'import { readFileSync, writeFileSync } from "node:fs";',
        );
      await fixture.folder.write(FILE, source("", moment === "close" ? wait : ""));
      await fixture.serve({ uses: FILE, reload: true }, { closeTimeout: 5_000 });
      await fixture.ask("/", "one");
      if (moment === "drain") fixture.ask("/slow", "two").catch(() => {});
      if (moment === "drain") await latch.reached();
      await fixture.folder.write(FILE, `${source(moment === "setup" ? wait : "")}// changed\n`);
      if (moment === "drain") await fixture.log.waitFor(/detected changes/);
      else await latch.reached();
      const closed = fixture.close();
      if (moment !== "setup") latch.open();
      await inTime(closed, "The end of the Flow");
      const expected = moment === "drain" ? ["one", "two"] : ["one"];
      assertEquals(JSON.parse(await Deno.readTextFile(fixture.folder.at("index.json"))), expected);
    },
  );
}

reloadTest(
  "an exclusive Executor without close(): what it holds is free when its worker has ended",
  async (fixture) => {
    const port = freePort();
    const source = (text: string, body = {}) => unclosing(holding(port, text, body));
    const reloading = await Reloading.begin(fixture, { files: { [FILE]: source("v1") } });
    await reloading.saved("v2", source("v2"));
    const mark = fixture.log.mark;
    await fixture.folder.write(FILE, source("v3", { before: 'throw new Error("no model");' }));
    await fixture.log.waitFor(/ERROR .*version 2 keeps serving[^]*no model/, mark);
    await reloading.only("v2");
    assertEquals(JSON.parse((await fixture.ask()).body).data[0].tags.setups, 1, "it was not closed");
    await reloading.saved("v4", source("v4"));
    assertEquals(reloading.traffic.texts, ["v1", "v2", "v4"]);
    await fixture.assertNothingLost();
  },
);
