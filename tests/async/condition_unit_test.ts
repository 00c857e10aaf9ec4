import { assertEquals, assertRejects } from "@std/assert";
import { CancelToken } from "../../src/async/cancel_token.ts";
import { Condition } from "../../src/async/condition.ts";
import { settled } from "../support/fake_time.ts";

Deno.test("Condition.wait() resolves at the next change, not at an earlier one", async () => {
  const condition = new Condition();
  condition.notifyAll();
  let woken = 0;
  condition.wait().then(() => woken++);
  condition.wait(new CancelToken()).then(() => woken++);
  await settled();
  assertEquals(woken, 0);
  condition.notifyAll();
  await settled();
  assertEquals(woken, 2);
});

Deno.test("Condition.release() ends hold(), and lets those that wait check again", async () => {
  const condition = new Condition();
  condition.hold();
  assertEquals(condition.isHeld, true);
  const waiting = condition.wait();
  condition.release();
  await waiting;
  assertEquals(condition.isHeld, false);
});

Deno.test("Condition.wait() rejects at once when its token is cancelled", async () => {
  const condition = new Condition();
  const cancel = new CancelToken();
  const waiting = condition.wait(cancel);
  cancel.cancel(new Error("the client is gone"));
  await assertRejects(() => waiting, Error, "the client is gone");
  condition.notifyAll();
});

Deno.test("Condition.close() rejects those that wait, and those that come later", async () => {
  const condition = new Condition();
  const waiting = condition.wait();
  condition.close(new Error("closed"));
  condition.notifyAll();
  await assertRejects(() => waiting, Error, "closed");
  await assertRejects(() => condition.wait(), Error, "closed");
});
