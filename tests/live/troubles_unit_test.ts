import { assertEquals } from "@std/assert";
import type { TroubleEvent } from "../../src/live/flow_event.ts";
import { Troubles } from "../../src/live/_troubles.ts";
import { FakeTime } from "../support/fake_time.ts";

const ERROR = { name: "Error", message: "no model", stack: "" };

/** The troubles of a test, as they were reported. */
function begin(isWatched = true) {
  const events: TroubleEvent[] = [];
  const troubles = new Troubles((event) => events.push(event), () => isWatched);
  const reported = () => events.map(({ what, count, over }) => `${what} ${count}${over ? " over" : ""}`);
  return { troubles, events, reported };
}

Deno.test("Troubles reports errors of handlers, and their end after three answers in a row", async () => {
  using time = new FakeTime();
  const { troubles, reported } = begin();
  troubles.threw("a", ERROR);
  troubles.answered("a");
  await time.tick(1_000);
  assertEquals([reported(), troubles.all.length], [["throws 1"], 1]);
  troubles.threw("a", ERROR);
  await time.tick(1_000);
  for (const _ of [1, 2]) troubles.answered("a");
  troubles.threw("a", ERROR);
  for (const _ of [1, 2]) troubles.answered("a");
  assertEquals(troubles.all.map(({ what, count }) => [what, count]), [["throws", 3]]);
  troubles.answered("a");
  await time.tick(1_000);
  assertEquals([reported(), troubles.all.length], [["throws 1", "throws 2", "throws 3 over"], 0]);
});

Deno.test("Troubles reports an error that is over at once only as over", async () => {
  using time = new FakeTime();
  const { troubles, reported } = begin();
  troubles.threw("a", ERROR);
  troubles.endAll("a");
  await time.tick(1_000);
  assertEquals(reported(), ["throws 1 over"]);
});

Deno.test("Troubles counts errors without a reader, and has no timer", () => {
  using time = new FakeTime();
  const { troubles } = begin(false);
  for (const _ of [1, 2, 3]) troubles.threw("a", ERROR);
  assertEquals([time.pending, troubles.all.map(({ count }) => count)], [0, [3]]);
});

Deno.test("Troubles counts deaths since the last version, and ends all with the next", () => {
  const { troubles, events, reported } = begin();
  troubles.begin("a", "died", "first");
  troubles.begin("a", "died", "second");
  troubles.begin("b", "stuck", "does not yield");
  troubles.end("a", "stuck");
  assertEquals(events[1].since, events[0].since);
  troubles.endAll("a");
  assertEquals(reported(), ["died 1", "died 2", "stuck 1", "died 2 over"]);
  assertEquals(troubles.all.map(({ deployment, what }) => [deployment, what]), [["b", "stuck"]]);
  troubles.retain(["a"]);
  assertEquals(troubles.all, []);
});
