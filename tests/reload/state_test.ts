/** State that a version hands to the next one. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Latch } from "../support/latch.ts";
import { inTime } from "../support/in_time.ts";
import { FILE, Reloading } from "../support/reloading.ts";
import type { FlowFixture } from "../support/flow_fixture.ts";
import { executorWith, reloadTest } from "./_serving.ts";

const SAVE = "return { count: this.count };";
const RESTORE = "this.count = state.count;";

/** Counts its requests; the answer's text is the version's, the number is in the tags. */
function counting(text: string, save = SAVE, restore = RESTORE, more = ""): string {
  return executorWith(`  count = 0;
  @requests()
  foo(docs) {
    this.count++;
    for (const doc of docs) { doc.text = ${JSON.stringify(text)}; doc.tags = { count: this.count }; }
  }
  @requests({ on: "/slow" })
  async slow(docs, { parameters }) {
    await (await fetch(parameters.latch)).text();
    this.foo(docs);
  }
  saveState() { ${save} }
  async restoreState(state) { ${restore} }
${more}`);
}

/** What was counted in all answers so far. */
function counts(bodies: readonly { readonly body: string }[]): number[] {
  return bodies.map(({ body }) => Number(JSON.parse(body).data[0].tags.count));
}

/** A save whose hand-over fails: the version before serves on and counts on, and the log says why. */
async function refused(reloading: Reloading, says: RegExp, source: string): Promise<void> {
  const { fixture, traffic } = reloading;
  const mark = fixture.log.mark;
  const from = traffic.seen.length;
  const { version } = (await fixture.status()).deployments[0];
  await fixture.folder.write(FILE, source);
  const record = await fixture.log.waitFor(
    new RegExp(`ERROR executor0/rep-0 could not load the new version; version ${version} keeps serving\n`),
    mark,
  );
  assertMatch(record.message, says);
  assertMatch((await fixture.status()).deployments[0].lastError?.message ?? "", /could not be handed over/);
  await traffic.round();
  assertEquals(new Set(traffic.seen.slice(from).map(({ text }) => text)).size, 1);
}

/** Every number up to the last one was counted once: no request was lost, no change forgotten. */
async function nothingForgotten(fixture: FlowFixture, reloading: Reloading): Promise<void> {
  await reloading.traffic.stop();
  const numbers = counts(reloading.traffic.seen).sort((a, b) => a - b);
  assertEquals(numbers, numbers.map((_, index) => index + 1));
  await fixture.assertNothingLost();
}

reloadTest("state is handed over under traffic: every request counts once", async (fixture) => {
  const reloading = await Reloading.begin(fixture, { files: { [FILE]: counting("v1") }, clients: 4 });
  for (const text of ["v2", "v3", "v4"]) await reloading.saved(text, counting(text));
  assertEquals(reloading.traffic.texts, ["v1", "v2", "v3", "v4"]);
  await nothingForgotten(fixture, reloading);
});

reloadTest("a restart, and a version without the methods, begin anew", async (fixture) => {
  const yaml = (text: string) => `jtype: MyExecutor\nmetas: { modules: [${FILE}], description: "${text}" }\n`;
  const reloading = await Reloading.begin(fixture, {
    files: { [FILE]: counting("v1"), "executor.yml": yaml("v1") },
    add: { uses: "executor.yml", restart: true },
  });
  const least = (text: string) =>
    Math.min(...counts(reloading.traffic.seen.filter((seen) => seen.text === text)));
  await fixture.folder.write("executor.yml", yaml("v2"));
  await fixture.log.waitFor(/version 2 serves/);
  await reloading.traffic.round();
  assertEquals(counts(reloading.traffic.seen).filter((count) => count === 1).length, 2);
  await reloading.saved("v3", counting("v3"));
  assert(least("v3") > 1, "a reload hands it over");
  await reloading.saved("v4", counting("v4").replace("saveState", "save"));
  assertEquals(least("v4"), 1);
  await fixture.assertNothingLost();
});

const UNSAVED = {
  "state that cannot be cloned": [
    "return { count: this.count, show: () => 1 };",
    /saveState\(\) failed: DataCloneError: .*could not be cloned/,
  ],
  "saveState() that throws": [
    'throw new RangeError("no disk");',
    /saveState\(\) failed: RangeError: no disk; save once more to start without it$/,
  ],
  "saveState() that rejects": [
    'return Promise.reject(new RangeError("no disk"));',
    /saveState\(\) failed: RangeError: no disk; save once more to start without it$/,
  ],
} as const;

for (const [name, [save, says]] of Object.entries(UNSAVED)) {
  reloadTest(`${name}: the old version serves on and the log says why`, async (fixture) => {
    const reloading = await Reloading.begin(fixture, { files: { [FILE]: counting("v1", save) } });
    await refused(reloading, says, counting("v2"));
    assertEquals(reloading.traffic.texts, ["v1"]);
    const numbers = counts(reloading.traffic.seen);
    assertEquals([...numbers].sort((a, b) => a - b), numbers.map((_, index) => index + 1));
    // The next save does without the state; the one after it is handed what came since.
    const mark = fixture.log.mark;
    await reloading.saved("v3", counting("v3"));
    await fixture.log.waitFor(/WARNING .* starts without the state that could not be saved/, mark);
    await reloading.saved("v4", counting("v4"));
    const least = (text: string) =>
      Math.min(...counts(reloading.traffic.seen.filter((seen) => seen.text === text)));
    assertEquals(least("v3"), 1);
    assert(least("v4") > 1, "the state came over");
    await fixture.assertNothingLost();
  });
}

