/** Answers as events, over a fake backend. */
import { assertEquals } from "@std/assert";
import type { FlowAnswer, FlowRequest } from "../../src/gateway/backend.ts";
import type { Encoded } from "../../src/protocol/encoded.ts";
import type { RequestContext } from "../../src/protocol/request_context.ts";
import { costOf, type StreamQueue, WINDOW } from "../../src/protocol/stream_queue.ts";
import { eventsOf } from "../support/events.ts";
import { done, FakeBackend, gateway, json } from "./_backend.ts";

const ACCEPT = { accept: "text/event-stream" };

/** A backend that streams the documents of the test. */
class Streaming extends FakeBackend {
  readonly queue = Promise.withResolvers<StreamQueue>();
  readonly over = Promise.withResolvers<FlowAnswer>();

  override run<E extends Encoded>(
    request: FlowRequest<E>,
    context: RequestContext<E>,
  ): Promise<FlowAnswer<E>> {
    const { stream, cancel } = context;
    if (stream === undefined) return super.run(request, context);
    this.cancels.push(cancel);
    cancel?.onCancel((error) => this.over.resolve(failed(error)));
    this.queue.resolve(stream as StreamQueue);
    return this.over.promise as Promise<FlowAnswer<E>>;
  }
}

function failed({ name, message }: Error): FlowAnswer {
  const info = { name, message, stack: "" };
  return done({ error: { info, executor: "Ex", reason: "failed" } });
}

/** What goes wrong before a document, with its status and content type. */
const BEFORE_DOCUMENTS: [FlowAnswer, status: number, type: string][] = [
  [{ kind: "refused", status: 409, message: "no", endpoint: "/foo" } as FlowAnswer, 409, "application/json"],
  [failed(new RangeError("boom")), 500, "text/event-stream"],
];

async function asked(options = {}) {
  const backend = new Streaming();
  const response = gateway(backend, options).app.request("/foo", json({}, ACCEPT));
  return { backend, response, queue: await backend.queue.promise };
}

Deno.test("gateway streams only to clients that prefer it", async () => {
  for (
    const [accept, type] of [
      ["text/event-stream", "text/event-stream"],
      ["text/event-stream, application/json", "text/event-stream"],
      ["application/json;q=0.5, text/event-stream", "text/event-stream"],
      ["application/json, text/event-stream", "application/json"],
      ["application/json, text/event-stream;q=0.5", "application/json"],
      ["text/event-stream;q=0, */*", "application/json"],
      ["*/*", "application/json"],
      ["text/html", "application/json"],
    ]
  ) {
    const backend = new Streaming();
    const asked = gateway(backend).app.request("/foo", json({}, { accept }));
    if (type !== "application/json") (await backend.queue.promise).push("{}");
    const response = await asked;
    assertEquals(response.headers.get("content-type"), type, accept);
    backend.over.resolve(done());
    await response.text();
  }
});

Deno.test("gateway answers with the first document, sends each one as it comes, and the rest at the end", async () => {
  const { backend, response, queue } = await asked();
  queue.begin();
  queue.push("{}");
  const events = eventsOf(await response);
  await events.next();
  for (const text of ["line 1\\nline 2", '\\u2028 \\"'] as const) {
    queue.push(`{"text":"${text}"}`);
    assertEquals((await events.next()).value, { name: "update", data: { text: JSON.parse(`"${text}"`) } });
  }
  backend.over.resolve(done({ results: [["a/rep-0", "{}"]] }));
  const end = (await events.next()).value;
  assertEquals([end?.name, Object.keys(end?.data)], ["end", ["header", "parameters", "routes"]]);
  assertEquals([end?.data.header.requestId, end?.data.parameters], ["r", {
    __results__: { "a/rep-0": {} },
  }]);
  assertEquals((await events.next()).done, true);
});

