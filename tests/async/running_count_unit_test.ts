import { assertEquals } from "@std/assert";
import { RunningCount } from "../../src/async/running_count.ts";

Deno.test("RunningCount.idle() resolves for all who wait when nothing is under way", async () => {
  const running = new RunningCount();
  await running.idle();
  running.begin();
  running.begin();
  const done: string[] = [];
  const waiting = ["a", "b"].map((name) => running.idle().then(() => done.push(name)));
  running.end();
  await Promise.resolve();
  assertEquals(done, []);
  running.end();
  await Promise.all(waiting);
  assertEquals(done, ["a", "b"]);
  running.begin();
  const again = running.idle();
  running.end();
  await again;
});
