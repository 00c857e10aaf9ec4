import { assertEquals, assertRejects } from "@std/assert";
import * as api from "@opentelemetry/api";
import { formatRecord } from "../../src/log/logger.ts";
import { tracedRequest } from "../../src/gateway/_traced.ts";
import { Tracing } from "../../src/trace/_spans.ts";
import { tracing } from "../../src/trace/tracing.ts";

/** An API whose spans are recorded, without a context that follows promises. */
function fakeApi() {
  const spans: { name: string; attributes: api.Attributes; status?: api.SpanStatus; ended: boolean }[] = [];
  const start = (name: string, options: api.SpanOptions = {}) => {
    const record: typeof spans[number] = { name, attributes: { ...options.attributes }, ended: false };
    spans.push(record);
    return {
      spanContext: () => ({ traceId: "a".repeat(32), spanId: "b".repeat(16), traceFlags: 1 }),
      setAttributes: (attributes: api.Attributes) => void Object.assign(record.attributes, attributes),
      setStatus: (status: api.SpanStatus) => void (record.status = status),
      recordException() {},
      addEvent() {},
      end: () => void (record.ended = true),
    } as unknown as api.Span;
  };
  const tracer = {
    startSpan: start,
    startActiveSpan: (name: string, options: api.SpanOptions, _: unknown, run: (span: api.Span) => unknown) =>
      run(start(name, options)),
  };
  const trace = { getTracer: () => tracer, getActiveSpan: () => undefined };
  return { spans, tracing: new Tracing({ ...api, trace } as unknown as typeof api) };
}

const cut = () => Promise.reject(new Error("cut"));
const PLACE = { deployment: "encoder", replica: "encoder/rep-0", version: 3 };

Deno.test("Tracing.call() passes the span to the call, and records its batch", async () => {
  const { spans, tracing } = fakeApi();
  const answer = { kind: "done", endpoint: "/embed", count: 2, batch: [8, 4] } as const;
  let traceparent: string | undefined;
  await tracing.call<{ traceparent?: string }, typeof answer>({}, PLACE, (call) => {
    ({ traceparent } = call);
    return Promise.resolve(answer);
  }, () => "failed");
  assertEquals(traceparent, `00-${"a".repeat(32)}-${"b".repeat(16)}-01`);
  const { attributes, ended } = spans[0];
  assertEquals([attributes["hotflow.batch.documents"], attributes["hotflow.batch.requests"], ended], [
    8,
    4,
    true,
  ]);
});

Deno.test("Tracing.call() ends the span as an error when the call is rejected", async () => {
  const { spans, tracing } = fakeApi();
  await assertRejects(() => tracing.call({}, PLACE, cut, () => "cut"), Error, "cut");
  const [{ attributes, status, ended }] = spans;
  assertEquals([attributes["hotflow.outcome"], status?.message, ended], ["cut", "cut", true]);
});

Deno.test("Tracing.call() is no error when the client is gone", async () => {
  const { spans, tracing } = fakeApi();
  await assertRejects(() => tracing.call({}, PLACE, cut, () => "cancelled"), Error, "cut");
  assertEquals([spans[0].status, spans[0].attributes["hotflow.outcome"]], [undefined, "cancelled"]);
});

Deno.test("Tracing.call() has the outcome that the metrics have", async () => {
  const { spans, tracing } = fakeApi();
  const info = { name: "TypeError", message: "no model" };
  const refused = { kind: "refused", endpoint: "/a", count: 3, batch: [3, 1] } as const;
  const answers = [{ kind: "done", endpoint: "/a", error: { info } }, refused, {
    kind: "invalid",
    isUnhandled: true,
  }] as const;
  for (const answer of answers) await tracing.call({}, PLACE, () => Promise.resolve(answer), () => "");
  const shown = spans.map(({ attributes, status }) => [
    attributes["hotflow.outcome"],
    attributes["hotflow.documents"],
    attributes["hotflow.batch.documents"],
    status?.message,
  ]);
  assertEquals(shown, [
    ["failed", 1, undefined, "no model"],
    ["refused", 3, 3, undefined],
    ["invalid", undefined, undefined, undefined],
  ]);
});

Deno.test("tracedRequest() makes a span an error from status 500 on, and has the status of an upgrade", async () => {
  const { spans, tracing: started } = fakeApi();
  tracing.spans = started;
  try {
    const upgrade = { headers: { connection: "upgrade", upgrade: "websocket" } };
    for (const [status, init] of [[404], [503], [200, upgrade], [400, upgrade]] as const) {
      const request = new Request("http://a/", init);
      await tracedRequest(request, () => new Response(null, { status }), undefined);
    }
  } finally {
    tracing.spans = undefined;
  }
  assertEquals(spans.map(({ attributes }) => attributes["http.response.status_code"]), [404, 503, 101, 400]);
  const { ERROR } = api.SpanStatusCode;
  assertEquals(spans.map(({ status }) => status?.code), [undefined, ERROR, undefined, undefined]);
});

Deno.test("Tracing.addLoad() makes a span of a load that failed", () => {
  const { spans, tracing } = fakeApi();
  const error = { name: "SyntaxError", message: "expected ;" };
  tracing.addLoad({ deployment: "encoder", version: 4, kind: "reload", ms: 12, error });
  const [{ name, status, ended }] = spans;
  assertEquals([name, status?.message, ended], ["reload encoder", "expected ;", true]);
});

Deno.test("formatRecord() ends the first line with the trace's id", () => {
  const record = { level: "info", name: "a", message: "b\nc", time: new Date(), traceId: "abc" } as const;
  assertEquals(formatRecord(record).split("\n").map((line) => line.endsWith(" [trace abc]")), [true, false]);
});
