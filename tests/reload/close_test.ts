/** Flows that are closed at odd moments: nothing outlives close(). */
import { assert, assertEquals } from "@std/assert";
import { Latch } from "../support/latch.ts";
import { inTime } from "../support/in_time.ts";
import { FILE, Reloading } from "../support/reloading.ts";
import { FlowProcess, flowScript } from "../support/process.ts";
import { executorSource, FlowFixture, PACKAGE } from "../support/flow_fixture.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { answering, executorWith, reloadTest, waitingAtGate } from "./_serving.ts";

/** How long a process may take to end that has nothing to wait for. */
const END_MS = 5_000;

reloadTest(
  "closed in the middle of a reload: what is in flight is answered, nothing is left",
  async (fixture) => {
    await using latch = new Latch();
    await using loading = new Latch();
    await fixture.folder.write(FILE, executorWith(answering("v1") + waitingAtGate("v1")));
    await fixture.serve({ uses: FILE, reload: true });
    await fixture.standby();
    const slow = fixture.ask("/slow", "x", { latch: latch.url });
    await latch.reached();
    await fixture.folder.write(
      FILE,
      executorWith(`${answering("v2")}  async setup() { await (await fetch("${loading.url}")).text(); }`),
    );
    await loading.reached();
    const closed = fixture.close();
    latch.open();
    const [seen] = await inTime(Promise.all([slow, closed]), "close()", END_MS);
    assertEquals([seen.status, seen.text], [200, "v1"]);
    assertEquals(fixture.log.lines.filter((line) => /^(?:ERROR|WARNING)/.test(line)), []);
  },
);

Deno.test("closed right after a save, at any moment of the reload", async () => {
  for (let ms = 0; ms < 12; ms++) {
    await using fixture = await FlowFixture.make();
    const reloading = await Reloading.begin(fixture);
    await fixture.folder.write(FILE, executorSource("v2"));
    const from = performance.now();
    while (performance.now() - from < ms) await new Promise((resolve) => setTimeout(resolve, 0));
    const [closed, traffic] = [fixture.close(), reloading.traffic];
    await traffic.stop();
    await inTime(closed, "close()", END_MS);
    // What came in before was answered; what came later was refused.
    assertEquals(traffic.failed.filter(({ body }) => !body.includes("the server is closing")), []);
    assertEquals(fixture.log.lines.filter((line) => /^(?:ERROR|WARNING)/.test(line)), []);
  }
});

reloadTest(
  "closed while a state is handed over: close() does not wait for handoverTimeout",
  async (fixture) => {
    await using latch = new Latch();
    const source = (text: string) =>
      executorWith(
        `${answering(text)}${waitingAtGate(text)}  saveState() { return 1; }\n  restoreState() {}\n`,
      );
    await fixture.folder.write(FILE, source("v1"));
    await fixture.serve({ uses: FILE, reload: true }, { handoverTimeout: 6_000, closeTimeout: 200 });
    await fixture.standby();
    const slow = fixture.ask("/slow", "x", { latch: latch.url }).catch(String);
    await latch.reached();
    await fixture.folder.write(FILE, source("v2"));
    for (let state = ""; state !== "ready";) {
      state = (await fixture.status()).deployments[0].versions.at(1)?.replicas[0].state ?? "";
    }
    const held = fixture.ask().catch(String);
    await inTime(fixture.close(), "close()", 3_000);
    // Neither waits for ever, however it ends.
    await inTime(Promise.all([slow, held]), "The answers");
  },
);

Deno.test("a script that closes its Flow ends by itself, with reload and restart and after a reload", async () => {
  await using folder = await TempFolder.make();
  await folder.write(FILE, executorSource("v1"));
  await folder.write("executor.yml", `jtype: MyExecutor\nmetas: { modules: [${FILE}] }\n`);
  const script = flowScript(
    { uses: folder.at("executor.yml"), reload: true, restart: true, replicas: 2 },
    {},
    `await Deno.writeTextFile(${JSON.stringify(folder.at(FILE))}, ${JSON.stringify(executorSource("v2"))});
while ((await flow.post("/", { text: "x" }))[0].text !== "v2");
await flow.close();
console.log("closed");
`,
  );
  await using running = await FlowProcess.serve(folder, script);
  await running.printed(/closed/);
  assertEquals(await running.exited(END_MS), 0);
});

Deno.test("a Flow whose start fails leaves nothing: the script ends by itself", async () => {
  await using folder = await TempFolder.make();
  await folder.write(FILE, "export class {");
  const script = `import { Flow } from ${JSON.stringify(PACKAGE)};
const flow = new Flow({ port: 0 }).add({ uses: "./${FILE}" });
await flow.start().catch((error) => console.log("rejected", error.name));
`;
  await using running = await FlowProcess.run(folder, script);
  await running.printed(/rejected LoadError/);
  assertEquals(await running.exited(END_MS), 0);
});

Deno.test("a Flow closed while it starts leaves nothing: the script ends by itself", async () => {
  await using folder = await TempFolder.make();
  await folder.write(FILE, executorSource("v1"));
  const script = `import { Flow } from ${JSON.stringify(PACKAGE)};
const add = { uses: "./${FILE}", reload: true };
for (const wait of [-1, 0, 1, 5, 20, 40]) {
  const flow = new Flow({ port: 0 }).add(add);
  const started = flow.start().then(() => "started", (error) => error.message);
  if (wait >= 0) await new Promise((resolve) => setTimeout(resolve, wait));
  await flow.close();
  console.log(wait, await started);
}
console.log("done");
`;
  await using running = await FlowProcess.run(folder, script);
  await running.printed(/done/);
  assertEquals(await running.exited(END_MS), 0);
});

Deno.test("close() cuts a request that outlasts closeTimeout, and the script ends by itself", async () => {
  await using folder = await TempFolder.make();
  await using latch = new Latch();
  await folder.write(FILE, executorWith(answering("v1") + waitingAtGate("v1")));
  await using running = await FlowProcess.serve(
    folder,
    flowScript({ uses: folder.at(FILE), reload: true }, { closeTimeout: 300 }),
  );
  const slow = running.ask("/slow", "x", { latch: latch.url }).catch((error: Error) => error);
  await latch.reached();
  running.signal("SIGTERM");
  assertEquals(await running.exited(END_MS), 0);
  const seen = await slow;
  assert(seen instanceof Error || seen.status >= 500);
});

Deno.test("close() cuts a request of a version that was replaced, too", async () => {
  await using folder = await TempFolder.make();
  await using latch = new Latch();
  await folder.write(FILE, executorWith(answering("v1") + waitingAtGate("v1")));
  await using running = await FlowProcess.serve(
    folder,
    flowScript({ uses: folder.at(FILE), reload: true }, { closeTimeout: 300 }),
  );
  const slow = running.ask("/slow", "x", { latch: latch.url }).catch((error: Error) => error);
  await latch.reached();
  await folder.write(FILE, executorSource("v2"));
  await running.log.waitFor(/version 2 serves/);
  running.signal("SIGTERM");
  assertEquals(await running.exited(END_MS), 0);
  await slow;
});
