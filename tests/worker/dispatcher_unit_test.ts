/** Requests to handlers without a worker: codec, wrappers, streams, errors. */
import { assert, assertEquals } from "@std/assert";
import type { HandlerContext } from "../../src/executor/handler.ts";
import { codecs } from "../../src/codec/codecs.ts";
import { Document } from "../../src/document/document.ts";
import type { Call, CallAnswer, CallDone, FromWorker } from "../../src/protocol/protocol.ts";
import { Dispatcher, type DispatcherOptions, type Invoke } from "../../src/worker/dispatcher.ts";
import { linesCodec } from "../codec/_lines_codec.ts";

/** Adds to each text. */
const shout: Invoke = (_method, docs) => {
  for (const doc of docs) doc.text += "!";
};

function dispatcherOf(options: Partial<DispatcherOptions> = {}) {
  const sent: FromWorker[] = [];
  const dispatcher = new Dispatcher({
    deployment: "ex",
    replica: "ex/rep-0",
    className: "Ex",
    bindings: new Map([["/foo", { method: "foo" }], ["default", { method: "other" }]]),
    invoke: shout,
    send: (message) => sent.push(message),
    ...options,
  });
  const call = async (call: Partial<Call>): Promise<CallAnswer> =>
    await dispatcher.call(1, { body: "", requestId: "r", ...call });
  return { dispatcher, call, sent };
}

const BODY = '{"data":[{"id":"1","text":"x"}],"parameters":{"a":1}}';
const DONE: CallDone = {
  kind: "done",
  docs: '[{"id":"1","text":"x!"}]',
  endpoint: "/foo",
  parameters: '{"a":1}',
};

Deno.test("Dispatcher decodes a request, invokes the method of its endpoint, and encodes the answer", async () => {
  const invoked: unknown[] = [];
  const { call } = dispatcherOf({
    invoke: (method, docs, context) => {
      invoked.push([method, context.endpoint, context.requestId, context.parameters]);
      shout(method, docs, context);
      return { n: 1 };
    },
  });
  assertEquals(await call({ body: BODY, endpoint: "/foo" }), { ...DONE, result: ["ex/rep-0", '{"n":1}'] });
  await call({ body: '{"header":{"requestId":"own"},"parameters":{"ex":{"a":2}}}', endpoint: "/x" });
  assertEquals(invoked, [["foo", "/foo", "r", { a: 1 }], ["other", "/x", "own", { ex: { a: 2 }, a: 2 }]]);
});

Deno.test("Dispatcher uses the codec that a call names", async () => {
  codecs.set("lines", linesCodec);
  try {
    const { call } = dispatcherOf();
    assertEquals(await call({ body: "/foo\nx\ny", codec: "lines" }), {
      kind: "done",
      docs: "x!\ny!",
      endpoint: "/foo",
      count: 2,
    });
    const { call: stream, sent } = dispatcherOf();
    await stream({ body: "/foo\nx", codec: "lines", window: 16 });
    assertEquals(sent[1], { kind: "stream-chunk", id: 1, doc: "x!" });
    const generator = dispatcherOf({ invoke: (_, docs) => docs.values() });
    const collected = await generator.call({ body: "/foo\nx\ny", codec: "lines" });
    assertEquals(collected.kind === "done" && collected.docs, "x\ny");
  } finally {
    codecs.delete("lines");
  }
  const unknown = await dispatcherOf().call({ codec: "lines" });
  assertEquals(unknown.kind === "invalid" && unknown.issues[0].loc, ["body"]);
});

Deno.test("Dispatcher works through a wrapper around Invoke", async () => {
  let now = 0;
  const times: [string, number][] = [];
  const timed = (next: Invoke): Invoke => async (method, docs, context) => {
    const start = now;
    try {
      return await next(method, docs, context);
    } finally {
      times.push([method, now - start]);
    }
  };
  const slow: Invoke = async (method, docs, context) => {
    await Promise.resolve();
    now += 5;
    return shout(method, docs, context);
  };
  const { call } = dispatcherOf({ invoke: timed(slow) });
  assertEquals(await call({ body: BODY, endpoint: "/foo" }), DONE);
  assertEquals(times, [["foo", 5]]);
});

Deno.test("Dispatcher invokes nothing for requests that are not the Executor's", async () => {
  const invoke = () => {
    throw new Error("invoked");
  };
  const unchanged = { ...DONE, docs: '[{"id":"1","text":"x"}]' };
  const { call } = dispatcherOf({ invoke, bindings: new Map([["/foo", { method: "foo" }]]) });
  assertEquals(await call({ body: BODY, endpoint: "/x" }), { ...unchanged, endpoint: "/x", unbound: true });
  assertEquals(await call({ body: BODY, endpoint: "/foo", parseOnly: true }), unchanged);
  const body = '{"targetExecutor":"other"}';
  assertEquals(await call({ body, endpoint: "/foo" }), {
    kind: "done",
    docs: "[]",
    endpoint: "/foo",
    count: 0,
    target: "other",
  });
});

Deno.test("Dispatcher answers an error with the documents as they came", async () => {
  const { call } = dispatcherOf({
    invoke: (_, docs) => {
      docs[0].text = "changed";
      throw new RangeError("boom");
    },
  });
  const failed = await call({ body: BODY, endpoint: "/foo" });
  assert(failed.kind === "done" && failed.error !== undefined);
  const { error: { info, executor }, ...rest } = failed;
  assertEquals(rest, { ...DONE, docs: '[{"id":"1","text":"x"}]' });
  assertEquals([info.name, info.message, executor], ["RangeError", "boom", "Ex"]);
  const nested = dispatcherOf({ invoke: () => [[]] });
  const answer = await nested.call({ body: BODY, endpoint: "/foo" });
  assertEquals(
    answer.kind === "done" &&
      answer.error?.info.message.startsWith("Cannot answer with an array that contains []"),
    true,
  );
});

Deno.test("Dispatcher answers invalid when a request cannot be decoded", async () => {
  const { call } = dispatcherOf();
  const issueOf = async (body: string) => {
    const answer = await call({ body });
    return answer.kind === "invalid" && answer.issues[0].type;
  };
  assertEquals(await issueOf("{"), "value_error.jsondecode");
  assertEquals(await issueOf('{"targetExecutor":"("}'), "value_error.regex");
  assertEquals(await issueOf('{"data":5}'), "type_error.list");
});

Deno.test("Dispatcher streams within its credit, and aborts a generator", async () => {
  const contexts: HandlerContext[] = [];
  const ended = Promise.withResolvers<void>();
  const { dispatcher, call, sent } = dispatcherOf({
    invoke: async function* (_method, _docs, context) {
      contexts.push(context);
      try {
        for (let n = 0;; n++) yield new Document({ id: String(n) });
      } finally {
        ended.resolve();
      }
    },
  });
  const answer = call({ endpoint: "/foo", window: 2 });
  await turn();
  assertEquals(sent.map((message) => message.kind === "stream-chunk" ? message.doc : message.kind), [
    "stream-start",
    '{"id":"0"}',
    '{"id":"1"}',
  ]);
  dispatcher.addCredit(1, 1);
  await turn();
  assertEquals(sent.length, 4);
  assertEquals(contexts[0].signal.aborted, false);
  dispatcher.abort(1, "the client is gone");
  await ended.promise;
  const last = await answer;
  assertEquals(last.kind === "done" && last.error?.info.message, "the client is gone");
  assertEquals(contexts[0].signal.reason.message, "the client is gone");
  await dispatcher.settled();
});

/** Lets all microtasks run. */
const turn = () => new Promise((resolve) => setImmediate(resolve));
