/** Requests through graphs of Executors that run nowhere. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { assertEquals } from "@std/assert";
import { CancelToken } from "../../src/async/cancel_token.ts";
import { StreamQueue } from "../../src/protocol/stream_queue.ts";
import { CutError } from "../../src/errors/mod.ts";
import type { FlowAnswer, FlowRequest } from "../../src/gateway/backend.ts";
import { Graph } from "../../src/graph/graph.ts";
import { Pipeline } from "../../src/graph/pipeline.ts";
import type { CallAnswer } from "../../src/protocol/protocol.ts";
import { observerOf } from "../../src/metrics/request_observer.ts";
import { FakeTarget } from "./_fake_target.ts";

const REQUEST: FlowRequest = { body: "docs", endpoint: "/" };
const INFO = { name: "RangeError", message: "boom", stack: "" };

/** A pipeline; each target is named with what it needs, as in "c: a b". */
function pipelineOf(lines: readonly string[], targets: readonly FakeTarget[], ends?: string[]): Pipeline {
  const nodes = lines.map((line, index) => ({ name: targets[index].name, needs: line.split(" ") }));
  return new Pipeline(
    new Graph(nodes, ends ?? [targets[targets.length - 1].name]),
    targets,
    observerOf(undefined),
  );
}

function chainOf(...targets: FakeTarget[]): Pipeline {
  return pipelineOf(targets.map((_, index) => targets[index - 1]?.name ?? "gateway"), targets);
}

function run(pipeline: Pipeline, request = REQUEST, cancel = new CancelToken()): Promise<FlowAnswer> {
  return pipeline.run(request, { id: "r", cancel });
}

/** A few facts of an answer: its documents, its routes, why it failed. */
function facts(answer: FlowAnswer): unknown {
  if (answer.kind !== "done") return answer;
  const { docs, routes, error } = answer;
  return { docs, routes: routes.map(({ executor }) => executor).join(" "), reason: error?.reason };
}

Deno.test("Pipeline sends a request along a chain, which the first Executor decodes", async () => {
  const [a, b] = [new FakeTarget("a"), new FakeTarget("b")];
  a.handle = (call) => ({
    ...a.answer(call),
    endpoint: "/named",
    requestId: "own",
    parameters: "{1}",
    result: ["a/rep-0", "{2}"],
  });
  const answer = await run(chainOf(a, b), { body: "docs", codec: "toy" });
  assertEquals(answer.kind === "done" && { ...answer, routes: answer.routes.length }, {
    kind: "done",
    requestId: "own",
    endpoint: "/named",
    parameters: "{1}",
    docs: "docs>a>b",
    routes: 2,
    results: [["a/rep-0", "{2}"]],
    error: undefined,
  });
  assertEquals(a.calls, [{ body: "docs", codec: "toy", requestId: "r" }]);
  const envelope = { endpoint: "/named", parameters: "{1}" };
  assertEquals(b.calls, [{ body: "docs>a", codec: "toy", requestId: "own", envelope }]);
});

Deno.test("Pipeline skips an Executor that does not bind the endpoint or is not addressed", async () => {
  const [a, b, c] = [new FakeTarget("a"), new FakeTarget("b", "/other"), new FakeTarget("c")];
  assertEquals(facts(await run(chainOf(a, b, c))), { docs: "docs>a>c", routes: "a b c", reason: undefined });
  a.handle = (call) => ({ ...a.answer(call), target: "a" });
  assertEquals(facts(await run(chainOf(a, c))), { docs: "docs>a", routes: "a c", reason: undefined });
  assertEquals(b.calls, []);
});

Deno.test("Pipeline answers unbound only when no Executor binds the endpoint", async () => {
  const unbound = (target: FakeTarget) => {
    target.handle = (call) => ({ kind: "done", docs: call.body, endpoint: "/", unbound: true });
    return target;
  };
  const a = unbound(new FakeTarget("a", "/x"));
  assertEquals(await run(chainOf(a, new FakeTarget("b", "/y"))), { kind: "unbound", endpoint: "/" });
  assertEquals(facts(await run(chainOf(a, new FakeTarget("b")))), {
    docs: "docs>b",
    routes: "a b",
    reason: undefined,
  });
});

Deno.test("Pipeline ends at a request that is invalid", async () => {
  const [a, b] = [new FakeTarget("a"), new FakeTarget("b")];
  a.handle = () => ({ kind: "invalid", issues: [] });
  assertEquals(await run(chainOf(a, b)), { kind: "invalid", issues: [] });
  assertEquals(b.calls, []);
});

