/** Executors that end their worker: it is replaced, and the Flow lives on. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Latch } from "../support/latch.ts";
import { inTime } from "../support/in_time.ts";
import { FILE, Reloading, type Spot, spotOf } from "../support/reloading.ts";
import { FlowProcess, flowScript } from "../support/process.ts";
import { executorSource, type FlowFixture } from "../support/flow_fixture.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { answering, executorWith, reloadTest, waitingAtGate } from "./_serving.ts";

const WAYS = {
  "Deno.exit(3)": "Deno.exit(3)",
  "self.close()": "self.close()",
  "process.exit(1)": "process.exit(1)",
  "exit() imported from node:process": "exit(1)",
};
const IMPORTS = `import process, { exit } from "node:process";`;
const REPLACED = /ERROR executor0\/rep-0 ended because (?:\S+) was called; it is replaced/;
const LOST =
  /CutError: the request was lost: executor0\/rep-0 ended because \S+(?:exit|close)\(\d?\) was called; a client may send/;
const LEFT_DOWN = /ERROR executor0\/rep-0 it ended again and again.* it is left down\. It comes back with/;

function dying(text: string, way = "Deno.exit(3)"): string {
  return executorWith(
    `${answering(text)}${waitingAtGate(text)}  @requests({ on: "/die" })
  die() { ${way}; }
`,
    IMPORTS,
  );
}

/** Has it die until nobody replaces it any more. */
async function killForGood(fixture: FlowFixture): Promise<void> {
  for (let deaths = 1; deaths <= 3; deaths++) {
    const mark = fixture.log.mark;
    assertEquals((await fixture.ask("/die")).status, 503);
    await fixture.log.waitFor(REPLACED, mark);
    assertEquals((await inTime(fixture.ask(), "The next answer")).status, 200);
  }
  await fixture.ask("/die");
  await fixture.log.waitFor(LEFT_DOWN);
}

/** Where the runtime says that the call is: at its last name. */
function calleeSpot(source: string, way: string): Spot {
  const { line, column } = spotOf(source, `${way};`);
  return { line, column: column + Math.max(0, way.indexOf(".") + 1) };
}

/** Asks until the answer is this text. */
async function comesBack(fixture: FlowFixture, text: string): Promise<void> {
  const deadline = performance.now() + 5_000;
  for (let seen = await fixture.ask();; seen = await fixture.ask()) {
    if (seen.text === text && seen.status === 200) return;
    if (performance.now() > deadline) throw new Error(`It does not come back: ${seen.status} ${seen.body}`);
  }
}

for (const [name, way] of Object.entries(WAYS)) {
  reloadTest(
    `${name} in a handler: the replica is replaced, the next request is answered`,
    async (fixture) => {
      await using latch = new Latch();
      await fixture.folder.write(FILE, dying("v1", way));
      await fixture.serve({ uses: FILE, reload: true });
      const slow = fixture.ask("/slow", "x", { latch: latch.url });
      await latch.reached();
      const seen = await fixture.ask("/die");
      assertEquals(seen.status, 503);
      assertMatch(seen.body, LOST);
      // A request that was in the same worker is told why.
      const cut = await inTime(slow, "The request in flight");
      assertEquals(cut.status, 503);
      assertMatch(cut.body, LOST);
      const next = await Promise.all(Array.from({ length: 5 }, () => fixture.ask()));
      assertEquals(next.map(({ status, text }) => `${status} ${text}`), Array(5).fill("200 v1"));
      await fixture.log.waitFor(REPLACED);
      await fixture.folder.write(FILE, dying("v2", way));
      await fixture.log.waitFor(/version 2 serves/);
      assertEquals((await fixture.ask()).text, "v2");
      await fixture.standby();
    },
  );
}

for (const [name, way] of Object.entries(WAYS)) {
  reloadTest(`${name} while loading: the old version serves on`, async (fixture) => {
    const reloading = await Reloading.begin(fixture);
    const places = {
      "top level": `${IMPORTS}\n${executorSource("broken")}\n${way};\n`,
      constructor: executorWith(`${answering("broken")}  constructor() { super(); ${way}; }`, IMPORTS),
      setup: executorWith(`${answering("broken")}  async setup() { await null; ${way}; }`, IMPORTS),
    };
    for (const source of Object.values(places)) {
      const call = way.slice(0, way.indexOf("("));
      const record = await reloading.breaks(
        {
          says: /(?:exit|close)\(\d?\) was called: an Executor cannot end/,
          file: FILE,
          spot: calleeSpot(source, way),
        },
        () => fixture.folder.write(FILE, source),
      ).catch((error) => {
        throw new Error(`${call}: ${error.message}`, { cause: error });
      });
      assertEquals(record.level, "error");
    }
    await reloading.saved("v2");
    assertEquals(reloading.traffic.texts, ["v1", "v2"]);
    await fixture.assertNothingLost();
  });
}

