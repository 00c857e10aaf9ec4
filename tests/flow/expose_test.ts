import { assertEquals, assertThrows } from "@std/assert";
import { type ExposeOptions, Flow, type FlowOptions } from "../../mod.ts";
import { Ex, OnlyFoo } from "./_executors.ts";
import { LogTrap } from "../support/log_trap.ts";

const quiet: FlowOptions = { port: 0, log: new LogTrap().sink };

async function ask(flow: Flow, method: string, path: string, body?: unknown) {
  const response = await fetch(`http://127.0.0.1:${flow.port}${path}`, {
    method,
    ...(body !== undefined && {
      body: JSON.stringify(body),
      headers: { "content-type": "application/json" },
    }),
  });
  return { status: response.status, body: await response.json() };
}

Deno.test("Flow.exposeEndpoint() offers an endpoint at another path, with other methods, beside its own", async () => {
  const flow = new Flow(quiet).add({ uses: Ex })
    .exposeEndpoint("/foo", { httpPath: "/api/foo", methods: ["PUT", "get" as "GET"] })
    .exposeEndpoint("/dict", { summary: "Answers" });
  await using _ = await flow.start();
  const data = [{ text: "x" }];
  assertEquals((await ask(flow, "PUT", "/api/foo", { data })).body.data[0].text, "foo:x");
  assertEquals((await ask(flow, "GET", "/api/foo")).body.data, []);
  assertEquals((await ask(flow, "POST", "/foo", { data })).body.data[0].text, "foo:x");
  assertEquals((await ask(flow, "POST", "/api/foo", { data })).status, 405);
  const { paths } = (await ask(flow, "GET", "/openapi.json")).body;
  assertEquals([Object.keys(paths["/api/foo"]), paths["/dict"].post.summary], [["put", "get"], "Answers"]);
  assertThrows(() => flow.exposeEndpoint("/echo"), Error, "a Flow that was started");
});

Deno.test("Flow.exposeEndpoint() is answered with 404 when nobody binds the endpoint", async () => {
  await using flow = await new Flow(quiet).add({ uses: OnlyFoo }).exposeEndpoint("/bar", { httpPath: "/b" })
    .start();
  const { status, body } = await ask(flow, "POST", "/b", {});
  assertEquals([status, body.detail.startsWith('Not Found: no Executor binds the endpoint "/bar"')], [
    404,
    true,
  ]);
});

Deno.test("Flow.exposeEndpoint() gives the Flow itself, and throws when something cannot be meant", () => {
  const flow = new Flow(quiet);
  assertEquals(flow.exposeEndpoint("/foo", { httpPath: "/p", methods: ["PUT"] }) === flow, true);
  const cases: [endpoint: unknown, options: unknown, message: string][] = [
    ["foo", {}, 'Cannot expose the endpoint foo: expected a path that begins with "/"'],
    [undefined, {}, "Cannot expose the endpoint undefined"],
    ["/foo", { path: "/x" }, 'the option "path"'],
    ["/foo", { httpPaht: "/x" }, 'did you mean "httpPath"?'],
    ["/foo", { httpPath: "x" }, "expected a plain path"],
    ["/foo", { httpPath: "/x/{id}" }, "expected a plain path"],
    ["/foo", { httpPath: "/x/:id" }, "expected a plain path"],
    ["/foo", { httpPath: 5 }, "expected a plain path"],
    ["/foo", { methods: [] }, "expected an array of methods"],
    ["/foo", { methods: "PUT" }, "expected an array of methods"],
    ["/foo", { methods: ["TRACE"] }, "expected one of GET, POST, PUT, PATCH, DELETE"],
    ["/foo", { summary: 5 }, "expected a string"],
    ["/foo", { httpPath: "/status", methods: ["GET"] }, "GET /status: it is taken"],
    ["/foo", { httpPath: "/post" }, "POST /post: it is taken"],
    ["/bar", { httpPath: "/p", methods: ["POST", "PUT"] }, "PUT /p: it is taken"],
  ];
  for (const [endpoint, options, message] of cases) {
    assertThrows(() => flow.exposeEndpoint(endpoint as string, options as ExposeOptions), TypeError, message);
  }
});

Deno.test("Flow() throws when cors is neither true nor false", () => {
  assertThrows(
    () => new Flow({ cors: "*" as unknown as boolean }),
    TypeError,
    "cors *: expected true or false",
  );
});