Deno.test("Pipeline has a worker decode a request for branches, and merge what they changed", async () => {
  const targets = ["a", "b", "c"].map((name) => new FakeTarget(name));
  const [a, b, c] = targets;
  [a.load, b.load] = [2, 1];
  const pipeline = pipelineOf(["gateway", "gateway", "a b"], targets);
  assertEquals(facts(await run(pipeline)), { docs: "(docs>a+docs>b)>c", routes: "a c b", reason: undefined });
  assertEquals([c.calls[0].parseOnly, c.calls[1].branches], [true, ["docs>a", "docs>b"]]);
  // A branch that has changed nothing is not merged.
  b.handle = (call) => ({ kind: "done", docs: call.body, endpoint: "/" });
  assertEquals(facts(await run(pipeline)), { docs: "docs>a>c", routes: "a c b", reason: undefined });
  // Ends are merged like needs.
  b.handle = (call) => b.answer(call);
  const joined = pipelineOf(["gateway", "gateway"], [a, b], ["a", "b"]);
  assertEquals(facts(await run(joined)), { docs: "(docs>a+docs>b)", routes: "a b", reason: undefined });
});

Deno.test("Pipeline answers with the error of the first branch, and stops only what needs it", async () => {
  const targets = ["a", "b", "c"].map((name) => new FakeTarget(name));
  const [a, b, c] = targets;
  for (const target of [a, b]) {
    target.handle = (call) => ({
      ...target.answer(call),
      error: { info: { ...INFO, message: target.name }, executor: "Ex" },
    });
  }
  const answer = await run(pipelineOf(["gateway", "gateway", "a b"], targets));
  assertEquals(facts(answer), { docs: "docs>a", routes: "a b", reason: "failed" });
  assertEquals(answer.kind === "done" && answer.error?.info.message, "a");
  assertEquals(c.calls.filter(({ parseOnly }) => !parseOnly), []);
  assertEquals(a.errors, ["a request for / failed: RangeError: a"]);
});

Deno.test("Pipeline answers down when an Executor that is needed is down, and skips one that is not", async () => {
  const [a, b] = [new FakeTarget("a"), new FakeTarget("b")];
  b.downReason = "b is down";
  assertEquals(await run(chainOf(a, b)), { kind: "down", reason: "b is down" });
  // The first one is down: another worker decodes the request, to find out whether the first one is needed.
  assertEquals(await run(chainOf(b, a)), { kind: "down", reason: "b is down" });
  const unneeded = new FakeTarget("b", "/other");
  unneeded.downReason = "b is down";
  assertEquals(facts(await run(chainOf(unneeded, a))), { docs: "docs>a", routes: "b a", reason: undefined });
  assertEquals(chainOf(a, unneeded).downReason, "b is down");
});

Deno.test("Pipeline does not inspect decoded documents of which none are counted", async () => {
  const inspected: boolean[] = [];
  const inspect: FlowRequest["inspect"] = ({ envelope }) => {
    inspected.push(envelope !== undefined);
    return {};
  };
  const [a, b] = [new FakeTarget("a"), new FakeTarget("b")];
  b.downReason = "b is down";
  assertEquals((await run(chainOf(a, b), { ...REQUEST, inspect })).kind, "down");
  assertEquals(inspected, []);
  // The body has not been decoded, or the call has had documents.
  a.downReason = "a is down";
  assertEquals((await run(chainOf(a, b), { ...REQUEST, inspect })).kind, "down");
  [a.downReason, b.downReason] = [undefined, undefined];
  b.handle = () => Promise.reject(new CutError("cut"));
  await run(chainOf(a, b), { ...REQUEST, inspect });
  assertEquals(inspected, [false, true]);
});

Deno.test("Pipeline tells apart calls that failed, were cut, or took too long", async () => {
  const late = new DOMException("late", "TimeoutError");
  for (
    const [error, reason] of [[new Error("ended"), "failed"], [new CutError("cut"), "cut"], [
      late,
      "deadline",
    ]]
  ) {
    const a = new FakeTarget("a");
    const cancel = new CancelToken();
    a.handle = () => {
      if (error === late) cancel.cancel(late);
      return Promise.reject(error);
    };
    const answer = await run(chainOf(a, new FakeTarget("b")), REQUEST, cancel);
    assertEquals(facts(answer), { docs: undefined, routes: "a", reason });
    assertEquals(answer.kind === "done" && [answer.requestId, answer.endpoint, answer.error?.executor], [
      "r",
      "/",
      "a",
    ]);
  }
});

Deno.test("Pipeline gives the documents as they were before an Executor that gave no answer", async () => {
  const [a, b] = [new FakeTarget("a"), new FakeTarget("b")];
  b.handle = () => Promise.reject(new Error("its worker ended"));
  assertEquals(facts(await run(chainOf(a, b))), { docs: "docs>a", routes: "a b", reason: "failed" });
});

