/** Executors that end their worker: it is replaced, and the Flow lives on. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Gate } from "../support/latch.ts";
import { inTime } from "../support/in_time.ts";
import { FILE, Reloading, type Spot, spotOf } from "../support/reloading.ts";
import { FlowProcess, flowScript } from "../support/process.ts";
import { executorSource, type Stand } from "../support/flow_fixture.ts";
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
async function killForGood(stand: Stand): Promise<void> {
  for (let deaths = 1; deaths <= 3; deaths++) {
    const mark = stand.log.mark;
    assertEquals((await stand.ask("/die")).status, 500);
    await stand.log.waitFor(REPLACED, mark);
    assertEquals((await inTime(stand.ask(), "The next answer")).status, 200);
  }
  await stand.ask("/die");
  await stand.log.waitFor(LEFT_DOWN);
}

/** Where the runtime says that the call is: at its last name. */
function calleeSpot(source: string, way: string): Spot {
  const { line, column } = spotOf(source, `${way};`);
  return { line, column: column + Math.max(0, way.indexOf(".") + 1) };
}

/** Asks until the answer is this text. */
async function comesBack(stand: Stand, text: string): Promise<void> {
  const deadline = performance.now() + 5_000;
  for (let seen = await stand.ask();; seen = await stand.ask()) {
    if (seen.text === text && seen.status === 200) return;
    if (performance.now() > deadline) throw new Error(`It does not come back: ${seen.status} ${seen.body}`);
  }
}

for (const [name, way] of Object.entries(WAYS)) {
  reloadTest(`${name} in a handler: the replica is replaced, the next request is answered`, async (stand) => {
    await using gate = new Gate();
    await stand.folder.write(FILE, dying("v1", way));
    await stand.serve({ uses: FILE, reload: true });
    const slow = stand.ask("/slow", "x", { gate: gate.url });
    await gate.reached();
    const seen = await stand.ask("/die");
    assertEquals(seen.status, 500);
    assertMatch(seen.body, /(?:exit|close)\(\d?\) was called/);
    // Whoever was in the same worker is told why.
    const cut = await inTime(slow, "The request in flight");
    assertEquals(cut.status, 500);
    assertMatch(cut.body, /(?:exit|close)\(\d?\) was called/);
    const next = await Promise.all(Array.from({ length: 5 }, () => stand.ask()));
    assertEquals(next.map(({ status, text }) => `${status} ${text}`), Array(5).fill("200 v1"));
    await stand.log.waitFor(REPLACED);
    await stand.folder.write(FILE, dying("v2", way));
    await stand.log.waitFor(/version 2 serves/);
    assertEquals((await stand.ask()).text, "v2");
    await stand.standby();
  });
}

for (const [name, way] of Object.entries(WAYS)) {
  reloadTest(`${name} while loading: the old version serves on`, async (stand) => {
    const reloading = await Reloading.begin(stand);
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
        () => stand.folder.write(FILE, source),
      ).catch((error) => {
        throw new Error(`${call}: ${error.message}`, { cause: error });
      });
      assertEquals(record.level, "error");
    }
    await reloading.saved("v2");
    assertEquals(reloading.traffic.texts, ["v1", "v2"]);
    await stand.unharmed();
  });
}

reloadTest(
  "it dies again and again: left down with 503 and a message until the next good save",
  async (stand) => {
    await stand.folder.write(FILE, dying("v1"));
    await stand.serve({ uses: FILE, reload: true });
    await killForGood(stand);
    const seen = await stand.ask();
    assertEquals(seen.status, 503);
    assertMatch(
      seen.body,
      /executor0 is down: .*again and again.*Deno\.exit\(3\) was called.*next good save/,
    );
    const { state, lastError } = (await stand.status()).deployments[0];
    assertEquals(state, "down");
    assert(lastError?.message.includes("again and again"));
    await stand.folder.write(FILE, dying("v2"));
    await comesBack(stand, "v2");
    // The past is forgotten.
    await stand.ask("/die");
    assertEquals((await stand.ask()).text, "v2");
    await stand.standby();
  },
);

reloadTest("left down, then a bad save is undone: the version that was there serves again", async (stand) => {
  await stand.folder.write(FILE, dying("v1"));
  await stand.serve({ uses: FILE, reload: true });
  await killForGood(stand);
  const mark = stand.log.mark;
  await stand.folder.write(FILE, "export class {");
  await stand.log.waitFor(/could not load the new version/, mark);
  await stand.folder.write(FILE, dying("v1"));
  await comesBack(stand, "v1");
  assertEquals((await stand.status()).deployments[0].lastError, null);
});

reloadTest(
  "it dies while the file on disk is broken: down with the reason, back when that is undone",
  async (stand) => {
    await stand.folder.write(FILE, dying("v1"));
    await stand.serve({ uses: FILE, reload: true });
    await stand.folder.write(FILE, "export class {");
    await stand.log.waitFor(/could not load the new version; version 1 keeps serving/);
    assertEquals((await stand.ask()).text, "v1");
    await stand.ask("/die");
    await stand.log.waitFor(/ERROR executor0\/rep-0 could not be replaced/);
    const seen = await stand.ask();
    assertEquals(seen.status, 503);
    assertMatch(seen.body, /my_executor.ts:1:\d+/);
    await stand.folder.write(FILE, dying("v1"));
    await comesBack(stand, "v1");
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
    async (stand) => {
      await stand.folder.write(FILE, dying("v1"));
      await stand.folder.write("executor.yml", `jtype: MyExecutor\nmetas: { modules: [${FILE}] }\n`);
      await stand.serve({ uses: "executor.yml", restart: true, replicas });
      const version = async () => (await stand.status()).deployments[0].version;
      await stand.folder.write(FILE, dying("v2"));
      // A save alone is nothing to a deployment that is only restarted.
      assertEquals([(await stand.ask()).text, await version()], ["v1", 1]);
      const traffic = await stand.traffic();
      await Promise.all([traffic.text("v2"), stand.ask("/die")]);
      await stand.log.waitFor(/INFO executor0\/rep-0 version 2 serves/);
      await traffic.round();
      const from = traffic.seen.length;
      await traffic.round();
      assertEquals(new Set(traffic.seen.slice(from).map(({ text }) => text)), new Set(["v2"]));
      assertEquals(await version(), 2);
      const { message } = await stand.log.waitFor(/detected changes in/);
      assert(message.includes(`['${stand.folder.at(FILE)}']`), message);
      // It dies once more, and nothing has changed: the same version.
      const mark = stand.log.mark;
      await stand.ask("/die");
      await stand.log.waitFor(/it is replaced/, mark);
      await stand.standby();
      assertEquals(await version(), 2);
      // Requests that were in the worker that died are lost with it; no other is.
      assertEquals(traffic.failed.filter(({ body }) => !body.includes("Deno.exit(3) was called")), []);
    },
  );
}
