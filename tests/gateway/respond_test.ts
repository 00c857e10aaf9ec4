import { assertEquals, assertMatch } from "@std/assert";
import { inTime } from "../support/in_time.ts";
import { done, FakeBackend, gateway, json, route } from "./_backend.ts";

async function answerOf(backend: FakeBackend, body: unknown = {}, path = "/post") {
  const response = await gateway(backend).app.request(path, json(body));
  return { status: response.status, body: await response.json(), type: response.headers.get("content-type") };
}

Deno.test("gateway writes header, parameters, routes and data as Jina does", async () => {
  const backend = new FakeBackend();
  backend.answer = () =>
    done({
      routes: [route("a"), route("b")],
      requestId: 'id "quoted"',
      parameters: '{"x":1}',
    });
  const { status, body, type } = await answerOf(backend);
  assertEquals([status, type], [200, "application/json"]);
  assertEquals(Object.keys(body), ["header", "parameters", "routes", "data"]);
  assertEquals(body.header, {
    requestId: 'id "quoted"',
    execEndpoint: "/foo",
    targetExecutor: "",
  });
  assertEquals([body.parameters, body.data], [{ x: 1 }, [{ id: "a", text: "answered" }]]);
  assertEquals(body.routes.map(({ executor }: { executor: string }) => executor), ["gateway", "a", "b"]);
  for (const { startTime, endTime, status } of body.routes) {
    assertMatch(startTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assertEquals([Number.isNaN(Date.parse(endTime)), status], [false, undefined]);
  }
});

Deno.test("gateway puts results beside the parameters, with and without others", async () => {
  const backend = new FakeBackend();
  for (const [parameters, wanted] of [[undefined, {}], ["{}", {}], ['{"x":1}', { x: 1 }]] as const) {
    backend.answer = () =>
      done({
        results: [["a/rep-0", '{"n":1}'], ["b/rep-1", "{}"]],
        ...(parameters && { parameters }),
      });
    const { body } = await answerOf(backend);
    assertEquals(body.parameters, { ...wanted, __results__: { "a/rep-0": { n: 1 }, "b/rep-1": {} } });
  }
});

Deno.test("gateway writes the key __results__ once when the client sent it, as Jina's do", async () => {
  const backend = new FakeBackend();
  const results = [["a/rep-0", '{"n":1}']] as [string, string][];
  for (const given of [{}, { "b/rep-0": { m: 2 } }, null, "odd"]) {
    const parameters = JSON.stringify({ x: '"__results__"', __results__: given, ["__proto__"]: 1 });
    backend.answer = () => done({ results, parameters });
    const text = await (await gateway(backend).app.request("/post", json({}))).text();
    assertEquals(text.match(/[^\\]"__results__":/g)?.length, 1);
    const { __results__, ...rest } = JSON.parse(text).parameters;
    assertEquals(rest, { x: '"__results__"', ["__proto__"]: 1 });
    if (given !== null && typeof given === "object") {
      assertEquals(__results__, { ...given, "a/rep-0": { n: 1 } });
    }
  }
});

Deno.test("gateway writes what an Executor threw into the header and its route", async () => {
  const info = {
    name: "RangeError",
    message: 'too "far"',
    stack: "RangeError: too far\n    at /app/a.ts:1:2",
  };
  const backend = new FakeBackend();
  backend.answer = () =>
    done({ routes: [route("a", info)], error: { info, executor: "MyExecutor", reason: "failed" } });
  const { status, body } = await answerOf(backend);
  assertEquals(status, 500);
  const wanted = {
    code: 1,
    description: 'RangeError: too "far"',
    exception: {
      name: "RangeError",
      args: ['too "far"'],
      stacks: ["RangeError: too far", "    at /app/a.ts:1:2"],
      executor: "MyExecutor",
    },
  };
  assertEquals([body.header.status, body.routes[1].status, body.routes[0].status], [
    wanted,
    wanted,
    undefined,
  ]);
});

Deno.test("gateway returns the documents as they came when no worker has decoded them", async () => {
  const info = { name: "TimeoutError", message: "late", stack: "" };
  const backend = new FakeBackend();
  const late = { info, executor: "a", reason: "deadline" as const };
  backend.answer = () => ({ kind: "done", requestId: "r", routes: [], results: [], error: late });
  const cases: [unknown, unknown][] = [
    [{ data: [{ text: "x" }] }, [{ text: "x" }]],
    [{ data: { docs: [{ text: "x" }] } }, [{ text: "x" }]],
    [{ data: { text: "x" } }, [{ text: "x" }]],
    [{}, []],
    ["not JSON", []],
    ["null", []],
  ];
  for (const [sent, data] of cases) {
    const { status, body } = await answerOf(backend, sent);
    assertEquals([status, body.data, body.parameters], [504, data, {}], JSON.stringify(sent));
  }
});

Deno.test("gateway answers 503 with the reason, and the documents as they came, when a deployment is down", async () => {
  const backend = new FakeBackend();
  backend.answer = () => ({ kind: "down", reason: "executor0 is down: no" });
  const { status, body } = await answerOf(backend, { data: [{ text: "x" }] });
  assertEquals([status, body.header.status.description], [503, "executor0 is down: no"]);
  assertEquals([body.parameters, body.routes, body.data], [null, null, [{ text: "x" }]]);
});

Deno.test("gateway answers 422 with every issue when the request is invalid", async () => {
  const issues = [{ loc: ["body", "data", 0], msg: "value is not a valid dict", type: "type_error.dict" }];
  const backend = new FakeBackend();
  backend.answer = () => ({ kind: "invalid", issues });
  const { status, body } = await answerOf(backend);
  assertEquals([status, body], [422, { detail: issues }]);
});

Deno.test("gateway cancels the request when the client is gone before the first sweep", async () => {
  const backend = new FakeBackend();
  const client = new AbortController();
  const reason = new Promise<Error>((resolve) => {
    backend.answer = async () => {
      client.abort();
      const why = await new Promise<Error>((gone) => backend.cancels[0]?.onCancel(gone));
      resolve(why);
      return done();
    };
  });
  gateway(backend).app.request("/post", { ...json({}), signal: client.signal });
  assertEquals((await inTime(reason, "the cancellation", 2_000)).name, "AbortError");
});

Deno.test("gateway cancels a request that takes longer than timeout", async () => {
  const backend = new FakeBackend();
  backend.answer = async () => {
    const info = { stack: "", ...await cancelled(backend) };
    return done({ error: { info, executor: "a", reason: "deadline" } });
  };
  const response = await gateway(backend, { timeout: 1 }).app.request("/post", json({}));
  const { header: { status } } = await response.json();
  assertEquals([response.status, status.description], [
    504,
    "TimeoutError: the request took longer than 1 ms",
  ]);
});

async function cancelled({ cancels }: FakeBackend): Promise<{ name: string; message: string }> {
  const { name, message } = await new Promise<Error>((resolve) => cancels[0]?.onCancel(resolve));
  return { name, message };
}
