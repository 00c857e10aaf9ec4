import { assertEquals, assertRejects } from "@std/assert";
import { after, isTimedOut, MAX_TIMER_MS, pause, TIMED_OUT, withDeadline } from "../../src/async/deadline.ts";
import { FakeTime } from "../support/fake_time.ts";

Deno.test("withDeadline() gives the value in time, and TIMED_OUT once the time has passed", async () => {
  using time = new FakeTime();
  assertEquals(await withDeadline(10, Promise.resolve("value")), "value");
  const late = withDeadline(10, new Promise<void>(() => {}));
  await time.tick(10);
  assertEquals([await late, time.pending], [TIMED_OUT, 0]);
  const timedOut = isTimedOut(10, new Promise<void>(() => {}));
  await time.tick(10);
  assertEquals([await timedOut, await isTimedOut(10, Promise.resolve())], [true, false]);
});

Deno.test("withDeadline() rejects with the signal's reason, and sets no timer that outlives it", async () => {
  using time = new FakeTime();
  const controller = new AbortController();
  const waiting = withDeadline(10, new Promise<void>(() => {}), controller.signal);
  controller.abort(new Error("given up"));
  await assertRejects(() => waiting, Error, "given up");
  assertEquals(time.pending, 0);
});

Deno.test("after() never calls back after a time that a timer cannot hold, nor when it is cancelled", async () => {
  using time = new FakeTime();
  let calls = 0;
  after(Infinity, () => calls++)();
  after(MAX_TIMER_MS + 1, () => calls++);
  assertEquals(time.pending, 0);
  after(10, () => calls++)();
  after(20, () => calls++);
  await time.tick(20);
  assertEquals(calls, 1);
});

Deno.test("pause() ends at once when its signal is aborted, also before", async () => {
  const giveUp = new AbortController();
  const paused = assertRejects(() => pause(3_600_000, giveUp.signal), Error, "enough");
  giveUp.abort(new Error("enough"));
  await paused;
  await assertRejects(() => pause(3_600_000, giveUp.signal), Error, "enough");
  await pause(0, new AbortController().signal);
});
