/** Starts that cannot succeed, or not at once; and saves while a Flow starts. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Flow, LoadError } from "../../mod.ts";
import { awaitSnapshot, takeSnapshot } from "../support/resource_snapshot.ts";
import { Latch } from "../support/latch.ts";
import { inTime } from "../support/in_time.ts";
import { FILE, spotOf } from "../support/reloading.ts";
import { EXECUTORS, MODULE, saying, YAML, yamlOf } from "../support/restarting.ts";
import { executorSource, type FlowFixture } from "../support/flow_fixture.ts";
import { answering, executorWith, reloadTest } from "./_serving.ts";

const BROKEN = `${executorSource("broken")}\nclass {\n`;
const SPOT = spotOf(BROKEN, "{\n", BROKEN.indexOf("class {"));

/** Asks until the answer is this text. */
async function becomes(fixture: FlowFixture, text: string): Promise<void> {
  const deadline = performance.now() + 5_000;
  for (let seen = await fixture.ask(); seen.text !== text; seen = await fixture.ask()) {
    if (performance.now() < deadline) continue;
    throw new Error(
      `"${text}" is never answered: ${seen.status} ${seen.body}\n${fixture.log.lines.join("\n")}`,
    );
  }
}

reloadTest("a port in use: a clear error, and nothing is left", async (fixture) => {
  await fixture.folder.write(FILE, executorSource("v1"));
  await fixture.serve({ uses: FILE, reload: true });
  await fixture.standby();
  const before = takeSnapshot();
  const { port } = fixture;
  const second = new Flow({ port, log: fixture.log.sink }).add({
    uses: fixture.folder.at(FILE),
    reload: true,
  });
  await assertRejects(
    () => second.start(),
    Error,
    `Cannot serve at 127.0.0.1:${port}: the port is in use; stop what uses it, or choose another port (0 picks a free one)`,
  );
  await awaitSnapshot(before);
  assertEquals((await fixture.ask()).text, "v1");
});

reloadTest(
  "broken at the first start, with reload: 503 that says why, until the good save",
  async (fixture) => {
    await fixture.folder.write(FILE, BROKEN);
    await fixture.serve({ uses: FILE, reload: true });
    const place = `${fixture.folder.at(FILE)}:${SPOT.line}:${SPOT.column}`;
    const line = await fixture.log.waitFor(
      /ERROR executor0\/rep-0 could not be loaded\. It comes back with the next good/,
    );
    assert(line.message.includes(place), line.message);
    const seen = await fixture.ask();
    assertEquals(seen.status, 503);
    assertMatch(
      seen.body,
      /executor0 is down: SyntaxError: .*It comes back with the next good save of its source\./,
    );
    assert(seen.body.includes(place), seen.body);
    const dry = await (await fetch(`http://127.0.0.1:${fixture.port}/dry_run`)).json();
    assertEquals(dry.code, 1);
    const { state, version, lastError } = (await fixture.status()).deployments[0];
    assertEquals([state, version, lastError?.line, lastError?.column], [
      "down",
      null,
      SPOT.line,
      SPOT.column,
    ]);
    // Still broken, in another way.
    await fixture.folder.write(FILE, executorSource("broken", "MyExecutor", "  constructor() { throw 5; }"));
    await fixture.log.waitFor(
      /ERROR executor0\/rep-0 could not load the new version; nothing serves until the next good/,
    );
    assertEquals((await fixture.ask()).status, 503);
    await fixture.folder.write(FILE, executorSource("v2"));
    await becomes(fixture, "v2");
    const traffic = await fixture.traffic();
    await Promise.all([traffic.text("v3"), fixture.folder.write(FILE, executorSource("v3"))]);
    await fixture.assertNothingLost();
  },
);

reloadTest(
  "missing at the first start, with reload: 503 that names it, until it is there",
  async (fixture) => {
    await fixture.serve({ uses: `app/${FILE}`, reload: true });
    const seen = await fixture.ask();
    assertEquals(seen.status, 503);
    assert(seen.body.includes(fixture.folder.at(`app/${FILE}`)), seen.body);
    await fixture.folder.write(`app/${FILE}`, executorSource("v1"));
    await becomes(fixture, "v1");
  },
);