Deno.test("Pipeline tries another worker when one dies while it decodes", async () => {
  const targets = ["a", "b"].map((name) => new FakeTarget(name));
  const [a, b] = targets;
  a.call = () => Promise.reject(new Error("its worker ended"));
  b.load = 1;
  b.hasDefault = false;
  b.endpoints = [{ path: "/", method: "handle" }];
  const answer = await run(pipelineOf(["gateway", "gateway"], targets, ["a", "b"]));
  assertEquals(b.calls.map(({ parseOnly }) => parseOnly), [true, undefined]);
  assertEquals(facts(answer), { docs: "docs", routes: "a b", reason: "failed" });
});

/** Runs a request as a stream: the documents that were pushed, and the answer. */
async function stream(pipeline: Pipeline): Promise<[string[], unknown]> {
  const queue = new StreamQueue<string>();
  const answer = await pipeline.run(REQUEST, { id: "r", cancel: new CancelToken(), stream: queue });
  queue.end();
  return [await queue.take(), facts(answer)];
}

Deno.test("Pipeline streams from the last Executor that handles the request", async () => {
  const [a, b, c] = [new FakeTarget("a"), new FakeTarget("b"), new FakeTarget("c", "/other")];
  for (const target of [a, b]) {
    target.handle = (call, context) =>
      context.stream === undefined
        ? target.answer(call)
        : target.stream(call, context, target.answer(call).docs);
  }
  assertEquals(await stream(chainOf(a)), [["docs>a"], { docs: "", routes: "a", reason: undefined }]);
  assertEquals(await stream(chainOf(a, b, c)), [["docs>a>b"], {
    docs: "",
    routes: "a b c",
    reason: undefined,
  }]);
});

Deno.test("Pipeline has any worker stream where branches meet at the end", async () => {
  const targets = ["a", "b"].map((name) => new FakeTarget(name));
  assertEquals(await stream(pipelineOf(["gateway", "gateway"], targets, ["a", "b"])), [
    ["(docs>a+docs>b)"],
    { docs: "", routes: "a b", reason: undefined },
  ]);
});

Deno.test("Pipeline.idle() waits for requests, and not for a stream that has begun", async () => {
  const a = new FakeTarget("a");
  const over = Promise.withResolvers<CallAnswer>();
  a.handle = (_, { stream }) => {
    stream?.begin();
    return over.promise;
  };
  const pipeline = chainOf(a);
  const events: string[] = [];
  const plain = run(pipeline).then(() => events.push("answered"));
  const idle = pipeline.idle().then(() => events.push("idle"));
  over.resolve({ kind: "done", docs: "docs", endpoint: "/" });
  await Promise.all([plain, idle]);
  assertEquals(events.toSorted(), ["answered", "idle"]);
  const never = Promise.withResolvers<CallAnswer>();
  a.handle = (_, { stream }) => {
    stream?.begin();
    return never.promise;
  };
  pipeline.run(REQUEST, { id: "r", cancel: new CancelToken(), stream: new StreamQueue() });
  await pipeline.idle();
});

Deno.test("Pipeline has the endpoints of all Executors, the first one of each path", () => {
  const [a, b] = [new FakeTarget("a", "/x", "/y"), new FakeTarget("b", "/y", "/z")];
  const pipeline = chainOf(a, b);
  assertEquals(pipeline.endpoints.map(({ path }) => path), ["/x", "/y", "/z"]);
  assertEquals(pipeline.endpoints[1], a.endpoints[1]);
  assertEquals([pipeline.hasDefault, chainOf(new FakeTarget("c")).hasDefault], [false, true]);
});

Deno.test("Pipeline publishes each request that is over in hotflow:request", async () => {
  const messages: unknown[] = [];
  const note = (message: unknown) => {
    const { ms, ...rest } = message as { ms: number };
    messages.push({ ...rest, hasTime: ms >= 0 });
  };
  const a = new FakeTarget("a");
  subscribe("hotflow:request", note);
  try {
    await run(chainOf(a), { body: "docs" });
    a.handle = (call) => ({ ...a.answer(call), error: { info: INFO, executor: "Ex" } });
    await run(chainOf(a), { body: "docs", endpoint: "/x" });
    a.downReason = "a is down";
    await run(chainOf(a), { body: "docs" });
  } finally {
    unsubscribe("hotflow:request", note);
  }
  await run(chainOf(a));
  assertEquals(messages, [
    { id: "r", endpoint: "/", outcome: "done", hasTime: true },
    { id: "r", endpoint: "/x", outcome: "failed", hasTime: true },
    { id: "r", outcome: "down", hasTime: true },
  ]);
});
