import { assertEquals } from "@std/assert";
import { type ProtobufContext, runRequest, runSingleRequest } from "../../src/gateway/protobuf_requests.ts";
import type { FlowAnswer, FlowRequest } from "../../src/gateway/backend.ts";
import { RequestTimeouts } from "../../src/gateway/request_timeouts.ts";
import {
  readRequest,
  readStatus,
  type Status,
  writeRequest,
  writeSingleRequest,
} from "../../src/protobuf/messages.ts";
import { readStruct, writeStruct } from "../../src/protobuf/struct.ts";
import { BinaryReader, readFields } from "../../src/protobuf/wire.ts";
import { done, FakeBackend, route } from "./_backend.ts";
import { exchange } from "../support/jina_exchanges.ts";

/** Runs a request on a backend that answers what a test sets. */
async function run(
  bytes: Uint8Array,
  answer: FlowAnswer | ((request: FlowRequest) => FlowAnswer),
  context: Partial<ProtobufContext> = {},
  runner = runRequest,
) {
  const backend = new FakeBackend();
  backend.answer = typeof answer === "function" ? answer : () => answer;
  const cancel = new RequestTimeouts().begin();
  const { parts, failure } = await runner(bytes, backend, { cancel, ...context });
  const head = readRequest(writeRequest(parts));
  const parameters = readStruct(head.parameters ?? new Uint8Array());
  return { head, parameters, failure, request: backend.requests.at(0), cancel };
}

const docs = (body: FlowRequest["body"]) => readRequest(body as Uint8Array).docs;
const ok = (more: object = {}) => done({ docs: new Uint8Array(), ...more });

Deno.test("runRequest() names the codec of a request's generation and passes its bytes on", async () => {
  for (
    const [name, codec] of [["1_foo_two", "protobuf-1"], ["2_foo_two", "protobuf-2"], [
      "1_no_docs",
      "protobuf-1",
    ]]
  ) {
    const { request } = exchange(name);
    const ran = await run(request, ok());
    const { inspect: _, ...passed } = ran.request ?? {};
    assertEquals(passed, { body: request, codec });
  }
});

Deno.test("runRequest() answers as Jina does when a handler returned an object", async () => {
  const { request, responses: [expected] } = exchange("1_dict");
  const result = writeStruct({ answer: 42, nested: { a: [1, 2.5, "x", null, true] } });
  const { head, parameters } = await run(request, (request) =>
    ok({
      requestId: "0123456789abcdef0123456789abcdef",
      endpoint: "/dict",
      docs: docs(request.body),
      results: [["executor0/rep-0", result]],
    }));
  const theirs = readRequest(expected);
  const { routes, parameters: _, ...fields } = head;
  const { routes: theirRoutes, parameters: theirParameters, ...theirFields } = theirs;
  assertEquals(fields, theirFields);
  assertEquals(parameters, readStruct(theirParameters!));
  assertEquals(routes.map(executorOf), theirRoutes.map(executorOf));
});

Deno.test("runRequest() adds results to those that came with the request", async () => {
  const { parameters } = await run(
    writeRequest({ requestId: "r", docs: new Uint8Array() }),
    ok({
      parameters: writeStruct({ __results__: { "first/rep-0": { a: 1 } }, k: "v" }),
      results: [["second/rep-0", writeStruct({ b: 2 })]],
    }),
  );
  assertEquals(parameters, { k: "v", __results__: { "first/rep-0": { a: 1 }, "second/rep-0": { b: 2 } } });
});

Deno.test("runRequest() puts an Executor's error into the header and its route", async () => {
  const info = { name: "RangeError", message: "too big", stack: "RangeError: too big\n  at search" };
  const error = { reason: "failed", info, executor: "MyExecutor" } as const;
  const { head, failure } = await run(
    exchange("1_raise").request,
    ok({ error, routes: [route("executor0", info)] }),
  );
  const status = {
    code: 1,
    description: "RangeError: too big",
    exception: {
      name: "RangeError",
      args: ["too big"],
      stacks: ["RangeError: too big", "  at search"],
      executor: "MyExecutor",
    },
  };
  assertEquals(head.status, status);
  assertEquals(head.routes.map(statusIn), [undefined, status]);
  assertEquals(failure, { kind: "failed", message: "RangeError: too big" });
});

