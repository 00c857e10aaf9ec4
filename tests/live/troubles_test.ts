/** What the events say of Executors with which something is wrong. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { PACKAGE } from "../support/flow_fixture.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { Served } from "../flow/_serve.ts";
import { EventReader } from "./_reader.ts";

/** An Executor that fails in every way. */
const source = (version: string) =>
  `import { Executor, requests } from ${JSON.stringify(PACKAGE)};
export class Bad extends Executor {
  @requests({ on: "/fine" }) fine(docs) { for (const doc of docs) doc.text = "${version}"; }
  @requests({ on: "/throw" }) fails() { throw new RangeError("no such model"); }
  @requests({ on: "/die" }) die() { self.close(); }
  @requests({ on: "/spin" }) spin(_docs, { parameters }) {
    while (!isThere(parameters.until));
  }
}
function isThere(path) {
  try { return Deno.statSync(path).isFile; } catch { return false; }
}
`;

/** A Flow of that Executor, its folder, and a reader of its events. */
class Story implements AsyncDisposable {
  private constructor(
    readonly folder: TempFolder,
    readonly served: Served,
    readonly reader: EventReader,
  ) {}

  static async begin(): Promise<Story> {
    const folder = await TempFolder.make();
    const uses = await folder.write("bad.ts", source("v1"));
    const served = await Served.start({ uses, name: "bad", reload: true }, { stuckAfter: 1_000 });
    const reader = await EventReader.open(served.at("/"));
    await reader.next("hello");
    return new Story(folder, served, reader);
  }

  async ask(path: string, parameters: object = {}): Promise<number> {
    return (await this.served.post(path, { data: [{}], parameters })).status;
  }

  /** Waits for a trouble, or its end. */
  trouble(what: string, over: boolean, from = 0): ReturnType<EventReader["next"]> {
    return this.reader.next("trouble", (event) => event.what === what && event.over === over, from);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.reader[Symbol.asyncDispose]();
    await this.served[Symbol.asyncDispose]();
    await this.folder[Symbol.asyncDispose]();
  }
}

Deno.test("GET /events says that handlers throw again and again, where, and when that is over", async () => {
  await using story = await Story.begin();
  const { reader } = story;
  assertEquals([await story.ask("/throw"), await story.ask("/throw")], [500, 500]);
  const throws = await reader.next("trouble", ({ count }) => count === 2);
  assertEquals([throws.what, throws.count, throws.over], ["throws", 2, false]);
  assertEquals([throws.error?.file, throws.error?.line], [story.folder.at("bad.ts"), 4]);
  assertMatch(throws.error!.snippet!, /no such model/);
  assertMatch(throws.message, /^RangeError: no such model at /);
  const line = await reader.next("log", ({ level }) => level === "error");
  assertMatch(line.request!, /^[\da-f]{32}$/);

  // A later reader gets it as well.
  await using late = await EventReader.open(story.served.at("/"));
  assertEquals((await late.next("hello")).troubles.map(({ what, count }) => [what, count]), [["throws", 2]]);
  for (const _ of [1, 2, 3]) assertEquals(await story.ask("/fine"), 200);
  await story.trouble("throws", true);
  const from = reader.events.length;
  await Promise.all([1, 2].map(() => story.ask("/throw")));
  await story.trouble("throws", false, from);
  await story.folder.write("bad.ts", source("v2"));
  await story.trouble("throws", true, from);
});

Deno.test("GET /events counts errors at a high rate, and reports them a few times a second", async () => {
  await using story = await Story.begin();
  for (let round = 0; round < 5; round++) {
    await Promise.all(Array.from({ length: 20 }, () => story.ask("/throw")));
  }
  await story.reader.next("trouble", ({ count }) => count === 100);
  const reports = story.reader.events.filter(({ kind }) => kind === "trouble");
  assert(reports.length < 20, `${reports.length} reports`);
});

Deno.test("GET /events says that a worker has died and is replaced, and in the end is left down", async () => {
  await using story = await Story.begin();
  const { reader } = story;
  for (let death = 1; death <= 3; death++) {
    const from = reader.events.length;
    await story.ask("/die");
    const died = await reader.next("trouble", ({ what, over }) => what === "died" && !over, from);
    assertMatch(died.message, /^bad\/rep-0 ended because .*; it is replaced$/);
    await story.trouble("died", true, from);
  }
  await story.ask("/die");
  const down = await reader.next("trouble", ({ what }) => what === "down");
  assertMatch(down.message, /it is left down\. It comes back with the next good save/);
  await reader.next("deployment", ({ deployment: { state } }) => state === "down");
  await story.folder.write("bad.ts", source("v2"));
  await story.trouble("down", true);
  await reader.next(
    "deployment",
    ({ deployment: { state, version } }) => state === "serving" && version === 2,
  );
});

Deno.test("GET /events says that a worker does not yield, and when it does again", async () => {
  await using story = await Story.begin();
  const until = story.folder.at("until");
  const asked = story.ask("/spin", { until });
  const stuck = await story.reader.next("trouble", ({ what }) => what === "stuck");
  assertEquals([stuck.deployment, stuck.over], ["bad", false]);
  assertMatch(stuck.message, /^bad\/rep-0 does not yield/);
  assertEquals(await asked, 503);
  await Deno.writeTextFile(until, "now");
  await story.trouble("stuck", true);
});