Deno.test("gateway takes nothing from the worker that the client did not read", async () => {
  const { backend, response, queue } = await asked();
  const taken: number[] = [];
  queue.onConsumed = (credit) => taken.push(credit);
  queue.begin();
  const docs = Array.from({ length: WINDOW }, (_, n) => `{"id":"${n}"}`);
  for (const doc of docs) queue.push(doc);
  const reader = (await response).body?.getReader();
  assertEquals(taken, [], "nobody has read");
  await reader?.read();
  assertEquals(taken, [WINDOW], "all that was there travels together");
  const large = `{"text":"${"x".repeat(40_960)}"}`;
  queue.push(large);
  await reader?.read();
  assertEquals(taken, [WINDOW, costOf(large)]);
  assertEquals(costOf(large), 11, "a large one is as good as many");
  backend.over.resolve(done());
  await reader?.read();
});

Deno.test("gateway cancels the request when the client leaves the stream", async () => {
  const { backend, response, queue } = await asked();
  queue.begin();
  queue.push("{}");
  const events = eventsOf(await response);
  await events.next();
  await events.return();
  assertEquals(backend.cancels[0]?.reason?.message, "the client is gone");
});

Deno.test("gateway ends a stream with the error of a whole answer, and its status", async () => {
  const { backend, response, queue } = await asked();
  queue.begin();
  queue.push("{}");
  backend.over.resolve(failed(new RangeError("boom")));
  const { status, body } = await response;
  const [, { name, data }] = await Array.fromAsync(eventsOf(new Response(body)));
  assertEquals([status, name, data.status, data.header.status.description], [
    200,
    "error",
    500,
    "RangeError: boom",
  ]);
  assertEquals(Object.keys(data), ["status", "header", "parameters", "routes", "data"]);
});

Deno.test("gateway sends the status of what goes wrong before the first document, also when the stream has begun", async () => {
  for (const [answer, status, type] of BEFORE_DOCUMENTS) {
    const { backend, response, queue } = await asked();
    queue.begin();
    backend.over.resolve(answer);
    const { status: got, headers, body } = await response;
    assertEquals([got, headers.get("content-type")], [status, type]);
    await body?.cancel();
  }
});

Deno.test("gateway ends a stream without documents with the rest of the answer", async () => {
  const { backend, response, queue } = await asked();
  queue.begin();
  backend.over.resolve(done());
  assertEquals((await response).status, 200);
  assertEquals((await Array.fromAsync(eventsOf(await response))).map(({ name }) => name), ["end"]);
});

Deno.test("gateway answers with the status of an error when no document has come within timeout", async () => {
  const { response, queue } = await asked({ timeout: 30 });
  queue.begin();
  const { status, body } = await response;
  const [{ data }] = await Array.fromAsync(eventsOf(new Response(body)));
  assertEquals([status, data.status, data.header.status.exception.name], [500, 500, "TimeoutError"]);
});

Deno.test("gateway sends the status of an error before the stream begins; a 4xx is not a stream", async () => {
  const down = await asked();
  down.backend.over.resolve({ kind: "down", reason: "executor0 is down" });
  const response = await down.response;
  assertEquals([response.status, response.headers.get("content-type")], [503, "text/event-stream"]);
  const [{ name, data }] = await Array.fromAsync(eventsOf(response));
  assertEquals([name, data.status, data.header.status.description], ["error", 503, "executor0 is down"]);
  const refused = await asked();
  refused.backend.over.resolve({ kind: "unbound", endpoint: "/foo" });
  assertEquals([(await refused.response).status, "detail" in await (await refused.response).json()], [
    404,
    true,
  ]);
});

Deno.test("gateway cancels a stream that stands still for longer than timeout", async () => {
  const { response, queue } = await asked({ timeout: 30 });
  queue.begin();
  queue.push("{}");
  const [update, error] = await Array.fromAsync(eventsOf(await response));
  assertEquals([update.name, error.name], ["update", "error"]);
  assertEquals(
    error.data.header.status.description,
    "TimeoutError: the stream stood still for more than 30 ms",
  );
});
