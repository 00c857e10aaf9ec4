import { assertEquals, assertRejects } from "@std/assert";
import { PendingAnswers } from "../../src/replica/_pending_answers.ts";
import { settled } from "../support/fake_time.ts";

/** Adds an answer; returns its id and its promise. */
function add(
  pending: PendingAnswers,
  kind: "call" | "ping" = "call",
): { id: number; answer: Promise<unknown> } {
  const id = pending.nextId;
  const answer = pending.add(kind);
  answer.catch(() => {});
  return { id, answer };
}

Deno.test("PendingAnswers counts calls, and nothing else, as in flight", () => {
  const pending = new PendingAnswers();
  add(pending, "ping");
  const { id } = add(pending);
  assertEquals([pending.size, pending.calls, pending.hasCalls], [2, 1, true]);
  pending.resolve(id, null);
  assertEquals([pending.size, pending.calls, pending.hasCalls], [1, 0, false]);
});

Deno.test("PendingAnswers.cancel() rejects a call, which stays pending until it is answered", async () => {
  const pending = new PendingAnswers();
  const { id, answer } = add(pending);
  assertEquals(pending.cancel(id, new Error("cancelled")), true);
  assertEquals(pending.cancel(id, new Error("again")), false);
  await assertRejects(() => answer, Error, "cancelled");
  assertEquals([pending.calls, pending.hasCalls, pending.openCalls()], [0, true, []]);
  pending.resolve(id, "too late");
  assertEquals([pending.calls, pending.hasCalls, pending.cancel(id, new Error())], [0, false, false]);
});

Deno.test("PendingAnswers.idle() resolves once no caller waits", async () => {
  const pending = new PendingAnswers();
  await pending.idle();
  const [first, second] = [add(pending), add(pending)];
  let isIdle = false;
  pending.idle().then(() => isIdle = true);
  pending.resolve(first.id, null);
  await settled(1);
  assertEquals(isIdle, false);
  pending.cancel(second.id, new Error("cancelled"));
  await settled(1);
  assertEquals(isIdle, true);
});

Deno.test("PendingAnswers.openCalls() names the calls that stream", () => {
  const pending = new PendingAnswers();
  const [first, second] = [add(pending), add(pending)];
  add(pending, "ping");
  const stream = { endpoint: "/", requestId: "1" };
  pending.beginStream(second.id, stream);
  assertEquals(pending.openCalls(), [[first.id, undefined], [second.id, stream]]);
});

Deno.test("PendingAnswers.rejectAll() leaves nothing pending, and has an error of its own for calls", async () => {
  const pending = new PendingAnswers();
  const [call, ping] = [add(pending), add(pending, "ping")];
  pending.rejectAll(new Error("the worker ended"), new Error("the call was lost"));
  await assertRejects(() => call.answer, Error, "the call was lost");
  await assertRejects(() => ping.answer, Error, "the worker ended");
  assertEquals([pending.size, pending.calls], [0, 0]);
});