reloadTest("broken at the first start, without reload: start() rejects with the place", async (fixture) => {
  await fixture.folder.write(FILE, BROKEN);
  const before = takeSnapshot();
  const flow = new Flow({ port: 0, log: fixture.log.sink }).add({ uses: fixture.folder.at(FILE) });
  const error = await assertRejects(() => flow.start(), LoadError);
  assertEquals(error.place, { file: fixture.folder.at(FILE), ...SPOT });
  assert(error.message.includes(`${fixture.folder.at(FILE)}:${SPOT.line}:${SPOT.column}`), error.message);
  await awaitSnapshot(before);
});

reloadTest(
  "broken YAML at the first start: with restart 503 until the good save, else start() rejects",
  async (fixture) => {
    await fixture.folder.write(MODULE, EXECUTORS);
    await fixture.folder.write(YAML, "jtype: [1, 2\n");
    const place = `${fixture.folder.at(YAML)}:1:13`;
    const flow = new Flow({ port: 0, log: fixture.log.sink }).add({ uses: fixture.folder.at(YAML) });
    const error = await assertRejects(() => flow.start(), LoadError);
    assert(error.message.includes(place), error.message);
    await fixture.serve({ uses: YAML, restart: true });
    const seen = await fixture.ask();
    assertEquals(seen.status, 503);
    assert(seen.body.includes(place), seen.body);
    assert(
      seen.body.includes(`It comes back with the next good save of ${fixture.folder.at(YAML)}.`),
      seen.body,
    );
    await fixture.folder.write(YAML, saying("v2"));
    await becomes(fixture, "v2");
  },
);

/** A version that is not ready before the latch opens. */
function waiting(text: string, latch: Latch): string {
  return executorWith(`${answering(text)}  async setup() { await (await fetch("${latch.url}")).text(); }\n`);
}

reloadTest("saved while the first start is under way: the save is served", async (fixture) => {
  await using latch = new Latch();
  await fixture.folder.write(FILE, waiting("v1", latch));
  const started = fixture.serve({ uses: FILE, reload: true });
  await latch.reached();
  await fixture.folder.write(FILE, executorSource("v2"));
  latch.open();
  await inTime(started, "start()");
  await becomes(fixture, "v2");
});

reloadTest("YAML saved while the first start is under way: the save is served", async (fixture) => {
  await using latch = new Latch();
  await fixture.folder.write(
    MODULE,
    EXECUTORS.replace("  @requests()", `  async setup() { await (await fetch("${latch.url}")).text(); }\n$&`),
  );
  await fixture.folder.write(YAML, saying("v1"));
  const started = fixture.serve({ uses: YAML, restart: true });
  await latch.reached();
  await fixture.folder.write(YAML, saying("v2"));
  latch.open();
  await inTime(started, "start()");
  await becomes(fixture, "v2");
});

for (const kind of ["source", "YAML"] as const) {
  reloadTest(
    `a broken ${kind}, mended while another Executor still starts: it is served`,
    async (fixture) => {
      await using latch = new Latch();
      const { folder } = fixture;
      const name = kind === "YAML" ? YAML : FILE;
      if (kind === "YAML") await folder.write(MODULE, EXECUTORS);
      await folder.write(name, kind === "YAML" ? yamlOf("Nobody") : BROKEN);
      // Binds an endpoint that nobody asks for: documents pass it as they are.
      await folder.write(
        "slow/executor.ts",
        waiting("", latch).replace("@requests()", '@requests({ on: "/never" })'),
      );
      const started = fixture.serve([
        { uses: name, ...(kind === "YAML" ? { restart: true } : { reload: true }) },
        { uses: "slow/executor.ts", reload: true },
      ]);
      await Promise.all([latch.reached(), fixture.log.waitFor(/ERROR executor0\/rep-0 could not be loaded/)]);
      await folder.write(name, kind === "YAML" ? saying("v2") : executorSource("v2"));
      latch.open();
      await inTime(started, "start()");
      await becomes(fixture, "v2");
    },
  );
}
