/** Starts that cannot succeed, or not at once; and saves while a Flow starts. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Flow, LoadError } from "../../mod.ts";
import { census, settledCensus } from "../support/resource_snapshot.ts";
import { Gate } from "../support/latch.ts";
import { inTime } from "../support/in_time.ts";
import { FILE, spotOf } from "../support/reloading.ts";
import { EXECUTORS, MODULE, saying, YAML, yamlOf } from "../support/restarting.ts";
import { executorSource, type Stand } from "../support/flow_fixture.ts";
import { answering, executorWith, reloadTest } from "./_serving.ts";

const BROKEN = `${executorSource("broken")}\nclass {\n`;
const SPOT = spotOf(BROKEN, "{\n", BROKEN.indexOf("class {"));

/** Asks until the answer is this text. */
async function becomes(stand: Stand, text: string): Promise<void> {
  const deadline = performance.now() + 5_000;
  for (let seen = await stand.ask(); seen.text !== text; seen = await stand.ask()) {
    if (performance.now() < deadline) continue;
    throw new Error(
      `"${text}" is never answered: ${seen.status} ${seen.body}\n${stand.log.lines.join("\n")}`,
    );
  }
}

reloadTest("a port in use: a clear error, and nothing is left", async (stand) => {
  await stand.folder.write(FILE, executorSource("v1"));
  await stand.serve({ uses: FILE, reload: true });
  await stand.standby();
  const before = census();
  const { port } = stand;
  const second = new Flow({ port, log: stand.log.sink }).add({ uses: stand.folder.at(FILE), reload: true });
  await assertRejects(
    () => second.start(),
    Error,
    `Cannot serve at 127.0.0.1:${port}: the port is in use; stop what uses it, or choose another port (0 picks a free one)`,
  );
  await settledCensus(before);
  assertEquals((await stand.ask()).text, "v1");
});

reloadTest(
  "broken at the first start, with reload: 503 that says why, until the good save",
  async (stand) => {
    await stand.folder.write(FILE, BROKEN);
    await stand.serve({ uses: FILE, reload: true });
    const place = `${stand.folder.at(FILE)}:${SPOT.line}:${SPOT.column}`;
    const line = await stand.log.waitFor(
      /ERROR executor0\/rep-0 could not be loaded\. It comes back with the next good/,
    );
    assert(line.message.includes(place), line.message);
    const seen = await stand.ask();
    assertEquals(seen.status, 503);
    assertMatch(
      seen.body,
      /executor0 is down: SyntaxError: .*It comes back with the next good save of its source\./,
    );
    assert(seen.body.includes(place), seen.body);
    const dry = await (await fetch(`http://127.0.0.1:${stand.port}/dry_run`)).json();
    assertEquals(dry.code, 1);
    const { state, version, lastError } = (await stand.status()).deployments[0];
    assertEquals([state, version, lastError?.line, lastError?.column], [
      "down",
      null,
      SPOT.line,
      SPOT.column,
    ]);
    // Still broken, in another way.
    await stand.folder.write(FILE, executorSource("broken", "MyExecutor", "  constructor() { throw 5; }"));
    await stand.log.waitFor(
      /ERROR executor0\/rep-0 could not load the new version; nothing serves until the next good/,
    );
    assertEquals((await stand.ask()).status, 503);
    await stand.folder.write(FILE, executorSource("v2"));
    await becomes(stand, "v2");
    const traffic = await stand.traffic();
    await Promise.all([traffic.text("v3"), stand.folder.write(FILE, executorSource("v3"))]);
    await stand.unharmed();
  },
);

reloadTest("missing at the first start, with reload: 503 that names it, until it is there", async (stand) => {
  await stand.serve({ uses: `app/${FILE}`, reload: true });
  const seen = await stand.ask();
  assertEquals(seen.status, 503);
  assert(seen.body.includes(stand.folder.at(`app/${FILE}`)), seen.body);
  await stand.folder.write(`app/${FILE}`, executorSource("v1"));
  await becomes(stand, "v1");
});