reloadTest(
  "it dies again and again: left down with 503 and a message until the next good save",
  async (fixture) => {
    await fixture.folder.write(FILE, dying("v1"));
    await fixture.serve({ uses: FILE, reload: true });
    await killForGood(fixture);
    const seen = await fixture.ask();
    assertEquals(seen.status, 503);
    assertMatch(
      seen.body,
      /executor0 is down: .*again and again.*Deno\.exit\(3\) was called.*next good save/,
    );
    const { state, lastError } = (await fixture.status()).deployments[0];
    assertEquals(state, "down");
    assert(lastError?.message.includes("again and again"));
    await fixture.folder.write(FILE, dying("v2"));
    await comesBack(fixture, "v2");
    // The past is forgotten.
    await fixture.ask("/die");
    assertEquals((await fixture.ask()).text, "v2");
    await fixture.standby();
  },
);

reloadTest(
  "left down, then a bad save is undone: the version that was there serves again",
  async (fixture) => {
    await fixture.folder.write(FILE, dying("v1"));
    await fixture.serve({ uses: FILE, reload: true });
    await killForGood(fixture);
    const mark = fixture.log.mark;
    await fixture.folder.write(FILE, "export class {");
    await fixture.log.waitFor(/could not load the new version/, mark);
    await fixture.folder.write(FILE, dying("v1"));
    await comesBack(fixture, "v1");
    assertEquals((await fixture.status()).deployments[0].lastError, null);
  },
);

reloadTest(
  "it dies while the file on disk is broken: down with the reason, back when that is undone",
  async (fixture) => {
    await fixture.folder.write(FILE, dying("v1"));
    await fixture.serve({ uses: FILE, reload: true });
    await fixture.folder.write(FILE, "export class {");
    await fixture.log.waitFor(/could not load the new version; version 1 keeps serving/);
    assertEquals((await fixture.ask()).text, "v1");
    await fixture.ask("/die");
    await fixture.log.waitFor(/ERROR executor0\/rep-0 could not be replaced/);
    const seen = await fixture.ask();
    assertEquals(seen.status, 503);
    assertMatch(seen.body, /my_executor.ts:1:\d+/);
    await fixture.folder.write(FILE, dying("v1"));
    await comesBack(fixture, "v1");
  },
);

// In a process of its own: requests that hang would keep the Flow from closing.
Deno.test("a replacement that never gets ready is given up after loadTimeout; a good save recovers", async () => {
  await using folder = await TempFolder.make();
  const hangs = `  async setup() {
    if (await Deno.stat(${
    JSON.stringify(folder.at("hang.txt"))
  }).catch(() => undefined)) await new Promise(() => {});
  }`;
  await folder.write(FILE, dying("v1").replace("class MyExecutor extends Executor {", `$&\n${hangs}`));
  const script = flowScript({ uses: folder.at(FILE), reload: true }, {
    loadTimeout: 2_000,
    closeTimeout: 500,
  });
  await using running = await FlowProcess.serve(folder, script);
  assertEquals((await running.ask()).text, "v1");
  await folder.write("hang.txt", "");
  await running.ask("/die");
  const meanwhile = await inTime(running.ask(), "The answer while it is replaced", 6_000).catch(String);
  await folder.write(FILE, dying("v2"));
  await running.log.waitFor(/version 2 serves/);
  const next = await inTime(running.ask(), "The answer of the good save", 3_000).catch(String);
  running.signal("SIGTERM");
  const code = await running.exited(4_000).catch(String);
  assert(typeof next !== "string", next as string);
  assertEquals(next.text, "v2");
  assert(typeof meanwhile !== "string", meanwhile as string);
  assertEquals(meanwhile.status, 503);
  assertEquals(code, 0);
});

for (const replicas of [1, 2]) {
  reloadTest(
    `it dies after its file was saved, restarted only, ${replicas} replicas: the new code is a version of its own`,
    async (fixture) => {
      await fixture.folder.write(FILE, dying("v1"));
      await fixture.folder.write("executor.yml", `jtype: MyExecutor\nmetas: { modules: [${FILE}] }\n`);
      await fixture.serve({ uses: "executor.yml", restart: true, replicas });
      const version = async () => (await fixture.status()).deployments[0].version;
      await fixture.folder.write(FILE, dying("v2"));
      // A save alone is nothing to a deployment that is only restarted.
      assertEquals([(await fixture.ask()).text, await version()], ["v1", 1]);
      const traffic = await fixture.traffic();
      await Promise.all([traffic.text("v2"), fixture.ask("/die")]);
      await fixture.log.waitFor(/INFO executor0\/rep-0 version 2 serves/);
      await traffic.round();
      const from = traffic.seen.length;
      await traffic.round();
      assertEquals(new Set(traffic.seen.slice(from).map(({ text }) => text)), new Set(["v2"]));
      assertEquals(await version(), 2);
      const { message } = await fixture.log.waitFor(/detected changes in/);
      assert(message.includes(`['${fixture.folder.at(FILE)}']`), message);
      // It dies once more, and nothing has changed: the same version.
      const mark = fixture.log.mark;
      await fixture.ask("/die");
      await fixture.log.waitFor(/it is replaced/, mark);
      await fixture.standby();
      assertEquals(await version(), 2);
      // Requests that were in the worker that died are lost with it; no other is.
      assertEquals(traffic.failed.filter(({ body }) => !body.includes("Deno.exit(3) was called")), []);
    },
  );
}
