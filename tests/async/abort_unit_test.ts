import { assertEquals, assertRejects } from "@std/assert";
import { onAbort, raceAbort } from "../../src/async/abort.ts";

Deno.test("onAbort() calls back once, at once when the signal is aborted already", () => {
  const controller = new AbortController();
  const reasons: unknown[] = [];
  onAbort(controller.signal, (reason) => reasons.push(["before", reason]));
  controller.abort("why");
  onAbort(controller.signal, (reason) => reasons.push(["after", reason]));
  assertEquals(reasons, [["before", "why"], ["after", "why"]]);
});

Deno.test("onAbort() does not call back once its listener is removed", () => {
  const controller = new AbortController();
  let calls = 0;
  const removeListener = onAbort(controller.signal, () => calls++);
  removeListener();
  controller.abort();
  onAbort(undefined, () => calls++)();
  assertEquals(calls, 0);
});

Deno.test("raceAbort() settles as its promise does unless the signal is aborted before", async () => {
  const { signal } = new AbortController();
  assertEquals(await raceAbort(Promise.resolve(1), signal), 1);
  assertEquals(await raceAbort(Promise.resolve(2)), 2);
  await assertRejects(() => raceAbort(Promise.reject(new Error("broken")), signal), Error, "broken");
  const never = new Promise<void>(() => {});
  const controller = new AbortController();
  const waiting = raceAbort(never, controller.signal);
  controller.abort(new Error("a newer change came in"));
  await assertRejects(() => waiting, Error, "a newer change came in");
  await assertRejects(() => raceAbort(never, controller.signal), Error, "a newer change came in");
});