Deno.test("runRequest() answers with the request's documents when no Executor has handled it", async () => {
  const { request } = exchange("1_foo_two");
  const cases: [FlowAnswer, string, string][] = [
    [{ kind: "down", reason: "executor0 is down" }, "DownError", "executor0 is down"],
    [
      { kind: "unbound", endpoint: "/fo" },
      "UnboundEndpointError",
      'no Executor binds the endpoint "/fo"; did you mean "/foo"? (known: /foo, /search-all)',
    ],
    [
      { kind: "invalid", issues: [{ loc: ["docs", 0, "tensor"], msg: "sparse", type: "value_error" }] },
      "InvalidRequestError",
      "Cannot read the request: docs.0.tensor: sparse",
    ],
  ];
  for (const [answer, name, message] of cases) {
    const { head, failure } = await run(request, answer);
    assertEquals(failure, { kind: answer.kind as "down", message });
    assertEquals(head.status?.exception?.name, name);
    assertEquals(head.docs, readRequest(request).docs);
    assertEquals(head.requestId, readRequest(request).requestId);
  }
});

Deno.test("runRequest() answers bytes that are not a request with an error", async () => {
  const { head, failure, request } = await run(new Uint8Array([0x0a, 0x7f, 1]), ok());
  assertEquals(request, undefined);
  assertEquals(failure?.kind, "invalid");
  assertEquals(head.status?.exception?.name, "InvalidRequestError");
  assertEquals(head.requestId.length, 32);
});

Deno.test("runRequest() keeps the routes that came with the request before its own", async () => {
  const routes = [{ executor: "gateway", startTime: 1, endTime: 2 }, {
    executor: "other",
    startTime: 3,
    endTime: 4,
  }];
  const { head } = await run(writeRequest({ requestId: "r", routes, docs: new Uint8Array() }), ok());
  assertEquals(head.routes.map(executorOf), ["gateway", "other", "executor0"]);
});

Deno.test("runRequest() takes the shortest time and the endpoint of the call", async () => {
  const bytes = writeRequest({ requestId: "r", endpoint: "/bar", timeout: 2, docs: new Uint8Array() });
  const { cancel, request } = await run(bytes, ok(), { endpoint: "/foo" });
  assertEquals([cancel.timeoutMs, request?.endpoint], [2_000, "/foo"]);
  const short = new RequestTimeouts(50).begin();
  await run(bytes, ok(), { cancel: short });
  assertEquals(short.timeoutMs, 50);
});

Deno.test("runSingleRequest() turns one document into a request with a list of one", async () => {
  const { request } = exchange("2_stream_doc");
  const { request: ran } = await run(request, ok(), {}, runSingleRequest);
  assertEquals(ran?.codec, "protobuf-2");
  const head = readRequest(ran?.body as Uint8Array);
  assertEquals([head.requestId, head.endpoint], ["r1", "/stream"]);
  const [doc] = fieldsOf(head.docs!, 1);
  assertEquals(writeSingleRequest({ requestId: "r1", endpoint: "/stream", docs: doc }), request);
});

/** The values of a field of messages. */
function fieldsOf(message: Uint8Array, wanted: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  readFields(message, (number, reader) => number === wanted ? void found.push(reader.bytes()) : false);
  return found;
}

function executorOf(route: Uint8Array): string {
  const reader = new BinaryReader(route);
  reader.tag();
  return reader.string();
}

function statusIn(route: Uint8Array): Status | undefined {
  const status = fieldsOf(route, 4).at(0);
  return status && readStatus(status);
}
