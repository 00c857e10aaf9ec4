import { assertEquals } from "@std/assert";
import { RestartLimiter } from "../../src/deployment/_restart_limiter.ts";
import { FakeTime } from "../support/fake_time.ts";

Deno.test("RestartLimiter allows three restarts within ten seconds", () => {
  using time = new FakeTime();
  const limiter = new RestartLimiter();
  const pauses = [0, 1_000, 1_000, 1_000, 6_999];
  assertEquals(pauses.map((ms) => (time.pass(ms), limiter.allows())), [true, true, true, false, false]);
});

Deno.test("RestartLimiter allows restarts again once the earlier ones are ten seconds old", () => {
  using time = new FakeTime();
  const limiter = new RestartLimiter();
  for (const ms of [0, 4_000, 4_000]) {
    time.pass(ms);
    limiter.allows();
  }
  time.pass(2_000);
  assertEquals([limiter.allows(), limiter.allows()], [true, false]);
});

Deno.test("RestartLimiter.reset() forgets earlier restarts", () => {
  const limiter = new RestartLimiter();
  for (let restart = 0; restart < 4; restart++) limiter.allows();
  limiter.reset();
  assertEquals(limiter.allows(), true);
});
