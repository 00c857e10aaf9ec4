/** When batches start, and how their results are divided: over a clock that the tests move. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Document } from "../../src/document/document.ts";
import { type DocumentArray, toDocumentArray } from "../../src/document/document_array.ts";
import type { HandlerContext } from "../../src/executor/handler.ts";
import { CallContext } from "../../src/worker/_call_context.ts";
import { BatchQueue } from "../../src/worker/batch_queue.ts";

type Handle = (docs: DocumentArray, context: HandlerContext) => unknown;

function queueOf(handle: Handle = () => {}, options = { size: 4, wait: 10 }) {
  const batches: string[][] = [];
  const timers = new Set<() => void>();
  const idle = { times: 0 };
  const last = { isOver: false };
  const queue = new BatchQueue({
    ...options,
    experience: {},
    mayWait: () => !last.isOver,
    invoke: (docs, context) => {
      batches.push(docs.map(({ id }) => id));
      return handle(docs, context);
    },
    timer: (ms, callback) => {
      assertEquals(ms, options.wait);
      timers.add(callback);
      return () => timers.delete(callback);
    },
    onIdle: () => idle.times++,
  });
  const add = (ids: string, parameters: Record<string, unknown> = {}) => {
    const docs = toDocumentArray([...ids].map((id) => new Document({ id })));
    const request = { docs, endpoint: "/x", target: "", parameters, encodedParameters: undefined };
    const context = new CallContext({ ...request, requestId: `request ${ids}` }, "ex");
    return { context, share: queue.add(docs, context) };
  };
  const tick = () => timers.forEach((callback) => callback());
  return { queue, add, batches, tick, timers, idle, last };
}

/** The ids of a request's documents. */
async function idsOf({ share }: { share: Promise<DocumentArray | object> }): Promise<string> {
  return ((await share) as DocumentArray).map(({ id }) => id).join("");
}

/** Resolves in the next turn, in which batches start that do not wait. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

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
  await turn();
  requests.push(add("bc"), add("de"), add("fgh"), add("ijklm"), add("n"));
  await turn();
  assertEquals(batches, [["a"], ["b", "c", "d", "e"], ["f", "g", "h"], ["i", "j", "k", "l", "m"]]);
  tick();
  await turn();
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
  await turn();
  tick();
  await Promise.all(requests.map(idsOf));
  assertEquals(batches, [["a", "c"], ["b"]]);
});

Deno.test("BatchQueue starts the batches that wait when the last one that runs ends", async () => {
  const first = gate();
  const { add, batches, timers } = queueOf(first.handle);
  const requests = [add("a")];
  await turn();
  requests.push(add("b"), add("c", { x: 1 }), add("d"));
  assertEquals(batches, [["a"]]);
  first.open();
  assertEquals(await Promise.all(requests.map(idsOf)), ["a", "b", "c", "d"]);
  assertEquals(batches, [["a"], ["b", "d"], ["c"]]);
  assertEquals(timers.size, 0);
});

Deno.test("BatchQueue starts the others when the only batch before them is left by all its requests", async () => {
  const { add, batches } = queueOf();
  const [gone, other] = [add("a"), add("b", { x: 1 })];
  gone.context.abort("gone");
  await assertRejects(() => gone.share, DOMException);
  assertEquals(await idsOf(other), "b");
  assertEquals(batches, [["b"]]);
});

Deno.test("BatchQueue.flush() starts all batches that wait, and it says when it is idle", async () => {
  const first = gate();
  const { queue, add, batches, timers, idle } = queueOf(first.handle);
  const requests = [add("a")];
  await turn();
  requests.push(add("b"), add("c", { x: 1 }));
  queue.flush();
  await turn();
  assertEquals(batches, [["a"], ["b"], ["c"]]);
  assertEquals([timers.size, idle.times], [0, 0]);
  first.open();
  assertEquals(await Promise.all(requests.map(idsOf)), ["a", "b", "c"]);
  assertEquals(idle.times, 1);
});

Deno.test("BatchQueue does not have batches wait when they may not", async () => {
  const first = gate();
  const { add, batches, timers, last } = queueOf(first.handle);
  const requests = [add("a")];
  await turn();
  last.isOver = true;
  requests.push(add("b"), add("c"));
  await turn();
  assertEquals(batches, [["a"], ["b", "c"]]);
  first.open();
  await Promise.all(requests.map(idsOf));
  assertEquals(timers.size, 0);
});

Deno.test("BatchQueue with a size of 1 batches nothing; requests without documents join others", async () => {
  const { add, batches } = queueOf(undefined, { size: 1, wait: 0 });
  const requests = [add(""), add("a"), add("b"), add("cd"), add("")];
  assertEquals(await Promise.all(requests.map(idsOf)), ["", "a", "b", "cd", ""]);
  assertEquals(batches, [["a"], ["b"], ["c", "d"], []]);
});

Deno.test("BatchQueue gives the context of all its requests", async () => {
  let context: HandlerContext | undefined;
  const { add } = queueOf((_docs, given) => void (context = given));
  const requests = [add("a", { x: 1 }), add("bc", { x: 1 })];
  await Promise.all(requests.map(idsOf));
  assertEquals(context?.requestIds, ["request a", "request bc"]);
  assertEquals([context?.requestId, context?.endpoint, context?.parameters], ["request a", "/x", { x: 1 }]);
});

Deno.test("BatchQueue has the first request report the batch's size whose client is there at its end", async () => {
  for (const fails of [false, true]) {
    const running = gate();
    const { add } = queueOf(async () => {
      await running.handle();
      if (fails) throw new Error("broken");
    });
    const requests = [add("a"), add("bc"), add("d")];
    await turn();
    requests[0].context.abort("gone");
    running.open();
    const settled = await Promise.allSettled(requests.map(({ share }) => share));
    assertEquals(settled.every(({ status }) => status === (fails ? "rejected" : "fulfilled")), true);
    assertEquals(requests.map(({ context }) => context.batch), [undefined, [4, 3], undefined]);
  }
});

Deno.test("BatchQueue lets requests with the same ids share a batch once the handler has kept its documents", async () => {
  const kept = queueOf();
  const four = () => ["a", "a", "b", "a"].map((ids) => kept.add(ids));
  assertEquals(await Promise.all(four().map(idsOf)), ["a", "a", "b", "a"]);
  assertEquals(kept.batches, [["a"], ["a", "b"], ["a"]]);
  assertEquals(await Promise.all(four().map(idsOf)), ["a", "a", "b", "a"]);
  assertEquals(kept.batches.slice(3), [["a", "a", "b", "a"]]);

  const renewed = queueOf((docs) => docs.toReversed().map(({ id, text }) => ({ id, text })));
  for (let round = 0; round < 2; round++) {
    const requests = ["a", "ab", "c"].map((ids) => renewed.add(ids));
    assertEquals(await Promise.all(requests.map(idsOf)), ["a", "ba", "c"]);
  }
  assertEquals(renewed.batches, [["a"], ["a", "b", "c"], ["a"], ["a", "b", "c"]]);
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
  await turn();
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

Deno.test("BatchQueue distinguishes parameters whose texts look like numbers that JSON does not have", async () => {
  const { add, batches } = queueOf();
  const shares = [NaN, "number NaN", "text number NaN", null, Infinity].map((k, index) =>
    add(`${index}`, { k }).share
  );
  await Promise.all(shares);
  assertEquals(batches.length, 5);
});