reloadTest("broken at the first start, without reload: start() rejects with the place", async (stand) => {
  await stand.folder.write(FILE, BROKEN);
  const before = census();
  const flow = new Flow({ port: 0, log: stand.log.sink }).add({ uses: stand.folder.at(FILE) });
  const error = await assertRejects(() => flow.start(), LoadError);
  assertEquals(error.place, { file: stand.folder.at(FILE), ...SPOT });
  assert(error.message.includes(`${stand.folder.at(FILE)}:${SPOT.line}:${SPOT.column}`), error.message);
  await settledCensus(before);
});

reloadTest(
  "broken YAML at the first start: with restart 503 until the good save, else start() rejects",
  async (stand) => {
    await stand.folder.write(MODULE, EXECUTORS);
    await stand.folder.write(YAML, "jtype: [1, 2\n");
    const place = `${stand.folder.at(YAML)}:1:13`;
    const flow = new Flow({ port: 0, log: stand.log.sink }).add({ uses: stand.folder.at(YAML) });
    const error = await assertRejects(() => flow.start(), LoadError);
    assert(error.message.includes(place), error.message);
    await stand.serve({ uses: YAML, restart: true });
    const seen = await stand.ask();
    assertEquals(seen.status, 503);
    assert(seen.body.includes(place), seen.body);
    assert(
      seen.body.includes(`It comes back with the next good save of ${stand.folder.at(YAML)}.`),
      seen.body,
    );
    await stand.folder.write(YAML, saying("v2"));
    await becomes(stand, "v2");
  },
);

/** A version that is not ready before the gate opens. */
function waiting(text: string, gate: Gate): string {
  return executorWith(`${answering(text)}  async setup() { await (await fetch("${gate.url}")).text(); }\n`);
}

reloadTest("saved while the first start is under way: the save is served", async (stand) => {
  await using gate = new Gate();
  await stand.folder.write(FILE, waiting("v1", gate));
  const started = stand.serve({ uses: FILE, reload: true });
  await gate.reached();
  await stand.folder.write(FILE, executorSource("v2"));
  gate.open();
  await inTime(started, "start()");
  await becomes(stand, "v2");
});

reloadTest("YAML saved while the first start is under way: the save is served", async (stand) => {
  await using gate = new Gate();
  await stand.folder.write(
    MODULE,
    EXECUTORS.replace("  @requests()", `  async setup() { await (await fetch("${gate.url}")).text(); }\n$&`),
  );
  await stand.folder.write(YAML, saying("v1"));
  const started = stand.serve({ uses: YAML, restart: true });
  await gate.reached();
  await stand.folder.write(YAML, saying("v2"));
  gate.open();
  await inTime(started, "start()");
  await becomes(stand, "v2");
});

for (const kind of ["source", "YAML"] as const) {
  reloadTest(`a broken ${kind}, mended while another Executor still starts: it is served`, async (stand) => {
    await using gate = new Gate();
    const { folder } = stand;
    const name = kind === "YAML" ? YAML : FILE;
    if (kind === "YAML") await folder.write(MODULE, EXECUTORS);
    await folder.write(name, kind === "YAML" ? yamlOf("Nobody") : BROKEN);
    // Binds an endpoint that nobody asks for: documents pass it as they are.
    await folder.write(
      "slow/executor.ts",
      waiting("", gate).replace("@requests()", '@requests({ on: "/never" })'),
    );
    const started = stand.serve([
      { uses: name, ...(kind === "YAML" ? { restart: true } : { reload: true }) },
      { uses: "slow/executor.ts", reload: true },
    ]);
    await Promise.all([gate.reached(), stand.log.waitFor(/ERROR executor0\/rep-0 could not be loaded/)]);
    await folder.write(name, kind === "YAML" ? saying("v2") : executorSource("v2"));
    gate.open();
    await inTime(started, "start()");
    await becomes(stand, "v2");
  });
}