reloadTest(
  "restoreState() that throws: the old version serves on with its state, the good save gets it",
  async (fixture) => {
    const reloading = await Reloading.begin(fixture, { files: { [FILE]: counting("v1") } });
    const broken = counting("v2", SAVE, 'throw new TypeError("what is this?");');
    await refused(reloading, /restoreState\(\) failed: TypeError: what is this\? at \/\S+:\d+:\d+/, broken);
    assertEquals(reloading.traffic.texts, ["v1"]);
    await reloading.saved("v3", counting("v3"));
    assertEquals(reloading.traffic.texts, ["v1", "v3"]);
    await nothingForgotten(fixture, reloading);
  },
);

reloadTest(
  "restoreState() that never ends: the old version serves on after handoverTimeout",
  async (fixture) => {
    const reloading = await Reloading.begin(fixture, {
      files: { [FILE]: counting("v1") },
      flow: { handoverTimeout: 200 },
    });
    await refused(
      reloading,
      /restoreState\(\) failed: .*200 ms/,
      counting("v2", SAVE, "await new Promise(() => {});"),
    );
    await reloading.saved("v3", counting("v3"));
    await nothingForgotten(fixture, reloading);
  },
);

reloadTest(
  "a request in flight longer than handoverTimeout: said, and answered by the old version",
  async (fixture) => {
    await using latch = new Latch();
    const reloading = await Reloading.begin(fixture, {
      files: { [FILE]: counting("v1") },
      flow: { handoverTimeout: 200 },
    });
    const slow = fixture.ask("/slow", "x", { latch: latch.url });
    await latch.reached();
    const mark = fixture.log.mark;
    await reloading.saved("v2", counting("v2"));
    await fixture.log.waitFor(/WARNING executor0\/rep-0 1 request is still running after 200 ms/, mark);
    const { deployments } = await (await fetch(`http://127.0.0.1:${fixture.port}/status`)).json();
    assertEquals(
      deployments[0].versions.map(({ number, state }: Record<string, unknown>) => `${number} ${state}`),
      ["2 serving", "1 draining"],
    );
    latch.open();
    const seen = await inTime(slow, "The slow answer");
    assertEquals([seen.status, seen.text], [200, "v1"]);
    const numbers = counts(reloading.traffic.seen.filter(({ text }) => text === "v2"));
    assert(Math.min(...numbers) > 1, "the state came over");
    await fixture.assertNothingLost();
  },
);

reloadTest("a request in flight that ends in time is part of the state", async (fixture) => {
  await using latch = new Latch();
  await fixture.folder.write(FILE, counting("v1"));
  await fixture.serve({ uses: FILE, reload: true }, { handoverTimeout: 10_000 });
  await fixture.standby();
  const slow = fixture.ask("/slow", "x", { latch: latch.url });
  await latch.reached();
  await fixture.folder.write(FILE, counting("v2"));
  // Ready, and waiting for the request in flight.
  for (let state = ""; state !== "ready";) {
    state = (await fixture.status()).deployments[0].versions.at(1)?.replicas[0].state ?? "";
  }
  const held = fixture.ask();
  latch.open();
  const [first, second] = await inTime(Promise.all([slow, held]), "The answers");
  assertEquals([first.text, second.text, ...counts([first, second])], ["v1", "v2", 1, 2]);
});

reloadTest(
  "a file elsewhere that restoreState() imports is watched, also when it is missing",
  async (fixture) => {
    const late = (text: string) => `export const text = ${JSON.stringify(text)};\n`;
    const source = (more: string) =>
      executorWith(`  text = "none";
  @requests()
  foo(docs) { for (const doc of docs) doc.text = this.text + ${JSON.stringify(more)}; }
  saveState() { return this.text; }
  async restoreState() { this.text = (await import("../elsewhere/late.ts")).text; }
`);
    const name = `app/${FILE}`;
    const reloading = await Reloading.begin(fixture, { files: { [name]: source("") }, add: { uses: name } });
    const mark = fixture.log.mark;
    await fixture.folder.write(name, source(", edited"));
    await fixture.log.waitFor(/could not load the new version; version 1 keeps serving/, mark);
    await fixture.folder.write("elsewhere/late.ts", late("v2"));
    await reloading.traffic.text("v2, edited");
    await reloading.saved("v3, edited", late("v3"), "elsewhere/late.ts");
    await reloading.saved("v4, edited", late("v4"), "elsewhere/late.ts");
    await reloading.quiet("app");
    assertEquals(reloading.traffic.texts, ["none", "v2, edited", "v3, edited", "v4, edited"]);
  },
);

reloadTest("a file elsewhere that the constructor has imported later is watched", async (fixture) => {
  const late = (text: string) => `export const text = ${JSON.stringify(text)};\n`;
  const source = executorWith(`  text = "none";
  constructor() {
    super();
    setTimeout(async () => this.text = (await import("../elsewhere/late.ts")).text, 0);
  }
  @requests()
  foo(docs) { for (const doc of docs) doc.text = this.text; }
`);
  const name = `app/${FILE}`;
  await fixture.folder.write("elsewhere/late.ts", late("v1"));
  const reloading = await Reloading.begin(fixture, { files: { [name]: source }, add: { uses: name } });
  await reloading.traffic.text("v1");
  for (const text of ["v2", "v3"]) {
    await Promise.all([reloading.traffic.text(text), fixture.folder.write("elsewhere/late.ts", late(text))]);
  }
});
