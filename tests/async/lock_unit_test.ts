import { assertEquals, assertRejects } from "@std/assert";
import { Lock } from "../../src/async/lock.ts";

Deno.test("Lock.acquire() lets one in at a time, in the order they came", async () => {
  const lock = new Lock();
  const first = await lock.acquire();
  const order: string[] = [];
  const others = ["second", "third"].map(async (name) => {
    const unlock = await lock.acquire();
    order.push(name);
    unlock();
  });
  assertEquals([order, lock.isHeld], [[], true]);
  first();
  await Promise.all(others);
  assertEquals(order, ["second", "third"]);
  await Promise.resolve();
  assertEquals(lock.isHeld, false);
});

Deno.test("Lock.acquire() gives up when its signal is aborted, and holds up nobody then", async () => {
  const lock = new Lock();
  const first = await lock.acquire();
  const controller = new AbortController();
  const second = lock.acquire(controller.signal);
  const third = lock.acquire();
  controller.abort(new Error("a newer change came in"));
  await assertRejects(() => second, Error, "a newer change came in");
  first();
  (await third)();
});
