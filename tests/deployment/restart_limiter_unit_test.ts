import { assertEquals } from "@std/assert";
import { RestartLimiter } from "../../src/deployment/_restart_limiter.ts";

Deno.test("RestartLimiter allows three restarts within ten seconds", () => {
  let now = 0;
  const limiter = new RestartLimiter(() => now);
  const times = [0, 1_000, 2_000, 3_000, 9_999];
  assertEquals(times.map((at) => (now = at, limiter.allows())), [true, true, true, false, false]);
});

Deno.test("RestartLimiter allows restarts again once the earlier ones are ten seconds old", () => {
  let now = 0;
  const limiter = new RestartLimiter(() => now);
  for (const at of [0, 4_000, 8_000]) {
    now = at;
    limiter.allows();
  }
  now = 10_000;
  assertEquals([limiter.allows(), limiter.allows()], [true, false]);
});

Deno.test("RestartLimiter.reset() forgets earlier restarts", () => {
  const limiter = new RestartLimiter(() => 0);
  for (let restart = 0; restart < 4; restart++) limiter.allows();
  limiter.reset();
  assertEquals(limiter.allows(), true);
});
