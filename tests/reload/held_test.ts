/** Requests that wait because nothing can take them: the only replica is replaced, or a state is handed over. */
import { assertEquals, assertMatch } from "@std/assert";
import { Latch } from "../support/latch.ts";
import { inTime } from "../support/in_time.ts";
import { PATIENCE_MS } from "../support/log_trap.ts";
import { FlowProcess, flowScript } from "../support/process.ts";
import { FILE } from "../support/reloading.ts";
import type { FlowFixture } from "../support/flow_fixture.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { answering, executorWith, reloadTest } from "./_serving.ts";

/** How long a request may take that has nothing to wait for. */
const SOON_MS = 5_000;

/** Its setup() waits at a latch from its second load on. */
function slowReplacement(text: string, latch: Latch, mark: string): string {
  return executorWith(`${answering(text)}  async setup() {
    const path = ${JSON.stringify(mark)};
    if (await Deno.stat(path).catch(() => undefined)) await (await fetch("${latch.url}")).text();
    await Deno.writeTextFile(path, "");
  }
  @requests({ on: "/die" })
  die() { self.close(); }
`);
}

/** Serves it, and has its only replica die. */
async function replaced(fixture: FlowFixture, source: string, latch: Latch, timeout?: number): Promise<void> {
  await fixture.folder.write(FILE, source);
  await fixture.serve({ uses: FILE, reload: true }, timeout === undefined ? {} : { timeout });
  assertEquals((await fixture.ask("/die")).status, 503);
  await latch.reached();
}

reloadTest("a held request is answered with 504 at its deadline", async (fixture) => {
  await using latch = new Latch();
  await replaced(fixture, slowReplacement("v1", latch, fixture.folder.at("mark")), latch, 200);
  const seen = await inTime(fixture.ask(), "The answer", SOON_MS);
  assertEquals(seen.status, 504);
  assertMatch(seen.body, /the request took longer than 200 ms/);
  latch.open();
  assertEquals((await fixture.ask()).text, "v1");
});

reloadTest("a held request goes on as soon as another version serves", async (fixture) => {
  await using latch = new Latch();
  await replaced(fixture, slowReplacement("v1", latch, fixture.folder.at("mark")), latch);
  const held = fixture.ask();
  await fixture.folder.write(FILE, executorWith(answering("v2")));
  assertEquals((await inTime(held, "The answer", SOON_MS)).text, "v2");
  assertEquals((await inTime(fixture.ask(), "The next answer", SOON_MS)).text, "v2");
});

reloadTest("a hand-over holds requests until it is over, whatever else has held them", async (fixture) => {
  await using first = new Latch();
  await using second = new Latch();
  await using restoring = new Latch();
  const { folder } = fixture;
  const source = (text: string, restore: string) =>
    executorWith(`${answering(text)}  async setup() {
    if (await Deno.stat(${JSON.stringify(folder.at("wait"))}).catch(() => undefined)) {
      await (await fetch(${JSON.stringify([first.url, second.url])}[this.runtime.replica])).text();
    }
  }
  @requests({ on: "/die" })
  die() { self.close(); }
  saveState() { return 1; }
  async restoreState() { ${restore} }
`);
  const states = async () =>
    (await fixture.status()).deployments[0].versions[0].replicas.map(({ state }) => state);
  await folder.write(FILE, source("v1", ""));
  await fixture.serve({ uses: FILE, reload: true, replicas: 2 }, { handoverTimeout: PATIENCE_MS });
  await folder.write("wait", "");
  await Promise.all([fixture.ask("/die"), fixture.ask("/die")]);
  await Promise.all([first.reached(), second.reached()]);
  // One replica is enough to go on.
  first.open();
  assertEquals((await inTime(fixture.ask(), "The answer", SOON_MS)).text, "v1");
  assertEquals(await states(), ["ready", "dead"]);
  await Deno.remove(folder.at("wait"));
  await folder.write(FILE, source("v2", `await (await fetch("${restoring.url}")).text();`));
  await restoring.reached();
  second.open();
  await inTime(
    (async () => {
      while ((await states())[1] !== "ready");
    })(),
    "The replacement",
    SOON_MS,
  );
  const held = fixture.ask();
  assertEquals(await states(), ["ready", "ready"]);
  restoring.open();
  assertEquals((await inTime(held, "The answer", SOON_MS)).text, "v2");
});

for (const way of ["SIGTERM", "close()"]) {
  Deno.test(`${way} while a request is held: it is answered with 503 at the deadline`, async () => {
    await using folder = await TempFolder.make();
    await using latch = new Latch();
    await folder.write(FILE, slowReplacement("v1", latch, folder.at("mark")));
    const then = way === "SIGTERM" ? undefined : `Deno.addSignalListener("SIGTERM", function stop() {
  Deno.removeSignalListener("SIGTERM", stop);
  flow.close();
});`;
    const script = flowScript({ uses: folder.at(FILE), reload: true }, { closeTimeout: 300 }, then);
    await using running = await FlowProcess.serve(folder, script);
    await running.ask("/die");
    await latch.reached();
    const held = running.ask();
    await fetch(`http://127.0.0.1:${running.port}/status`).then((response) => response.body?.cancel());
    running.signal("SIGTERM");
    const seen = await held;
    assertEquals(seen.status, 503);
    assertMatch(seen.body, /executor0 is down: the Flow is closing/);
    assertEquals(await running.exited(SOON_MS), 0);
  });
}
