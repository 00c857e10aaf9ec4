/** When batches start, and how their results are divided: over a clock that the tests move. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Document } from "../../src/document/document.ts";
import { type DocumentArray, toDocumentArray } from "../../src/document/document_array.ts";
import type { HandlerContext } from "../../src/executor/requests.ts";
import { CallContext } from "../../src/worker/_call_context.ts";
import { BatchQueue, type BatchShare } from "../../src/worker/batch_queue.ts";

type Handle = (docs: DocumentArray, context: HandlerContext) => unknown;

function queueOf(handle: Handle = () => {}, options = { size: 4, wait: 10 }) {
  const batches: string[][] = [];
  const timers = new Set<() => void>();
  const queue = new BatchQueue(options, (docs, context) => {
    batches.push(docs.map(({ id }) => id));
    return handle(docs, context);
  }, (ms, callback) => {
    assertEquals(ms, options.wait);
    timers.add(callback);
    return () => timers.delete(callback);
  });
  const add = (ids: string, parameters: Record<string, unknown> = {}) => {
    const docs = toDocumentArray([...ids].map((id) => new Document({ id })));
    const request = { docs, endpoint: "/x", target: "", parameters, encodedParameters: undefined };
    const context = new CallContext({ ...request, requestId: `request ${ids}` }, "ex");
    return { context, share: queue.add(docs, context) };
  };
  const tick = () => timers.forEach((callback) => callback());
  return { add, batches, tick, timers };
}

/** The ids of a request's documents. */
async function idsOf({ share }: { share: Promise<BatchShare> }): Promise<string> {
  return ((await share).returned as DocumentArray).map(({ id }) => id).join("");
}

/** A handler that waits. */
function gate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { handle: () => promise, open: resolve };
}

Deno.test("BatchQueue starts at once when nothing else waits or runs, with what came in the same turn", async () => {
  const { add, batches, timers } = queueOf();
  const requests = [add("a"), add("bc")];
  assertEquals(await Promise.all(requests.map(idsOf)), ["a", "bc"]);
  assertEquals(await idsOf(add("d")), "d");
  assertEquals(batches, [["a", "b", "c"], ["d"]]);
  assertEquals(timers.size, 0);
});

Deno.test("BatchQueue starts a batch that is full, or whose time is over, while another one runs", async () => {
  const first = gate();
  const { add, batches, tick, timers } = queueOf(first.handle);
  const requests = [add("a")];
  await Promise.resolve();
  requests.push(add("bc"), add("de"), add("fgh"), add("ijklm"), add("n"));
  assertEquals(batches, [["a"], ["b", "c", "d", "e"], ["f", "g", "h"], ["i", "j", "k", "l", "m"]]);
  tick();
  assertEquals(batches.at(-1), ["n"]);
  first.open();
  assertEquals(await Promise.all(requests.map(idsOf)), ["a", "bc", "de", "fgh", "ijklm", "n"]);
  assertEquals(timers.size, 0);
});

Deno.test("BatchQueue batches requests with equal parameters only", async () => {
  const { add, batches, tick } = queueOf();
  const requests = [
    add("a", { x: 1, y: { z: [2], w: 3 } }),
    add("b", { x: 2 }),
    add("c", { y: { w: 3, z: [2] }, x: 1 }),
  ];
  await Promise.resolve();
  tick();
  await Promise.all(requests.map(idsOf));
  assertEquals(batches, [["a", "c"], ["b"]]);
});

Deno.test("BatchQueue gives the context of all its requests, and says the size in the first share", async () => {
  let context: HandlerContext | undefined;
  const { add } = queueOf((_docs, given) => void (context = given));
  const shares = await Promise.all([add("a", { x: 1 }).share, add("bc", { x: 1 }).share]);
  assertEquals(context?.requestIds, ["request a", "request bc"]);
  assertEquals([context?.requestId, context?.endpoint, context?.parameters], ["request a", "/x", { x: 1 }]);
  assertEquals(shares.map(({ batch }) => batch), [[3, 2], undefined]);
});

Deno.test("BatchQueue divides a new list by ids, or by position", async () => {
  const reversed = queueOf((docs) => docs.toReversed());
  assertEquals(await Promise.all([reversed.add("ab"), reversed.add("c")].map(idsOf)), ["ba", "c"]);
  const fewer = queueOf((docs) => docs.filter(({ id }) => id !== "b"));
  assertEquals(await Promise.all([fewer.add("ab"), fewer.add("c"), fewer.add("")].map(idsOf)), [
    "a",
    "c",
    "",
  ]);
  const renamed = queueOf((docs) => docs.map(({ id }) => ({ id: id.toUpperCase() })));
  assertEquals(await Promise.all([renamed.add("ab"), renamed.add("c")].map(idsOf)), ["AB", "C"]);
  const same = queueOf((docs) => docs.map(({ id }) => ({ id })));
  assertEquals(await Promise.all([same.add("ab"), same.add("a")].map(idsOf)), ["ab", "a"]);
  const spliced = queueOf((docs) => void docs.splice(0, 1));
  assertEquals(await Promise.all([spliced.add("ab"), spliced.add("c")].map(idsOf)), ["b", "c"]);
  const result = queueOf(() => ({ sum: 1 }));
  assertEquals((await result.add("ab").share).returned, { sum: 1 });
});

Deno.test("BatchQueue refuses a list that it cannot divide, and a generator", async () => {
  for (
    const [handle, message] of [
      [() => [{ id: "x" }], "1 documents for the 2 of 2 requests"],
      [(docs: DocumentArray) => [...docs, { id: "x" }], "3 documents for the 2 of 2 requests"],
      [(docs: DocumentArray) => [{ id: "x" }, docs[0]], "2 documents for the 2 of 2 requests"],
      [function* () {}, "Cannot divide"],
    ] as const
  ) {
    const { add } = queueOf(handle as Handle);
    for (const { share } of [add("a"), add("b")]) await assertRejects(() => share, TypeError, message);
  }
});

Deno.test("BatchQueue rejects all requests of a batch whose handler fails, once", async () => {
  let calls = 0;
  const { add } = queueOf(() => {
    calls++;
    throw new Error("broken");
  });
  for (const { share } of [add("a"), add("b")]) await assertRejects(() => share, Error, "broken");
  assertEquals(calls, 1);
});

Deno.test("BatchQueue: a request that is aborted leaves its batch; the signal fires when all are", async () => {
  const running = gate();
  let signal: AbortSignal | undefined;
  const { add, batches, tick } = queueOf((_docs, context) => {
    signal = context.signal;
    return running.handle();
  });
  const [a, b, c] = [add("a"), add("b"), add("c")];
  b.context.abort("gone");
  await assertRejects(() => b.share, DOMException, "aborted before");
  await Promise.resolve();
  assertEquals(batches, [["a", "c"]]);
  a.context.abort("gone");
  assert(!signal?.aborted);
  c.context.abort("gone");
  assert(signal?.aborted);
  const d = add("d");
  d.context.abort("gone");
  await assertRejects(() => d.share, DOMException);
  tick();
  assertEquals(batches.length, 1);
  running.open();
  await Promise.all([a.share, c.share]);
});
