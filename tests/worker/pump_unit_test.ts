import type { Encoded } from "../../src/protocol/encoded.ts";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { jsonCodec } from "../../src/codec/json_codec.ts";
import { BufferSink, CreditSink } from "../../src/worker/document_sink.ts";
import { pump, sourceOf, yieldedDocument } from "../../src/worker/pump.ts";
import { costOf, WINDOW } from "../../src/protocol/stream_queue.ts";
import { Document, DocumentArray } from "../../mod.ts";

/** A call that the test aborts. */
class Call {
  onAbort?: () => void;
  #aborted = false;

  throwIfAborted(): void {
    if (this.#aborted) throw new Error("aborted");
  }

  abort(): void {
    this.#aborted = true;
    this.onAbort?.();
  }
}

const encodeYielded = (value: unknown, index = 0) => jsonCodec.encodeDocument(yieldedDocument(value), index);

/** Runs all pending microtasks. */
const turn = () => new Promise((resolve) => setTimeout(resolve));

async function* counting(from: { at: number; ended?: boolean }, size = 1) {
  try {
    for (;;) yield { text: "x".repeat(size), tags: { at: from.at++ } };
  } finally {
    from.ended = true;
  }
}

Deno.test("pump() takes no more documents than there is credit for, small ones and large ones", async () => {
  for (const [size, most] of [[1, WINDOW], [8_192, Math.ceil(WINDOW / 3)], [1_000_000, 1]] as const) {
    const state = { at: 0, ended: false };
    const sent: Encoded[] = [];
    const sink = new CreditSink(WINDOW, (doc) => sent.push(doc));
    const call = new Call();
    const pumping = pump(counting(state, size), encodeYielded, sink, call);
    await turn();
    assertEquals([sent.length, state.at], [most, most], "not one more was even made");
    sink.addCredit(sent.reduce((sum, doc) => sum + costOf(doc), 0));
    await turn();
    assertEquals(sent.length, 2 * most);
    call.abort();
    await assertRejects(() => pumping, Error, "aborted");
    assertEquals(state.ended, true);
  }
});

Deno.test("pump() waits for the clean-up of a source that is aborted, or that yields no document", async () => {
  for (const odd of [false, true]) {
    const latch = Promise.withResolvers<void>();
    const call = new Call();
    const source = async function* () {
      try {
        yield odd ? 5 : {};
        yield {};
      } finally {
        await latch.promise;
      }
    };
    let isOver = false;
    const pumping = pump(source(), encodeYielded, new CreditSink(1, () => {}), call).finally(() =>
      isOver = true
    );
    pumping.catch(() => {});
    await turn();
    call.abort();
    await turn();
    assertEquals(isOver, false);
    latch.resolve();
    await assertRejects(() => pumping, Error, odd ? "Cannot stream 5" : "aborted");
  }
});

Deno.test("pump() stops a source that waits for its next value", async () => {
  const call = new Call();
  const next = Promise.withResolvers<IteratorResult<unknown>>();
  const source = {
    next: () => next.promise,
    return: () => (next.resolve({ done: true, value: undefined }), Promise.resolve(next.promise)),
  };
  const pumping = pump(source, encodeYielded, new BufferSink(), call);
  await turn();
  call.abort();
  await assertRejects(() => pumping, Error, "aborted");
});

Deno.test("pump() into a buffer does not block the messages of the worker", async () => {
  const state = { at: 0, ended: false };
  const call = new Call();
  setTimeout(() => call.abort());
  await assertRejects(() => pump(counting(state), encodeYielded, new BufferSink(), call), Error, "aborted");
  assertEquals(state.ended, true);
});

Deno.test("sourceOf() recognizes generators and streams among all that a handler may return", () => {
  const streams = [counting({ at: 0 }), [1].values(), new ReadableStream(), {
    [Symbol.asyncIterator]: () => ({}),
  }];
  for (const returned of streams) assertEquals(sourceOf(returned) === undefined, false);
  const others = [undefined, null, "text", 5, {}, [], DocumentArray.empty(1), new Map(), new Set(), {
    next: 1,
  }];
  for (const returned of others) assertEquals(sourceOf(returned), undefined);
});

Deno.test("yieldedDocument() names a value that is not a document", () => {
  for (
    const [value, what] of [[5, "5"], [new Map(), "a Map"], [{ a: 1 }, '{"a":1}'], [
      undefined,
      "undefined",
    ]] as const
  ) {
    assertThrows(() => encodeYielded(value), TypeError, `Cannot stream ${what}: a handler`);
  }
});

Deno.test("yieldedDocument() accepts Documents, of any copy of the package, and their fields", () => {
  class Foreign {
    id = "a";
    text = "x";
    toJSON() {}
  }
  for (const one of [new Document({ id: "a", text: "x" }), { id: "a", text: "x" }, new Foreign()]) {
    assertEquals(JSON.parse(encodeYielded(one)), { id: "a", text: "x" });
  }
  assertEquals(JSON.parse(encodeYielded({ id: "a", chunks: [{ id: "b" }], mimeType: "m" })).mime_type, "m");
});
