import { assertEquals } from "@std/assert";
import { CancelToken } from "../../src/async/cancel_token.ts";

Deno.test("cancel() calls each listener that was not removed once, however many there were", () => {
  const token = new CancelToken();
  const called: string[] = [];
  token.onCancel(() => called.push("first"));
  for (let count = 0; count < 100_000; count++) {
    const forget = token.onCancel(() => called.push("removed"));
    if (count % 2 === 0) forget();
    else token.onCancel(() => {})();
    if (count % 2 === 1) forget();
  }
  for (let count = 0; count < 100_000; count++) token.onCancel(() => called.push("kept"));
  token.cancel(new Error("over"));
  token.cancel(new Error("again"));
  assertEquals(called.length, 100_001);
  assertEquals(called.includes("removed"), false);
});

Deno.test("onCancel() calls at once when the token is cancelled already, and not after release()", () => {
  const called: string[] = [];
  const released = new CancelToken();
  released.onCancel(() => called.push("released"));
  released.release();
  released.cancel(new Error("a"));
  released.onCancel(({ message }) => called.push(message));
  assertEquals(called, ["a"]);
});
